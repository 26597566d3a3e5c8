#ifndef HANDLERS_INDICATORS_H
#define HANDLERS_INDICATORS_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /indicators, /indicators/{id}: id, name, unit, source, derived, years. Beside each stored indicator X stands
 * X_per_10k = X / population_year_end * 10000, with formula, for the years that have both. The ETag
 * is "version.revision": years follow the figures; If-Match looks at the version alone. */

enum handled indicators_list(struct exchange *exchange);
enum handled indicators_get(struct exchange *exchange);
enum handled indicators_put(struct exchange *exchange);

/* The members of one, without braces, and answer->etag (present.h). */
enum status indicators_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                               struct json_writer *w, struct answer *answer) NODISCARD;

#endif
