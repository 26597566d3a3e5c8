/*
 * Transfers: lists without lines, one with its lines and everything that happened to it,
 * and the transitions. Rows come from db/transfer.c; rules/transfer.c decides.
 */
#include "handlers/transfers.h"

#include "base/text.h"
#include "db/transfer.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/shape.h"
#include "handlers/submit.h"
#include "handlers/withheld.h"

#define COLUMNS \
    "id,state,origin,origin_province,origin_organisation,destination,destination_province,destination_organisation," \
    "need,reference,carrier,contact,driver,note,rationale,withheld,created_by,created_role,created_at,updated_at,version," \
    "updated_seq"

const char transfers_columns[] = COLUMNS;
const char transfers_members[] = COLUMNS ",lines,events";

const char *const transfers_states[] = { "pending", "reserved", "in_transit", "received", "rejected", "cancelled", "returned", NULL };

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
    TRANSFERS_FILTERS;
};

/* In the order of the keys of db_transfer_list. */
static const char *const orders[] = { "id", "-id", "created_at", "-created_at", "updated_at", "-updated_at", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    TRANSFERS_FILTER_ROWS(struct filter),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != 0 ? text : NULL;
}

static struct withheld withheld_of(const struct actor *viewer, const struct transfer *transfer)
{
    bool may_see = withheld_may_see(viewer, transfer->origin_organisation, transfer->destination_organisation);
    return (struct withheld){ may_see, { NULL }, 0 };
}

/* What a transfer's row says, without lines and events. */
static void write_members(struct json_writer *w, const struct transfer *transfer, const struct actor *viewer)
{
    struct withheld withheld = withheld_of(viewer, transfer);
    json_member_text(w, "id", transfer->id);
    json_member_text(w, "state", transfer->state);
    json_member_text(w, "origin", transfer->origin);
    json_member_text(w, "origin_province", transfer->origin_province);
    json_member_text(w, "origin_organisation", transfer->origin_organisation);
    json_member_text(w, "destination", transfer->destination);
    json_member_text(w, "destination_province", transfer->destination_province);
    json_member_text(w, "destination_organisation", transfer->destination_organisation);
    json_member_text(w, "need", transfer->need);
    json_member_text(w, "reference", transfer->reference);
    json_member_text(w, "carrier", transfer->carrier);
    withheld_write(&withheld, w, "contact", transfer->contact, transfer->contact_text);
    withheld_write(&withheld, w, "driver", transfer->driver, transfer->driver_text);
    withheld_write(&withheld, w, "note", transfer->note, transfer->note_text);
    withheld_write(&withheld, w, "rationale", transfer->rationale, transfer->rationale_text);
    withheld_close(&withheld, w);
    json_member_text(w, "created_by", or_null(transfer->created_by));
    json_member_text(w, "created_role", transfer->created_role);
    json_member_instant(w, "created_at", transfer->created_at_ms);
    json_member_instant(w, "updated_at", transfer->updated_at_ms);
    shape_version(w, transfer->version, transfer->seq);
}

static void write_line(struct json_writer *w, const struct transfer_line *line)
{
    json_object_begin(w);
    json_member_integer(w, "line", line->line);
    json_member_text(w, "supply", line->supply);
    json_member_text(w, "item", line->item);
    json_member_text(w, "lot", or_null(line->lot));
    json_member_text(w, "expiry", or_null(line->expiry));
    json_member_integer(w, "quantity", line->quantity);
    json_member_integer(w, "dispatched", line->dispatched);
    json_member_integer(w, "received_good", line->received_good);
    json_member_integer(w, "received_damaged", line->received_damaged);
    json_member_integer(w, "lost", line->lost);
    json_member_integer(w, "returned", line->returned);
    json_member_integer(w, "outstanding", line->outstanding);
    json_object_end(w);
}

