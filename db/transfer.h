#ifndef DB_TRANSFER_H
#define DB_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/wide.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/order.h"

/* Transfers, their lines and events. Texts live in the arena given. */

struct transfer {
    const char *id;
    const char *origin, *origin_province, *origin_organisation;
    const char *destination, *destination_province, *destination_organisation;
    const char *state;
    const char *need, *reference, *carrier;   /* NULL where none */
    const char *note, *note_text;             /* commitment and what it stands for; NULL where none */
    const char *rationale, *rationale_text;
    const char *contact, *contact_text;       /* these two only when read: db_transfer_person_insert */
    const char *driver, *driver_text;
    const char *created_by, *created_role;
    int64_t created_at_ms, updated_at_ms, version, seq;
    const char *order_key; /* of lists that db_transfer_list gave in another order than that of ids */
};

struct transfer_line {
    const char *transfer;
    int64_t line;
    const char *supply, *item, *lot, *expiry;
    int64_t quantity, dispatched, received_good, received_damaged, lost, returned, outstanding;
};

struct transfer_event {
    const char *transfer;
    int64_t seq;
    const char *kind;
    int64_t time_ms;
    const char *organisation, *role;
    const char *reason, *reason_text; /* commitment and text; NULL where none */
    uint8_t hash[DB_HASH_BYTES];       /* of the entry; only when read */
};

struct transfer_event_line {
    const char *transfer;
    int64_t seq, line, dispatched, good, damaged, lost, returned;
    const char *reason, *reason_text;
};

struct transfer_filter { /* NULL: no filter */
    const char *state, *origin, *destination;
    const char *site;         /* origin or destination */
    const char *province;     /* of either */
    const char *organisation; /* of either */
    const char *item;
    int64_t since_ms;         /* created at or after; 0: no filter */
};

struct transfer_sum {
    const char *origin, *destination, *item, *state; /* NULL where not grouped by */
    int64_t transfers;
    struct wide quantity, dispatched, received_good, received_damaged, lost, returned, outstanding;
};

struct transfer_grouping {
    int by_origin, by_destination, by_item, by_state;
};

enum status db_transfer_find(struct db *db, struct arena *arena, const char *id, struct transfer *out) NODISCARD;
/* Keys of order: 0 id, 1 created_at, 2 updated_at. */
enum status db_transfer_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
                             const struct transfer_filter *filter, const struct order *order, struct transfer **out,
                             size_t *count) NODISCARD;
enum status db_transfer_insert(struct db *db, const struct transfer *row) NODISCARD;
enum status db_transfer_change(struct db *db, const char *id, const char *state, int64_t time_ms, int64_t seq) NODISCARD;

/* The commitment that is the member contact or driver from then on; seq is of an event that is there. */
enum status db_transfer_person_insert(struct db *db, const char *id, const char *member, int64_t seq, const char *commitment) NODISCARD;

enum status db_transfer_lines(struct db *db, struct arena *arena, const char *transfer, struct transfer_line **out,
                              size_t *count) NODISCARD;
enum status db_transfer_line_insert(struct db *db, const struct transfer_line *row) NODISCARD;
enum status db_transfer_line_change(struct db *db, const struct transfer_line *row) NODISCARD;

enum status db_transfer_events(struct db *db, struct arena *arena, const char *transfer, struct transfer_event **out,
                               size_t *count) NODISCARD;
enum status db_transfer_event_insert(struct db *db, const struct transfer_event *row) NODISCARD;
enum status db_transfer_event_lines(struct db *db, struct arena *arena, const char *transfer,
                                    struct transfer_event_line **out, size_t *count) NODISCARD;
enum status db_transfer_event_line_insert(struct db *db, const struct transfer_event_line *row) NODISCARD;

/* Of the lines of the transfers that the filter leaves; where it names an item, of the lines of that item. */
enum status db_transfer_summary(struct db *db, struct arena *arena, const struct transfer_grouping *by,
                                const struct transfer_filter *filter, struct transfer_sum **out, size_t *count) NODISCARD;

/* The id of a transfer whose lines contradict themselves or its state; STATUS_ABSENT where none does. */
enum status db_transfer_check(struct db *db, struct arena *arena, const char **id) NODISCARD;

#endif
