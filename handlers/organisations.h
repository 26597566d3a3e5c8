#ifndef HANDLERS_ORGANISATIONS_H
#define HANDLERS_ORGANISATIONS_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /organisations, /organisations/{id}: id, name, kind, province. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char organisations_columns[];

enum handled organisations_list(struct exchange *exchange);
enum handled organisations_get(struct exchange *exchange);
enum handled organisations_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status organisations_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                                  struct json_writer *w, int64_t *version) NODISCARD;

#endif
