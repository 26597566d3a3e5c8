/*
 * Supplies: lists with filters, one, its stock card, intake and adjustment. Sums are in
 * summaries.c; rows come from db/supply.c, changes are made by rules/supply.c.
 */
#include "handlers/supplies.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/reference.h"
#include "db/supply.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"
#include "handlers/withheld.h"
#include "rules/request.h"

enum { NUMBER_DIGITS = 24 };

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
    SUPPLIES_FILTERS;
};

/* In the order of the keys of db_supply_list. */
static const char *const orders[] = { "id", "-id", "expiry", "-expiry", "on_hand", "-on_hand", "available", "-available",
                                      "received_at", "-received_at", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    SUPPLIES_FILTER_ROWS(struct filter),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static const char *or_null(const char *text)
{
    return text[0] != 0 ? text : NULL;
}

const char supplies_columns[] =
    "id,site,province,item,lot,expiry,owner,donor,donation,condition,earmark,on_hand,reserved,available,"
    "received_at,version,updated_seq";

const char supplies_movement_columns[] =
    "seq,ordinal,kind,reason,delta,balance,transfer,line,reference,note,recorded_at,occurred_at,organisation,role,"
    "entry_hash,withheld";

static void write_members(struct json_writer *w, const struct supply *supply)
{
    json_member_text(w, "id", supply->id);
    json_member_text(w, "site", supply->site);
    json_member_text(w, "province", supply->province);
    json_member_text(w, "item", supply->item);
    json_member_text(w, "lot", or_null(supply->lot));
    json_member_text(w, "expiry", or_null(supply->expiry));
    json_member_text(w, "owner", supply->owner);
    json_member_text(w, "donor", or_null(supply->donor));
    json_member_text(w, "donation", or_null(supply->donation));
    json_member_text(w, "condition", supply->condition);
    json_member_text(w, "earmark", or_null(supply->earmark));
    json_member_integer(w, "on_hand", supply->on_hand);
    json_member_integer(w, "reserved", supply->reserved);
    json_member_integer(w, "available", supply->on_hand - supply->reserved);
    json_member_instant(w, "received_at", supply->received_at_ms);
    shape_version(w, supply->version, supply->seq);
}

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_members(w, row);
}

static const struct page_rows listed = { sizeof(struct supply), offsetof(struct supply, id), offsetof(struct supply, order_key), write_row };

enum handled supplies_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct supply *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    const struct supply_filter wanted = SUPPLIES_FILTER_OF(filter);
    enum status status = db_supply_list(exchange->db, exchange->arena, page.after, page.limit + 1, &wanted,
        &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum status supplies_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                             struct json_writer *w, int64_t *version)
{
    struct supply supply;
    (void)viewer;
    enum status status = db_supply_find(db, arena, id, &supply);
    if (status == STATUS_OK) {
        write_members(w, &supply);
        *version = supply.version;
    }
    return status;
}

enum handled supplies_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "supply", "/supplies", supplies_present);
}

enum handled supplies_create(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_SUPPLY_INTAKE, "", NULL);
}

enum handled supplies_adjust(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_SUPPLY_ADJUST, exchange->parameters[0], "");
}

struct movement_filter {
    int64_t limit;
    const char *cursor;
    int sort;
};

static const char *const movement_orders[] = { "seq", "-seq", NULL };

static const struct query_parameter movement_rows[] = {
    PAGE_ROWS(struct movement_filter),
    QUERY_CHOICE_ROW(struct movement_filter, sort, false, movement_orders),
};
static const struct query_table movement_table = QUERY_TABLE(movement_rows);

static void write_movement(struct json_writer *w, const struct movement *movement, bool may_see)
{
    struct withheld withheld = { may_see, { NULL }, 0 };
    json_object_begin(w);
    json_member_integer(w, "seq", movement->seq);
    json_member_integer(w, "ordinal", movement->ordinal);
    json_member_text(w, "kind", movement->kind);
    json_member_text(w, "reason", or_null(movement->reason));
    json_member_integer(w, "delta", movement->delta);
    json_member_integer(w, "balance", movement->balance);
    json_member_text(w, "transfer", movement->transfer);
    json_key(w, "line");
    if (movement->line > 0) {
        json_value_integer(w, movement->line);
    } else {
        json_value_null(w);
    }
    json_member_text(w, "reference", movement->reference);
    withheld_write(&withheld, w, "note", movement->note, movement->note_text);
    json_member_instant(w, "recorded_at", movement->time_ms);
    json_member_instant(w, "occurred_at", movement->occurred_at_ms);
    json_member_text(w, "organisation", or_null(movement->organisation));
    json_member_text(w, "role", movement->role);
    json_member_hex(w, "entry_hash", movement->hash, sizeof movement->hash);
    withheld_close(&withheld, w);
    json_object_end(w);
}

/* The supply and its site's organisation; false: the problem is the reply. */
static bool find_supply(struct exchange *exchange, struct supply *supply, struct site *site)
{
    const char *id = exchange->parameters[0];
    enum status status = db_supply_find(exchange->db, exchange->arena, id, supply);
    if (status == STATUS_OK) {
        status = db_site_find(exchange->db, exchange->arena, supply->site, site);
    } else if (status == STATUS_ABSENT) {
        problem_reply(exchange, "not_found", "There is no supply %s; GET /supplies lists what there is.", id);
        return false;
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return status == STATUS_OK;
}

/* Those behind the cursor's two numbers, upwards or downwards. */
static enum status list_movements(const struct page *page, const char *supply, bool is_descending, struct movement **found, size_t *count)
{
    struct exchange *exchange = page->exchange;
    int64_t seq = is_descending ? INT64_MAX : -1, ordinal = -1;
    if (page->keys[0][0] != 0 &&
        (text_to_integer(page->keys[0], &seq) != STATUS_OK || text_to_integer(page->keys[1], &ordinal) != STATUS_OK)) {
        return STATUS_CORRUPT;
    }
    return (is_descending ? db_movement_list_down : db_movement_list)(exchange->db, exchange->arena, supply, seq, ordinal, page->limit + 1,
                                                                      found, count);
}

enum handled supplies_movements(struct exchange *exchange)
{
    struct movement_filter filter = { 0 };
    struct page page;
    struct supply supply;
    struct site site;
    struct movement *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &movement_table, &filter) || !page_begin(&page, exchange, filter.limit, filter.cursor, 2) ||
        !find_supply(exchange, &supply, &site)) {
        return HANDLED_REPLY;
    }
    enum status status = list_movements(&page, supply.id, filter.sort == 1, &found, &count);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    bool may_see = withheld_may_see(&exchange->caller, site.organisation, NULL);
    size_t shown = count > (size_t)page.limit ? (size_t)page.limit : count;
    struct json_writer *w = page_open(&page);
    for (size_t i = 0; i < shown; i++) {
        write_movement(w, &found[i], may_see);
    }
    char last_seq[NUMBER_DIGITS], last_ordinal[NUMBER_DIGITS];
    if (shown > 0) {
        snprintf(last_seq, sizeof last_seq, "%" PRId64, found[shown - 1].seq);
        snprintf(last_ordinal, sizeof last_ordinal, "%" PRId64, found[shown - 1].ordinal);
    }
    page_close(&page, count > shown ? (const char *[]){ last_seq, last_ordinal } : NULL);
    json_member_text(w, "supply", supply.id);
    json_member_integer(w, "on_hand", supply.on_hand);
    return page_reply(&page);
}