/* The lines of one event, which stand together in rows[*at ...]. */
static void write_event_lines(struct json_writer *w, const struct transfer_event_line *parts, size_t count, size_t *at,
                              int64_t seq, bool may_see)
{
    json_key(w, "lines");
    json_array_begin(w);
    for (; *at < count && parts[*at].seq == seq; (*at)++) {
        const struct transfer_event_line *part = &parts[*at];
        struct withheld withheld = { may_see, { NULL }, 0 };
        json_object_begin(w);
        json_member_integer(w, "line", part->line);
        json_member_integer(w, "dispatched", part->dispatched);
        json_member_integer(w, "good", part->good);
        json_member_integer(w, "damaged", part->damaged);
        json_member_integer(w, "lost", part->lost);
        json_member_integer(w, "returned", part->returned);
        withheld_write(&withheld, w, "reason", part->reason, part->reason_text);
        withheld_close(&withheld, w);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_event(struct json_writer *w, const struct transfer_event *event, bool may_see)
{
    struct withheld withheld = { may_see, { NULL }, 0 };
    json_member_text(w, "kind", event->kind);
    json_member_integer(w, "seq", event->seq);
    json_member_instant(w, "at", event->time_ms);
    json_member_text(w, "organisation", or_null(event->organisation));
    json_member_text(w, "role", event->role);
    withheld_write(&withheld, w, "reason", event->reason, event->reason_text);
    withheld_close(&withheld, w);
    json_member_hex(w, "entry_hash", event->hash, sizeof event->hash);
}

static enum status write_details(struct db *db, struct arena *arena, const char *id, struct json_writer *w, bool may_see)
{
    struct transfer_line *lines = NULL;
    struct transfer_event *events = NULL;
    struct transfer_event_line *parts = NULL;
    size_t line_count = 0, event_count = 0, part_count = 0, at = 0;
    enum status status = db_transfer_lines(db, arena, id, &lines, &line_count);
    if (status == STATUS_OK) {
        status = db_transfer_events(db, arena, id, &events, &event_count);
    }
    if (status == STATUS_OK) {
        status = db_transfer_event_lines(db, arena, id, &parts, &part_count);
    }
    if (status != STATUS_OK) {
        return status;
    }
    json_key(w, "lines");
    json_array_begin(w);
    for (size_t i = 0; i < line_count; i++) {
        write_line(w, &lines[i]);
    }
    json_array_end(w);
    json_key(w, "events");
    json_array_begin(w);
    for (size_t i = 0; i < event_count; i++) {
        json_object_begin(w);
        write_event(w, &events[i], may_see);
        write_event_lines(w, parts, part_count, &at, events[i].seq, may_see);
        json_object_end(w);
    }
    json_array_end(w);
    return STATUS_OK;
}

enum status transfers_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version)
{
    struct transfer transfer;
    enum status status = db_transfer_find(db, arena, id, &transfer);
    if (status != STATUS_OK) {
        return status;
    }
    write_members(w, &transfer, viewer);
    *version = transfer.version;
    return write_details(db, arena, id, w, withheld_of(viewer, &transfer).may_see);
}

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    write_members(w, row, &exchange->caller);
}

static const struct page_rows listed = { sizeof(struct transfer), offsetof(struct transfer, id), offsetof(struct transfer, order_key), write_row };

enum handled transfers_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct transfer *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    const struct transfer_filter wanted = TRANSFERS_FILTER_OF(filter);
    enum status status = db_transfer_list(exchange->db, exchange->arena, page.after, page.limit + 1, &wanted,
        &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum handled transfers_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "transfer", "/transfers", transfers_present);
}

enum handled transfers_create(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_TRANSFER_CREATE, "", NULL);
}

enum handled transfers_dispatch(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_TRANSFER_DISPATCH, exchange->parameters[0], "");
}

enum handled transfers_receive(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_TRANSFER_RECEIVE, exchange->parameters[0], "");
}

enum handled transfers_cancel(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_TRANSFER_CANCEL, exchange->parameters[0], "");
}

enum handled transfers_return(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_TRANSFER_RETURN, exchange->parameters[0], "");
}
