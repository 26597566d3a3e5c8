/*
 * Supplies and movements to and from structs; the statements are in sql/supply.sql,
 * the sums over all of them in check.c.
 */
#include "db/supply.h"

#include "db/rows.h"
#include "db/statement.h"

static enum status read_supply(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct supply *supply = row;
    supply->on_hand = statement_integer(use, 11);
    supply->reserved = statement_integer(use, 12);
    supply->received_at_ms = statement_integer(use, 13);
    supply->version = statement_integer(use, 14);
    supply->seq = statement_integer(use, 15);
    const char **const targets[] = {
        &supply->id, &supply->site, &supply->province, &supply->item, &supply->lot, &supply->expiry,
        &supply->owner, &supply->donor, &supply->donation, &supply->earmark, &supply->condition, NULL
    };
    return rows_texts(use, arena, 0, targets);
}

static enum status read_ordered(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct supply *supply = row;
    enum status status = read_supply(use, arena, row);
    return status == STATUS_OK ? statement_text(use, 16, arena, &supply->order_key) : status;
}

enum status db_supply_find(struct db *db, struct arena *arena, const char *id, struct supply *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_supply_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_supply, out);
}

enum status db_supply_find_same(struct db *db, struct arena *arena, const struct supply *like, struct supply *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_supply_find_same);
    statement_bind_text(use, 1, like->site);
    statement_bind_text(use, 2, like->item);
    statement_bind_text(use, 3, like->lot);
    statement_bind_text(use, 4, like->expiry);
    statement_bind_text(use, 5, like->owner);
    statement_bind_text(use, 6, like->donor);
    statement_bind_text(use, 7, like->donation);
    statement_bind_text(use, 8, like->earmark);
    statement_bind_text(use, 9, like->condition);
    return rows_one(use, arena, read_supply, out);
}

enum status db_supply_insert(struct db *db, const struct supply *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_supply_insert);
    statement_bind_text(use, 1, row->id);
    statement_bind_text(use, 2, row->site);
    statement_bind_text(use, 3, row->item);
    statement_bind_text(use, 4, row->lot);
    statement_bind_text(use, 5, row->expiry);
    statement_bind_text(use, 6, row->owner);
    statement_bind_text(use, 7, row->donor);
    statement_bind_text(use, 8, row->donation);
    statement_bind_text(use, 9, row->earmark);
    statement_bind_text(use, 10, row->condition);
    statement_bind_integer(use, 11, row->on_hand);
    statement_bind_integer(use, 12, row->reserved);
    statement_bind_integer(use, 13, row->received_at_ms);
    statement_bind_integer(use, 14, row->seq);
    return statement_run(use);
}

enum status db_supply_change(struct db *db, const char *id, int64_t on_hand, int64_t reserved, int64_t seq)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_supply_change);
    statement_bind_text(use, 1, id);
    statement_bind_integer(use, 2, on_hand);
    statement_bind_integer(use, 3, reserved);
    statement_bind_integer(use, 4, seq);
    return statement_run(use);
}

/* To ten parameters from first on. */
static void bind_filter(sqlite3_stmt *use, int first, const struct supply_filter *filter)
{
    statement_bind_text(use, first, filter->site);
    statement_bind_text(use, first + 1, filter->item);
    statement_bind_text(use, first + 2, filter->province);
    statement_bind_text(use, first + 3, filter->lot);
    statement_bind_text(use, first + 4, filter->owner);
    statement_bind_text(use, first + 5, filter->donor);
    statement_bind_text(use, first + 6, filter->condition);
    statement_bind_text(use, first + 7, filter->expires_before);
    statement_bind_integer(use, first + 8, filter->min_available);
    statement_bind_integer(use, first + 9, filter->include_zero ? 0 : 1);
}

enum status db_supply_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
                           const struct supply_filter *filter, const struct order *order, struct supply **out,
                           size_t *count)
{
    bool is_usual = order_is_usual(order);
    enum statement statement = !is_usual              ? order->is_descending ? STATEMENT_supply_list_down
                                                                             : STATEMENT_supply_list_up
                               : filter->site != NULL   ? STATEMENT_supply_list_site
                               : filter->item != NULL ? STATEMENT_supply_list_item
                                                      : STATEMENT_supply_list;
    sqlite3_stmt *use = statement_use(db, statement);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    bind_filter(use, 3, filter);
    if (!is_usual) {
        statement_bind_integer(use, 13, order->key);
        statement_bind_text(use, 14, order->after);
    }
    return rows_gather(use, arena, sizeof **out, limit, is_usual ? read_supply : read_ordered, (void **)out, count);
}

static enum status read_text(sqlite3_stmt *use, struct arena *arena, void *row)
{
    return statement_text(use, 0, arena, row);
}

