#ifndef HANDLERS_PROVINCES_H
#define HANDLERS_PROVINCES_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /provinces, /provinces/{code}: code, gb_code, name, belt, capital, lat, lon. A GB/T 2260 code in the
 * path stands for the ISO code. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char provinces_columns[];

enum handled provinces_list(struct exchange *exchange);
enum handled provinces_get(struct exchange *exchange);
enum handled provinces_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status provinces_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version) NODISCARD;

#endif
