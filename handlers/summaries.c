/*
 * Sums over supplies and transfers. The groups are few: provinces, items, sites,
 * organisations, states; so there are no pages, and another order is made of the rows that there are.
 */
#include "handlers/summaries.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/wide.h"
#include "db/reference.h"
#include "db/supply.h"
#include "db/transfer.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "handlers/supplies.h"
#include "handlers/transfers.h"
#include "json/write.h"
#include "rules/request.h"

enum { DAY_MS = 86400000, GROUPS = 4 };

/* What rows can go by: a text of the group, a count or a sum. */
struct key {
    enum { KEY_TEXT, KEY_COUNT, KEY_SUM } kind;
    size_t offset;
};

#define TEXT_KEY(T, M) { KEY_TEXT, offsetof(struct T, M) }
#define COUNT_KEY(T, M) { KEY_COUNT, offsetof(struct T, M) }
#define SUM_KEY(T, M) { KEY_SUM, offsetof(struct T, M) }

static const char *const supply_groups[] = { "province", "item", "site", "organisation", NULL };
static const char *const transfer_groups[] = { "origin", "destination", "item", "state", NULL };

/* The groups come first. */
static const char *const supply_orders[] = {
    "province", "-province", "item", "-item", "site", "-site", "organisation", "-organisation", "supplies", "-supplies",
    "on_hand", "-on_hand", "reserved", "-reserved", "available", "-available", "usable", "-usable", NULL
};
static const struct key supply_keys[] = {
    TEXT_KEY(supply_sum, province), TEXT_KEY(supply_sum, item), TEXT_KEY(supply_sum, site), TEXT_KEY(supply_sum, organisation),
    COUNT_KEY(supply_sum, supplies), SUM_KEY(supply_sum, on_hand), SUM_KEY(supply_sum, reserved), SUM_KEY(supply_sum, available),
    SUM_KEY(supply_sum, usable)
};
static const char *const transfer_orders[] = {
    "origin", "-origin", "destination", "-destination", "item", "-item", "state", "-state", "transfers", "-transfers",
    "quantity", "-quantity", "dispatched", "-dispatched", "received_good", "-received_good", "received_damaged",
    "-received_damaged", "lost", "-lost", "returned", "-returned", "outstanding", "-outstanding", NULL
};
static const struct key transfer_keys[] = {
    TEXT_KEY(transfer_sum, origin), TEXT_KEY(transfer_sum, destination), TEXT_KEY(transfer_sum, item), TEXT_KEY(transfer_sum, state),
    COUNT_KEY(transfer_sum, transfers), SUM_KEY(transfer_sum, quantity), SUM_KEY(transfer_sum, dispatched),
    SUM_KEY(transfer_sum, received_good), SUM_KEY(transfer_sum, received_damaged), SUM_KEY(transfer_sum, lost),
    SUM_KEY(transfer_sum, returned), SUM_KEY(transfer_sum, outstanding)
};

_Static_assert(sizeof supply_orders / sizeof supply_orders[0] == 2 * (sizeof supply_keys / sizeof supply_keys[0]) + 1, "pairs");
_Static_assert(sizeof transfer_orders / sizeof transfer_orders[0] == 2 * (sizeof transfer_keys / sizeof transfer_keys[0]) + 1, "pairs");

struct supplies_query {
    struct query_words by;
    SUPPLIES_FILTERS;
    int sort;
};

static const struct query_parameter supplies_rows[] = {
    QUERY_WORDS_ROW(struct supplies_query, by, false, 1, GROUPS, supply_groups),
    SUPPLIES_FILTER_ROWS(struct supplies_query),
    QUERY_CHOICE_ROW(struct supplies_query, sort, false, supply_orders),
};
static const struct query_table supplies_table = QUERY_TABLE(supplies_rows);

struct transfers_query {
    struct query_words by;
    TRANSFERS_FILTERS;
    int sort;
};

