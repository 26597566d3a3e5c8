#ifndef RULES_APPLY_H
#define RULES_APPLY_H

#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"
#include "rules/context.h"

struct db;

/* Applies the context's command: STATUS_OK with the outcome filled, refusals included. A command with faults in its member unseen is
 * refused for them and for all that rules_check would find. Any other status is a local fault. What was written stays to be rolled back by
 * the caller unless the outcome is CREATED or CHANGED. */
enum status rules_apply(struct context *context) NODISCARD;

/* More about a command that command_decode found faulty, so that one answer names all: adds to faults what the
 * rules find wrong with the members that could be read, such as ids that name nothing. Reads only, from any
 * connection; time_ms is the time it is. Without a request it does nothing. STATUS_CONFLICT where the actor may not do
 * this at all (permit.h): *forbidden says so, and faults stay as they are. */
struct command;
struct faults;
enum status rules_check(struct db *db, struct arena *arena, const struct command *command, int64_t time_ms,
                        struct faults *faults, struct refusal *forbidden) NODISCARD;

/* The digest of the rows that were written since effects_begin (db/effects.h). */
enum status rules_effects_digest(struct db *db, uint8_t out[DIGEST_BYTES]) NODISCARD;

#endif
