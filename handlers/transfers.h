#ifndef HANDLERS_TRANSFERS_H
#define HANDLERS_TRANSFERS_H

#include "base/arena.h"
#include "base/status.h"
#include "handlers/exchange.h"
#include "json/write.h"
#include "rules/actor.h"

struct db;

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char transfers_columns[];
extern const char transfers_members[]; /* of one: its lines and events, too */

/* What moves: GET and POST /transfers, GET /transfers/{id} and its transitions. */
enum handled transfers_list(struct exchange *exchange);
enum handled transfers_create(struct exchange *exchange);
enum handled transfers_get(struct exchange *exchange);
enum handled transfers_dispatch(struct exchange *exchange);
enum handled transfers_receive(struct exchange *exchange);
enum handled transfers_cancel(struct exchange *exchange);
enum handled transfers_return(struct exchange *exchange);

/* Writes the members of a transfer, without its braces, and says its version (object.h). */
enum status transfers_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version) NODISCARD;

#endif
