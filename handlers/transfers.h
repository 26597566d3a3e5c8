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

/* The filters of the list, which the sums have too: members of a struct, and their rows in its table (query.h). */
extern const char *const transfers_states[];
#define TRANSFERS_FILTERS \
    int state; \
    const char *origin, *destination, *site, *province, *organisation, *item; \
    int64_t since
#define TRANSFERS_FILTER_ROWS(T) \
    QUERY_CHOICE_ROW(T, state, false, transfers_states), \
    QUERY_SITE_ROW(T, origin), \
    QUERY_SITE_ROW(T, destination), \
    QUERY_SITE_ROW(T, site), \
    QUERY_PROVINCE_ROW(T, province, false), \
    QUERY_ORGANISATION_ROW(T, organisation), \
    QUERY_ITEM_ROW(T, item), \
    QUERY_INSTANT_ROW(T, since, false)
#define TRANSFERS_FILTER_OF(Q) \
    { (Q).state < 0 ? NULL : transfers_states[(Q).state], (Q).origin, (Q).destination, (Q).site, (Q).province, (Q).organisation, \
      (Q).item, (Q).since == QUERY_ABSENT ? 0 : (Q).since }

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
