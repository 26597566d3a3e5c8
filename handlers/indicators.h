#ifndef HANDLERS_INDICATORS_H
#define HANDLERS_INDICATORS_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /indicators, /indicators/{id}: id, name, unit, source, derived, years. Beside each stored indicator X stands
 * X_per_10k = X / population_year_end * 10000, with formula, for the years that have both. The years
 * follow the figures, so the ETag changes with them while the version stays. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char indicators_columns[];

enum handled indicators_list(struct exchange *exchange);
enum handled indicators_get(struct exchange *exchange);
enum handled indicators_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status indicators_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                               struct json_writer *w, int64_t *version) NODISCARD;

#endif
