#ifndef HANDLERS_SUPPLIES_H
#define HANDLERS_SUPPLIES_H

#include "base/arena.h"
#include "base/status.h"
#include "json/write.h"
#include "rules/actor.h"
#include "rules/answer.h"

struct db;

/* Writes the members of a supply, without its braces, and sets answer->etag (present.h). */
enum status supplies_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, struct answer *answer) NODISCARD;

#endif