static const struct query_parameter transfers_rows[] = {
    QUERY_WORDS_ROW(struct transfers_query, by, false, 1, GROUPS, transfer_groups),
    TRANSFERS_FILTER_ROWS(struct transfers_query),
    QUERY_CHOICE_ROW(struct transfers_query, sort, false, transfer_orders),
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

/* Rows have the groups alone that were asked for. False: the problem is the reply. */
static bool has_key(struct exchange *exchange, const struct query_words *by, const char *const *groups, int sort)
{
    if (sort < 0 || sort / 2 >= GROUPS || has_word(by, groups[sort / 2])) {
        return true;
    }
    struct faults faults;
    faults_init(&faults, exchange->arena);
    faults_add_parameter(&faults, "sort", "not_a_choice", "sort is by %s, which the rows do not have: name it in by, or sort by another member",
                         groups[sort / 2]);
    query_refuse(exchange, &faults);
    return false;
}

/* A row's key, and its number in the usual order. */
struct place {
    const char *text;
    struct wide number;
    size_t at;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *first = a, *second = b;
    const int texts = first->text != NULL && second->text != NULL ? strcmp(first->text, second->text) : 0;
    if (texts != 0) {
        return texts;
    }
    if (first->number.billions != second->number.billions) {
        return first->number.billions < second->number.billions ? -1 : 1;
    }
    if (first->number.rest != second->number.rest) {
        return first->number.rest < second->number.rest ? -1 : 1;
    }
    return first->at < second->at ? -1 : first->at > second->at;
}

static struct place place_of(const struct key *key, const char *row, size_t at)
{
    struct place place = { NULL, { 0, 0 }, at };
    int64_t count = 0;
    switch (key->kind) {
    case KEY_TEXT: memcpy(&place.text, row + key->offset, sizeof place.text); break;
    case KEY_SUM: memcpy(&place.number, row + key->offset, sizeof place.number); break;
    case KEY_COUNT:
        memcpy(&count, row + key->offset, sizeof count);
        place.number = wide_of(0, count);
        break;
    }
    return place;
}

/* The rows in another order than the usual one, which decides where they are alike, in the same direction. NULL without memory. */
static const void *order_rows(struct arena *arena, const struct key *keys, int sort, const void *rows, size_t count, size_t row_bytes)
{
    if (sort < 0 || count == 0) {
        return rows;
    }
    struct place *places = arena_alloc(arena, count * sizeof *places);
    char *out = arena_alloc(arena, count * row_bytes);
    if (places == NULL || out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        places[i] = place_of(&keys[sort / 2], (const char *)rows + i * row_bytes, i);
    }
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++) {
        const size_t from = places[sort % 2 == 0 ? i : count - 1 - i].at;
        memcpy(out + i * row_bytes, (const char *)rows + from * row_bytes, row_bytes);
    }
    return out;
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
    if (!query_read(exchange, &supplies_table, &query) || !has_key(exchange, &query.by, supply_groups, query.sort)) {
        return HANDLED_REPLY;
    }
    const struct supply_grouping by = { has_word(&query.by, "province"), has_word(&query.by, "item"),
                                        has_word(&query.by, "site"), has_word(&query.by, "organisation") };
    const struct supply_filter filter = SUPPLIES_FILTER_OF(query);
    enum status status = read_today(exchange, today);
    if (status == STATUS_OK) {
        status = db_supply_summary(exchange->db, exchange->arena, &by, &filter, today, &sums, &count);
    }
    const struct supply_sum *ordered = status != STATUS_OK ? NULL :
                                       order_rows(exchange->arena, supply_keys, query.sort, sums, count, sizeof *sums);
    if (status != STATUS_OK || (count > 0 && ordered == NULL)) {
        problem_status(exchange, status != STATUS_OK ? status : STATUS_EXHAUSTED);
        return HANDLED_REPLY;
    }
    struct json_writer w = begin(exchange);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        write_group(&w, by.by_province, "province", ordered[i].province);
        write_group(&w, by.by_item, "item", ordered[i].item);
        write_group(&w, by.by_site, "site", ordered[i].site);
        write_group(&w, by.by_organisation, "organisation", ordered[i].organisation);
        json_member_integer(&w, "supplies", ordered[i].supplies);
        write_sum(&w, "on_hand", ordered[i].on_hand);
        write_sum(&w, "reserved", ordered[i].reserved);
        write_sum(&w, "available", ordered[i].available);
        write_sum(&w, "usable", ordered[i].usable);
        json_object_end(&w);
    }
    return finish(&w, &query.by);
}

enum handled summaries_transfers(struct exchange *exchange)
{
    struct transfers_query query = { 0 };
    struct transfer_sum *sums = NULL;
    size_t count = 0;
    if (!query_read(exchange, &transfers_table, &query) || !has_key(exchange, &query.by, transfer_groups, query.sort)) {
        return HANDLED_REPLY;
    }
    const struct transfer_grouping by = { has_word(&query.by, "origin"), has_word(&query.by, "destination"),
                                          has_word(&query.by, "item"), has_word(&query.by, "state") };
    const struct transfer_filter filter = TRANSFERS_FILTER_OF(query);
    enum status status = db_transfer_summary(exchange->db, exchange->arena, &by, &filter, &sums, &count);
    const struct transfer_sum *ordered = status != STATUS_OK ? NULL :
                                         order_rows(exchange->arena, transfer_keys, query.sort, sums, count, sizeof *sums);
    if (status != STATUS_OK || (count > 0 && ordered == NULL)) {
        problem_status(exchange, status != STATUS_OK ? status : STATUS_EXHAUSTED);
        return HANDLED_REPLY;
    }
    struct json_writer w = begin(exchange);
    for (size_t i = 0; i < count; i++) {
        const struct transfer_sum *sum = &ordered[i];
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
