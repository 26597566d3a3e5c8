#ifndef DB_SUPPLY_H
#define DB_SUPPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/wide.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/order.h"

/* Supplies and their movements. Texts live in the arena given. */

struct supply {
    const char *id, *site, *province, *item;
    const char *lot, *expiry, *owner, *donor, *donation, *earmark; /* "" where none; owner always */
    const char *condition; /* good, damaged, quarantine, rejected */
    int64_t on_hand, reserved, received_at_ms, version, seq;
    const char *order_key; /* of lists that db_supply_list gave in another order than that of ids */
};

struct supply_filter { /* NULL: no filter */
    const char *site, *item, *province, *lot, *owner, *donor, *condition;
    const char *expires_before; /* date: expiry < it */
    int64_t min_available;      /* 0: no filter */
    bool include_zero;          /* supplies of which nothing is left too */
};

struct supply_sum {
    const char *province, *item, *site, *organisation; /* NULL where not grouped by */
    int64_t supplies;
    struct wide on_hand, reserved, available, usable;
};

struct supply_grouping {
    bool by_province, by_item, by_site, by_organisation;
};

struct movement {
    int64_t seq, ordinal;
    const char *supply, *kind, *reason;
    int64_t delta, balance;
    const char *transfer; /* NULL where none */
    int64_t line;         /* 0 where none */
    const char *reference, *note; /* NULL where none; note is a commitment */
    int64_t time_ms, occurred_at_ms;
    /* only when read: */
    const char *organisation, *role, *note_text; /* note_text: NULL where none or erased */
    uint8_t hash[DB_HASH_BYTES];
};

/* STATUS_ABSENT where there is none. */
enum status db_supply_find(struct db *db, struct arena *arena, const char *id, struct supply *out) NODISCARD;

/* The one with the same site, item, lot, expiry, owner, donor, donation, earmark and condition. */
enum status db_supply_find_same(struct db *db, struct arena *arena, const struct supply *like, struct supply *out) NODISCARD;
enum status db_supply_insert(struct db *db, const struct supply *row) NODISCARD;
enum status db_supply_change(struct db *db, const char *id, int64_t on_hand, int64_t reserved, int64_t seq) NODISCARD;
/* Keys of order: 0 id, 1 expiry, 2 on_hand, 3 available, 4 received_at. */
enum status db_supply_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
                           const struct supply_filter *filter, const struct order *order, struct supply **out,
                           size_t *count) NODISCARD;

/* An expiry of item and lot other than the one given; STATUS_ABSENT where there is none. */
enum status db_supply_lot_expiry(struct db *db, struct arena *arena, const char *item, const char *lot,
                                 const char *expiry, const char **other) NODISCARD;

/* today: usable counts what has not expired before it. */
enum status db_supply_summary(struct db *db, struct arena *arena, const struct supply_grouping *by,
                              const struct supply_filter *filter, const char *today, struct supply_sum **out,
                              size_t *count) NODISCARD;

enum status db_movement_insert(struct db *db, const struct movement *row) NODISCARD;
enum status db_movement_list(struct db *db, struct arena *arena, const char *supply, int64_t after_seq,
                             int64_t after_ordinal, int64_t limit, struct movement **out, size_t *count) NODISCARD;
/* The supply of an entry's first movement; STATUS_ABSENT where it moved none. */
enum status db_movement_supply(struct db *db, struct arena *arena, uint64_t seq, const char **supply) NODISCARD;
/* Newest first, before a movement. */
enum status db_movement_list_down(struct db *db, struct arena *arena, const char *supply, int64_t before_seq,
                                  int64_t before_ordinal, int64_t limit, struct movement **out, size_t *count) NODISCARD;

#endif
