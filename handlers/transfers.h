#ifndef HANDLERS_TRANSFERS_H
#define HANDLERS_TRANSFERS_H

#include "base/arena.h"
#include "base/status.h"
#include "json/write.h"
#include "rules/actor.h"
#include "rules/answer.h"

struct db;

/* Writes the members of a transfer, without its braces, and sets answer->etag (present.h). */
enum status transfers_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, struct answer *answer) NODISCARD;

#endif
