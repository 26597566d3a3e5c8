/*
 * Transfers, lines and events to and from structs; the statements are in sql/transfer.sql.
 */
#include "db/transfer.h"

#include "db/rows.h"
#include "db/statement.h"

static enum status read_transfer(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct transfer *t = row;
    t->created_at_ms = statement_integer(use, 21);
    t->updated_at_ms = statement_integer(use, 22);
    t->version = statement_integer(use, 23);
    t->seq = statement_integer(use, 24);
    const char **const targets[] = {
        &t->id, &t->origin, &t->origin_province, &t->origin_organisation, &t->destination,
        &t->destination_province, &t->destination_organisation, &t->state, &t->need, &t->reference,
        &t->carrier, &t->contact, &t->contact_text, &t->driver, &t->driver_text, &t->note, &t->note_text, &t->rationale,
        &t->rationale_text, &t->created_by, &t->created_role, NULL
    };
    return rows_texts(use, arena, 0, targets);
}

static enum status read_ordered(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct transfer *transfer = row;
    enum status status = read_transfer(use, arena, row);
    return status == STATUS_OK ? statement_text(use, 25, arena, &transfer->order_key) : status;
}

enum status db_transfer_find(struct db *db, struct arena *arena, const char *id, struct transfer *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_transfer, out);
}

/* To eight parameters from first on. */
static void bind_filter(sqlite3_stmt *use, int first, const struct transfer_filter *filter)
{
    statement_bind_text(use, first, filter->state);
    statement_bind_text(use, first + 1, filter->origin);
    statement_bind_text(use, first + 2, filter->destination);
    statement_bind_text(use, first + 3, filter->site);
    statement_bind_text(use, first + 4, filter->province);
    statement_bind_text(use, first + 5, filter->organisation);
    if (filter->since_ms > 0) {
        statement_bind_integer(use, first + 6, filter->since_ms);
    }
    statement_bind_text(use, first + 7, filter->item);
}

enum status db_transfer_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
                             const struct transfer_filter *filter, const struct order *order, struct transfer **out,
                             size_t *count)
{
    bool is_usual = order_is_usual(order);
    sqlite3_stmt *use = statement_use(db, is_usual               ? STATEMENT_transfer_list
                                          : order->is_descending ? STATEMENT_transfer_list_down
                                                                 : STATEMENT_transfer_list_up);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    bind_filter(use, 3, filter);
    if (!is_usual) {
        statement_bind_integer(use, 11, order->key);
        statement_bind_text(use, 12, order->after);
    }
    return rows_gather(use, arena, sizeof **out, limit, is_usual ? read_transfer : read_ordered, (void **)out, count);
}

enum status db_transfer_insert(struct db *db, const struct transfer *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_insert);
    statement_bind_text(use, 1, row->id);
    statement_bind_text(use, 2, row->origin);
    statement_bind_text(use, 3, row->destination);
    statement_bind_text(use, 4, row->state);
    statement_bind_text(use, 5, row->need);
    statement_bind_text(use, 6, row->reference);
    statement_bind_text(use, 7, row->carrier);
    statement_bind_text(use, 8, row->note);
    statement_bind_text(use, 9, row->rationale);
    statement_bind_text(use, 10, row->created_by);
    statement_bind_text(use, 11, row->created_role);
    statement_bind_integer(use, 12, row->created_at_ms);
    statement_bind_integer(use, 13, row->seq);
    return statement_run(use);
}

enum status db_transfer_change(struct db *db, const char *id, const char *state, int64_t time_ms, int64_t seq)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_change);
    statement_bind_text(use, 1, id);
    statement_bind_text(use, 2, state);
    statement_bind_integer(use, 3, time_ms);
    statement_bind_integer(use, 4, seq);
    return statement_run(use);
}

enum status db_transfer_person_insert(struct db *db, const char *id, const char *member, int64_t seq, const char *commitment)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_person_insert);
    statement_bind_text(use, 1, id);
    statement_bind_text(use, 2, member);
    statement_bind_integer(use, 3, seq);
    statement_bind_text(use, 4, commitment);
    return statement_run(use);
}

static enum status read_line(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct transfer_line *line = row;
    line->line = statement_integer(use, 1);
    line->quantity = statement_integer(use, 6);
    line->dispatched = statement_integer(use, 7);
    line->received_good = statement_integer(use, 8);
    line->received_damaged = statement_integer(use, 9);
    line->lost = statement_integer(use, 10);
    line->returned = statement_integer(use, 11);
    line->outstanding = statement_integer(use, 12);
    const char **const targets[] = { &line->supply, &line->item, &line->lot, &line->expiry, NULL };
    enum status status = statement_text(use, 0, arena, &line->transfer);
    return status != STATUS_OK ? status : rows_texts(use, arena, 2, targets);
}

enum status db_transfer_lines(struct db *db, struct arena *arena, const char *transfer, struct transfer_line **out,
                              size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_line_list);
    statement_bind_text(use, 1, transfer);
    return rows_gather(use, arena, sizeof **out, -1, read_line, (void **)out, count);
}

