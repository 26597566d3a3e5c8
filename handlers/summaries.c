/*
 * Sums over supplies and transfers. The groups are few: provinces, items, sites,
 * organisations, states; so there are no pages.
 */
#include "handlers/summaries.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/wide.h"
#include "db/reference.h"
#include "db/supply.h"
#include "db/transfer.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "json/write.h"

enum { DAY_MS = 86400000 };

static const char *const supply_groups[] = { "province", "item", "site", "organisation", NULL };
static const char *const transfer_groups[] = { "origin", "destination", "item", "state", NULL };

struct supplies_query {
    struct query_words by;
    const char *province, *item, *site;
};

static const struct query_parameter supplies_rows[] = {
    QUERY_WORDS_ROW(struct supplies_query, by, false, 1, 4, supply_groups),
    QUERY_PROVINCE_ROW(struct supplies_query, province, false),
    QUERY_ITEM_ROW(struct supplies_query, item),
    QUERY_SITE_ROW(struct supplies_query, site),
};
static const struct query_table supplies_table = QUERY_TABLE(supplies_rows);

struct transfers_query {
    struct query_words by;
};

static const struct query_parameter transfers_rows[] = {
    QUERY_WORDS_ROW(struct transfers_query, by, false, 1, 4, transfer_groups),
};
static const struct query_table transfers_table = QUERY_TABLE(transfers_rows);

const char summaries_supply_columns[] = "province,item,site,organisation,supplies,on_hand,reserved,available,usable";

const char summaries_transfer_columns[] =
    "origin,destination,item,state,transfers,quantity,dispatched,received_good,received_damaged,lost,returned,"
    "outstanding";

static bool has_word(const struct query_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* A group's member is written where the grouping asks for it. */
static void write_group(struct json_writer *w, bool is_wanted, const char *key, const char *value)
{
    if (is_wanted) {
        json_member_text(w, key, value);
    }
}

/* An integer that every reader of JSON takes exactly; beyond, its digits as a text. */
static void write_sum(struct json_writer *w, const char *key, struct wide sum)
{
    int64_t value = 0;
    if (wide_to_integer(sum, &value)) {
        json_member_integer(w, key, value);
        return;
    }
    char text[WIDE_TEXT_BYTES];
    wide_to_text(sum, text);
    json_member_text(w, key, text);
}

static struct json_writer begin(struct exchange *exchange)
{
    struct json_writer w;
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_key(&w, "items");
    json_array_begin(&w);
    return w;
}

static enum handled finish(struct json_writer *w, const struct query_words *by)
{
    json_array_end(w);
    json_key(w, "by");
    json_array_begin(w);
    for (size_t i = 0; i < by->count; i++) {
        json_text(w, by->items[i]);
    }
    json_array_end(w);
    json_object_end(w);
    json_writer_finish(w);
    return HANDLED_REPLY;
}

/* Today where expiry days end, so that usable leaves out what has expired; the reply is true until the day is over. */
static enum status read_today(struct exchange *exchange, char today[TEXT_DATE_BYTES])
{
    const char *text = NULL;
    int64_t minutes = 0;
    enum status status = db_parameter_find(exchange->db, exchange->arena, "time_zone_minutes", &text);
    if (status == STATUS_OK) {
        status = text_to_integer(text, &minutes);
    }
    if (status == STATUS_OK) {
        const int64_t offset_ms = minutes * 60000, day = (clock_wall_ms() + offset_ms) / DAY_MS;
        text_from_date(today, day);
        exchange->true_from_ms = day * DAY_MS - offset_ms;
        exchange->true_until_ms = exchange->true_from_ms + DAY_MS;
    }
    return status;
}

enum handled summaries_supplies(struct exchange *exchange)
{
    struct supplies_query query = { 0 };
    struct supply_sum *sums = NULL;
    size_t count = 0;
    char today[TEXT_DATE_BYTES];
    if (!query_read(exchange, &supplies_table, &query)) {
        return HANDLED_REPLY;
    }
    const struct supply_grouping by = { has_word(&query.by, "province"), has_word(&query.by, "item"),
                                        has_word(&query.by, "site"), has_word(&query.by, "organisation") };
    const struct supply_filter filter = { .province = query.province, .item = query.item, .site = query.site };
    enum status status = read_today(exchange, today);
    if (status == STATUS_OK) {
        status = db_supply_summary(exchange->db, exchange->arena, &by, &filter, today, &sums, &count);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    struct json_writer w = begin(exchange);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        write_group(&w, by.by_province, "province", sums[i].province);
        write_group(&w, by.by_item, "item", sums[i].item);
        write_group(&w, by.by_site, "site", sums[i].site);
        write_group(&w, by.by_organisation, "organisation", sums[i].organisation);
        json_member_integer(&w, "supplies", sums[i].supplies);
        write_sum(&w, "on_hand", sums[i].on_hand);
        write_sum(&w, "reserved", sums[i].reserved);
        write_sum(&w, "available", sums[i].available);
        write_sum(&w, "usable", sums[i].usable);
        json_object_end(&w);
    }
    return finish(&w, &query.by);
}

enum handled summaries_transfers(struct exchange *exchange)
{
    struct transfers_query query = { 0 };
    struct transfer_sum *sums = NULL;
    size_t count = 0;
    if (!query_read(exchange, &transfers_table, &query)) {
        return HANDLED_REPLY;
    }
    const struct transfer_grouping by = { has_word(&query.by, "origin"), has_word(&query.by, "destination"),
                                          has_word(&query.by, "item"), has_word(&query.by, "state") };
    enum status status = db_transfer_summary(exchange->db, exchange->arena, &by, &sums, &count);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    struct json_writer w = begin(exchange);
    for (size_t i = 0; i < count; i++) {
        const struct transfer_sum *sum = &sums[i];
        json_object_begin(&w);
        write_group(&w, by.by_origin, "origin", sum->origin);
        write_group(&w, by.by_destination, "destination", sum->destination);
        write_group(&w, by.by_item, "item", sum->item);
        write_group(&w, by.by_state, "state", sum->state);
        json_member_integer(&w, "transfers", sum->transfers);
        write_sum(&w, "quantity", sum->quantity);
        write_sum(&w, "dispatched", sum->dispatched);
        write_sum(&w, "received_good", sum->received_good);
        write_sum(&w, "received_damaged", sum->received_damaged);
        write_sum(&w, "lost", sum->lost);
        write_sum(&w, "returned", sum->returned);
        write_sum(&w, "outstanding", sum->outstanding);
        json_object_end(&w);
    }
    return finish(&w, &query.by);
}
