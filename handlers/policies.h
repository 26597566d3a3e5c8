#ifndef HANDLERS_POLICIES_H
#define HANDLERS_POLICIES_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /policies, /policies/{organisation}: which commands must come signed; the organisation "default" stands for every one. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char policies_columns[];

enum handled policies_list(struct exchange *exchange);
enum handled policies_get(struct exchange *exchange);
enum handled policies_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status policies_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *organisation,
                             struct json_writer *w, int64_t *version) NODISCARD;

#endif
