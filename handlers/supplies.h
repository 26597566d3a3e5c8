#ifndef HANDLERS_SUPPLIES_H
#define HANDLERS_SUPPLIES_H

#include "base/arena.h"
#include "base/status.h"
#include "handlers/exchange.h"
#include "json/write.h"
#include "rules/actor.h"

struct db;

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char supplies_columns[];
extern const char supplies_movement_columns[];

/* What lies where: GET and POST /supplies, GET /supplies/{id}, its stock card and
 * adjustments. */
enum handled supplies_list(struct exchange *exchange);
enum handled supplies_create(struct exchange *exchange);
enum handled supplies_get(struct exchange *exchange);
enum handled supplies_movements(struct exchange *exchange);
enum handled supplies_adjust(struct exchange *exchange);

/* Writes the members of a supply, without its braces, and says its version (object.h). */
enum status supplies_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version) NODISCARD;

#endif
