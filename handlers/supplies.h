#ifndef HANDLERS_SUPPLIES_H
#define HANDLERS_SUPPLIES_H

#include "base/arena.h"
#include "base/status.h"
#include "handlers/exchange.h"
#include "json/write.h"
#include "rules/actor.h"

struct db;

/* The filters of the list, which the sums have too: members of a struct, their rows in its table (query.h), and what of them the database is
 * asked (db/supply.h). */
#define SUPPLIES_FILTERS \
    const char *province, *site, *item, *lot, *owner, *donor; \
    int condition; \
    const char *expires_before; \
    int64_t min_available; \
    bool include_zero
#define SUPPLIES_FILTER_ROWS(T) \
    QUERY_PROVINCE_ROW(T, province, false), \
    QUERY_SITE_ROW(T, site), \
    QUERY_ITEM_ROW(T, item), \
    QUERY_TEXT_ROW(T, lot, false, LIMIT_ID_BYTES), \
    QUERY_ORGANISATION_ROW(T, owner), \
    QUERY_TEXT_ROW(T, donor, false, LIMIT_NAME_BYTES), \
    QUERY_CHOICE_ROW(T, condition, false, supply_conditions), \
    QUERY_DATE_ROW(T, expires_before, false), \
    QUERY_INTEGER_ROW(T, min_available, false, 0, TEXT_INTEGER_MAX), \
    QUERY_BOOLEAN_ROW(T, include_zero, false)
#define SUPPLIES_FILTER_OF(Q) \
    { (Q).site, (Q).item, (Q).province, (Q).lot, (Q).owner, (Q).donor, \
      (Q).condition < 0 ? NULL : supply_conditions[(Q).condition], (Q).expires_before, \
      (Q).min_available == QUERY_ABSENT ? 0 : (Q).min_available, (Q).include_zero }

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char supplies_columns[];
extern const char supplies_movement_columns[];

/* What lies where: GET and POST /supplies, GET /supplies/{id}, its stock card and
 * adjustments. */
enum handled supplies_list(struct exchange *exchange);
enum handled supplies_create(struct exchange *exchange);
enum handled supplies_get(struct exchange *exchange);
enum handled supplies_movements(struct exchange *exchange);
enum handled supplies_adjust(struct exchange *exchange);

/* Writes the members of a supply, without its braces, and says its version (object.h). */
enum status supplies_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version) NODISCARD;

#endif
