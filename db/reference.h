#ifndef DB_REFERENCE_H
#define DB_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"
#include "db/name.h"
#include "db/order.h"

/*
 * Reference data: provinces, organisations, sites, items, indicators, parameters. Texts
 * of rows live in the arena given. find is STATUS_ABSENT where there is no such row. put
 * inserts or replaces. Lists give up to limit rows behind the id `after` ("" at the start);
 * filters that are NULL do not filter. In another order than that of the ids rows have an order_key, which is NULL otherwise; the
 * keys stand before each list, by their numbers; order NULL is that of the ids.
 */

/* Absent positions, in units of 1e-7 degrees. */
#define REFERENCE_NOWHERE INT64_MIN

struct province {
    const char *code, *gb_code, *name_en, *name_zh, *belt, *capital;
    int64_t lat_e7, lon_e7, version, seq;
    const char *order_key;
};

struct organisation {
    const char *id;
    struct name name;
    const char *kind, *province; /* province: NULL where none */
    int64_t version, seq;
    const char *order_key;
};

struct site {
    const char *id;
    struct name name;
    const char *kind, *organisation, *province;
    int64_t lat_e7, lon_e7, version, seq; /* REFERENCE_NOWHERE where unknown */
    const char *order_key;
};

struct item {
    const char *id;
    struct name name;
    const char *unit, *category; /* category: NULL where none */
    const char *identifiers;     /* JSON array */
    bool lot_control, medical_grade;
    int64_t version, seq;
    const char *order_key;
};

struct indicator {
    const char *id;
    struct name name;
    const char *unit, *source; /* source: NULL where none */
    int64_t version, seq;
};

enum status db_parameter_insert(struct db *db, const char *name, const char *value) NODISCARD;
enum status db_parameter_find(struct db *db, struct arena *arena, const char *name, const char **value) NODISCARD;

/* code: ISO 3166-2 or GB/T 2260. */
enum status db_province_find(struct db *db, struct arena *arena, const char *code, struct province *out) NODISCARD;
/* By code, gb_code, name (the English one), belt, updated_seq. */
enum status db_province_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *belt,
                             const struct order *order, struct province **out, size_t *count) NODISCARD;
enum status db_province_put(struct db *db, const struct province *row) NODISCARD;

enum status db_organisation_find(struct db *db, struct arena *arena, const char *id, struct organisation *out) NODISCARD;
/* By id, name (the one text, or the English, or the Chinese one), kind, province (none comes last), updated_seq. */
enum status db_organisation_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *kind,
                                 const char *province, const struct order *order, struct organisation **out,
                                 size_t *count) NODISCARD;
enum status db_organisation_put(struct db *db, const struct organisation *row) NODISCARD;

enum status db_site_find(struct db *db, struct arena *arena, const char *id, struct site *out) NODISCARD;
/* By id, name, kind, organisation, province, updated_seq. */
enum status db_site_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *kind, const char *organisation,
                         const char *province, const struct order *order, struct site **out, size_t *count) NODISCARD;
enum status db_site_put(struct db *db, const struct site *row) NODISCARD;

/* How many supplies and transfers name the site, whatever has become of them. */
enum status db_site_uses(struct db *db, const char *id, int64_t *supplies, int64_t *transfers) NODISCARD;

enum status db_item_find(struct db *db, struct arena *arena, const char *id, struct item *out) NODISCARD;
/* By id, name, unit, category (none comes last), updated_seq. */
enum status db_item_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *category,
                         const struct order *order, struct item **out, size_t *count) NODISCARD;
enum status db_item_put(struct db *db, const struct item *row) NODISCARD;
enum status db_item_has_stock(struct db *db, const char *id, bool *has_stock) NODISCARD;

enum status db_indicator_find(struct db *db, struct arena *arena, const char *id, struct indicator *out) NODISCARD;
enum status db_indicator_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
                              struct indicator **out, size_t *count) NODISCARD;
/* How one is derived from each that is stored but the denominator, whose id would not get too long: what comes to its id and its unit,
 * to its name. */
struct indicator_derivation {
    const char *suffix, *name_suffix, *denominator;
};

/* One of a list that has both: stored, or derived from that one. */
struct shown_indicator {
    struct indicator indicator;
    bool is_derived;
    const char *id, *order_key;
};

/* Up to limit of both kinds behind the shown id `after` ("" at the start), by id, name, unit, source (none comes last), updated_seq. */
enum status db_indicator_list_ordered(struct db *db, struct arena *arena, const char *after, int64_t limit, const struct indicator_derivation *how,
                                      const struct order *order, struct shown_indicator **out, size_t *count) NODISCARD;
enum status db_indicator_put(struct db *db, const struct indicator *row) NODISCARD;

#endif
