#ifndef RULES_SCRUB_H
#define RULES_SCRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"

/*
 * Taking erased texts out of what the database keeps beside the ledger: their own rows, and the answers kept for retries, which
 * tell of an object with its texts as it was then. In the transaction of the entry that erases them.
 */

struct answer_keys;
struct command;
struct db;

/* Carries out an accepted privacy.erase, which is entry seq. A commitment without a text is passed over. The MACs of answers that can have had
 * the text are made anew: whoever knows the keys could try texts on those of before. */
enum status scrub_texts(struct db *db, struct arena *arena, const struct answer_keys *keys, const struct command *command, uint64_t seq) NODISCARD;

/* Appends body, a JSON object, with null in the place of each member contact, driver, note, rationale and reason that is this text. *has_changed says
 * whether there was any. STATUS_INVALID where it is no JSON, STATUS_EXHAUSTED without memory. */
enum status scrub_body(const char *body, size_t length, const char *text, struct buffer *out, bool *has_changed) NODISCARD;

#endif
