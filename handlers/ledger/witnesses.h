#ifndef HANDLERS_LEDGER_WITNESSES_H
#define HANDLERS_LEDGER_WITNESSES_H

#include "handlers/exchange.h"
#include "json/write.h"

/* /witnesses, /witnesses/{id}: who cosigns checkpoints. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char witnesses_columns[];

enum handled witnesses_list(struct exchange *exchange);
enum handled witnesses_get(struct exchange *exchange);
enum handled witnesses_put(struct exchange *exchange);

/* The members of one, without braces, and its version (object.h). */
enum status witnesses_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version) NODISCARD;

#endif
