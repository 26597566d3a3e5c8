#ifndef HANDLERS_ITEMS_H
#define HANDLERS_ITEMS_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /items, /items/{id}: id, name, unit, category, identifiers, lot_control, medical_grade. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char items_columns[];

enum handled items_list(struct exchange *exchange);
enum handled items_get(struct exchange *exchange);
enum handled items_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status items_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                          struct json_writer *w, int64_t *version) NODISCARD;

#endif