enum status db_supply_lot_expiry(struct db *db, struct arena *arena, const char *item, const char *lot,
                                 const char *expiry, const char **other)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_supply_lot_expiry);
    statement_bind_text(use, 1, item);
    statement_bind_text(use, 2, lot);
    statement_bind_text(use, 3, expiry);
    return rows_one(use, arena, read_text, other);
}

static enum status read_sum(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct supply_sum *sum = row;
    sum->supplies = statement_integer(use, 4);
    sum->on_hand = wide_of(statement_integer(use, 5), statement_integer(use, 6));
    sum->reserved = wide_of(statement_integer(use, 7), statement_integer(use, 8));
    sum->available = wide_minus(sum->on_hand, sum->reserved);
    sum->usable = wide_of(statement_integer(use, 9), statement_integer(use, 10)); /* NULL, where none is, reads as 0 */
    const char **const targets[] = { &sum->province, &sum->item, &sum->site, &sum->organisation, NULL };
    return rows_texts(use, arena, 0, targets);
}

enum status db_supply_summary(struct db *db, struct arena *arena, const struct supply_grouping *by,
                              const struct supply_filter *filter, const char *today, struct supply_sum **out,
                              size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_supply_summary);
    statement_bind_integer(use, 1, by->by_province);
    statement_bind_integer(use, 2, by->by_item);
    statement_bind_integer(use, 3, by->by_site);
    statement_bind_integer(use, 4, by->by_organisation);
    statement_bind_text(use, 5, today);
    bind_filter(use, 6, filter);
    return rows_gather(use, arena, sizeof **out, -1, read_sum, (void **)out, count);
}

enum status db_movement_insert(struct db *db, const struct movement *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_movement_insert);
    statement_bind_integer(use, 1, row->seq);
    statement_bind_integer(use, 2, row->ordinal);
    statement_bind_text(use, 3, row->supply);
    statement_bind_text(use, 4, row->kind);
    statement_bind_text(use, 5, row->reason);
    statement_bind_integer(use, 6, row->delta);
    statement_bind_integer(use, 7, row->balance);
    statement_bind_text(use, 8, row->transfer);
    if (row->line > 0) {
        statement_bind_integer(use, 9, row->line);
    }
    statement_bind_text(use, 10, row->reference);
    statement_bind_text(use, 11, row->note);
    statement_bind_integer(use, 12, row->time_ms);
    statement_bind_integer(use, 13, row->occurred_at_ms);
    return statement_run(use);
}

static enum status read_supply_id(sqlite3_stmt *use, struct arena *arena, void *row)
{
    return statement_text_there(use, 0, arena, row);
}

enum status db_movement_supply(struct db *db, struct arena *arena, uint64_t seq, const char **supply)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_movement_supply);
    statement_bind_integer(use, 1, (int64_t)seq);
    return rows_one(use, arena, read_supply_id, supply);
}

static enum status read_movement(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct movement *movement = row;
    movement->seq = statement_integer(use, 0);
    movement->ordinal = statement_integer(use, 1);
    movement->delta = statement_integer(use, 5);
    movement->balance = statement_integer(use, 6);
    movement->line = statement_integer(use, 8);
    movement->time_ms = statement_integer(use, 11);
    movement->occurred_at_ms = statement_integer(use, 12);
    const char **const first[] = { &movement->supply, &movement->kind, &movement->reason, NULL };
    const char **const middle[] = { &movement->reference, &movement->note, NULL };
    const char **const last[] = { &movement->organisation, &movement->role, &movement->note_text, NULL };
    enum status status = rows_texts(use, arena, 2, first);
    if (status == STATUS_OK) {
        status = statement_text(use, 7, arena, &movement->transfer);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 9, middle);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 13, last);
    }
    return status != STATUS_OK ? status : statement_fixed(use, 16, movement->hash, DB_HASH_BYTES);
}

/* What lies on that side of the row with these two numbers that the statement looks at. */
static enum status list_movements(sqlite3_stmt *use, struct arena *arena, const char *supply, int64_t seq, int64_t ordinal,
                                  int64_t limit, struct movement **out, size_t *count)
{
    statement_bind_text(use, 1, supply);
    statement_bind_integer(use, 2, seq);
    statement_bind_integer(use, 3, ordinal);
    statement_bind_integer(use, 4, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_movement, (void **)out, count);
}

enum status db_movement_list(struct db *db, struct arena *arena, const char *supply, int64_t after_seq,
                             int64_t after_ordinal, int64_t limit, struct movement **out, size_t *count)
{
    return list_movements(statement_use(db, STATEMENT_movement_list), arena, supply, after_seq, after_ordinal, limit, out, count);
}

enum status db_movement_list_down(struct db *db, struct arena *arena, const char *supply, int64_t before_seq,
                                  int64_t before_ordinal, int64_t limit, struct movement **out, size_t *count)
{
    return list_movements(statement_use(db, STATEMENT_movement_list_down), arena, supply, before_seq, before_ordinal, limit, out, count);
}
