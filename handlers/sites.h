#ifndef HANDLERS_SITES_H
#define HANDLERS_SITES_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /sites, /sites/{id}: id, name, kind, organisation, province, lat, lon. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char sites_columns[];

enum handled sites_list(struct exchange *exchange);
enum handled sites_get(struct exchange *exchange);
enum handled sites_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status sites_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                          struct json_writer *w, int64_t *version) NODISCARD;

#endif
