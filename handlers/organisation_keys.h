#ifndef HANDLERS_ORGANISATION_KEYS_H
#define HANDLERS_ORGANISATION_KEYS_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /organisations/{id}/keys, /organisations/{id}/keys/{kid}, .../revoke: the keys with which an organisation signs, as JWK
 * with the entries for which each is valid. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char organisation_keys_columns[];

enum handled organisation_keys_list(struct exchange *exchange);
enum handled organisation_keys_get(struct exchange *exchange);
enum handled organisation_keys_add(struct exchange *exchange);
enum handled organisation_keys_revoke(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status organisation_keys_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                                      struct json_writer *w, int64_t *version) NODISCARD;

#endif