enum status db_transfer_line_insert(struct db *db, const struct transfer_line *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_line_insert);
    statement_bind_text(use, 1, row->transfer);
    statement_bind_integer(use, 2, row->line);
    statement_bind_text(use, 3, row->supply);
    statement_bind_integer(use, 4, row->quantity);
    return statement_run(use);
}

enum status db_transfer_line_change(struct db *db, const struct transfer_line *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_line_change);
    statement_bind_text(use, 1, row->transfer);
    statement_bind_integer(use, 2, row->line);
    statement_bind_integer(use, 3, row->dispatched);
    statement_bind_integer(use, 4, row->received_good);
    statement_bind_integer(use, 5, row->received_damaged);
    statement_bind_integer(use, 6, row->lost);
    statement_bind_integer(use, 7, row->returned);
    statement_bind_integer(use, 8, row->outstanding);
    return statement_run(use);
}

static enum status read_event(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct transfer_event *event = row;
    event->seq = statement_integer(use, 1);
    event->time_ms = statement_integer(use, 3);
    const char **const targets[] = { &event->organisation, &event->role, &event->reason, &event->reason_text, NULL };
    enum status status = statement_text(use, 0, arena, &event->transfer);
    if (status == STATUS_OK) {
        status = statement_text(use, 2, arena, &event->kind);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 4, targets);
    }
    return status != STATUS_OK ? status : statement_fixed(use, 8, event->hash, DB_HASH_BYTES);
}

enum status db_transfer_events(struct db *db, struct arena *arena, const char *transfer, struct transfer_event **out,
                               size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_event_list);
    statement_bind_text(use, 1, transfer);
    return rows_gather(use, arena, sizeof **out, -1, read_event, (void **)out, count);
}

enum status db_transfer_event_insert(struct db *db, const struct transfer_event *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_event_insert);
    statement_bind_text(use, 1, row->transfer);
    statement_bind_integer(use, 2, row->seq);
    statement_bind_text(use, 3, row->kind);
    statement_bind_integer(use, 4, row->time_ms);
    statement_bind_text(use, 5, row->organisation);
    statement_bind_text(use, 6, row->role);
    statement_bind_text(use, 7, row->reason);
    return statement_run(use);
}

static enum status read_event_line(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct transfer_event_line *line = row;
    line->seq = statement_integer(use, 1);
    line->line = statement_integer(use, 2);
    line->dispatched = statement_integer(use, 3);
    line->good = statement_integer(use, 4);
    line->damaged = statement_integer(use, 5);
    line->lost = statement_integer(use, 6);
    line->returned = statement_integer(use, 7);
    const char **const targets[] = { &line->reason, &line->reason_text, NULL };
    enum status status = statement_text(use, 0, arena, &line->transfer);
    return status != STATUS_OK ? status : rows_texts(use, arena, 8, targets);
}

enum status db_transfer_event_lines(struct db *db, struct arena *arena, const char *transfer,
                                    struct transfer_event_line **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_event_line_list);
    statement_bind_text(use, 1, transfer);
    return rows_gather(use, arena, sizeof **out, -1, read_event_line, (void **)out, count);
}

enum status db_transfer_event_line_insert(struct db *db, const struct transfer_event_line *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_event_line_insert);
    statement_bind_text(use, 1, row->transfer);
    statement_bind_integer(use, 2, row->seq);
    statement_bind_integer(use, 3, row->line);
    statement_bind_integer(use, 4, row->dispatched);
    statement_bind_integer(use, 5, row->good);
    statement_bind_integer(use, 6, row->damaged);
    statement_bind_integer(use, 7, row->lost);
    statement_bind_integer(use, 8, row->returned);
    statement_bind_text(use, 9, row->reason);
    return statement_run(use);
}

static enum status read_sum(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct transfer_sum *sum = row;
    struct wide *const sums[] = {&sum->quantity, &sum->dispatched, &sum->received_good, &sum->received_damaged,
                                 &sum->lost, &sum->returned, &sum->outstanding};
    sum->transfers = statement_integer(use, 4);
    for (int i = 0; i < 7; i++) {
        *sums[i] = wide_of(statement_integer(use, 5 + 2 * i), statement_integer(use, 6 + 2 * i));
    }
    const char **const targets[] = { &sum->origin, &sum->destination, &sum->item, &sum->state, NULL };
    return rows_texts(use, arena, 0, targets);
}

enum status db_transfer_summary(struct db *db, struct arena *arena, const struct transfer_grouping *by,
                                const struct transfer_filter *filter, struct transfer_sum **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_transfer_summary);
    statement_bind_integer(use, 1, by->by_origin);
    statement_bind_integer(use, 2, by->by_destination);
    statement_bind_integer(use, 3, by->by_item);
    statement_bind_integer(use, 4, by->by_state);
    bind_filter(use, 5, filter);
    return rows_gather(use, arena, sizeof **out, -1, read_sum, (void **)out, count);
}

static enum status read_text(sqlite3_stmt *use, struct arena *arena, void *row)
{
    return statement_text(use, 0, arena, row);
}

enum status db_transfer_check(struct db *db, struct arena *arena, const char **id)
{
    return rows_one(statement_use(db, STATEMENT_transfer_line_check), arena, read_text, id);
}
