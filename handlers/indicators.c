/*
 * Indicators, stored and derived. A derived one stands in lists right behind the one that
 * it is made of; a cursor's second key says which of the two was shown last.
 */
#include "handlers/indicators.h"

#include <string.h>

#include "base/text.h"
#include "db/figure.h"
#include "db/reference.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"

static const char suffix[] = "_per_10k";
static const char denominator[] = "population_year_end";
static const char name_suffix[] = " per 10,000 people";

enum { SUFFIX_BYTES = sizeof suffix - 1 };

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
};

/* In the order of the keys of db_indicator_list_ordered. */
static const char *const orders[] = { "id", "-id", "name", "-name", "unit", "-unit", "source", "-source", "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

struct years {
    int64_t *items;
    size_t count;
};

/* What indicators are written from. */
struct source {
    struct db *db;
    struct arena *arena;
    struct years population;
};

static enum status open_source(struct source *source, struct db *db, struct arena *arena)
{
    *source = (struct source){ .db = db, .arena = arena };
    return db_figure_years(db, arena, denominator, &source->population.items, &source->population.count);
}

/* Whether X_per_10k is derived from X: nobody wants people per people. */
static bool has_derived(const char *id)
{
    size_t length = strlen(id);
    return strcmp(id, denominator) != 0 && length + SUFFIX_BYTES <= LIMIT_ID_BYTES &&
           (length < SUFFIX_BYTES || strcmp(id + length - SUFFIX_BYTES, suffix) != 0);
}

static bool has_year(const struct years *years, int64_t year)
{
    for (size_t i = 0; i < years->count; i++) {
        if (years->items[i] == year) {
            return true;
        }
    }
    return false;
}

/* within: NULL, or the years that count. */
static void write_years(struct json_writer *w, const struct years *years, const struct years *within)
{
    json_key(w, "years");
    json_array_begin(w);
    for (size_t i = 0; i < years->count; i++) {
        if (within == NULL || has_year(within, years->items[i])) {
            json_value_integer(w, years->items[i]);
        }
    }
    json_array_end(w);
}

const char indicators_columns[] = "id,name,name.en,name.zh,unit,source,derived,formula,years,version,updated_seq";

static void write_stored(struct json_writer *w, const struct indicator *indicator, const struct years *years)
{
    json_member_text(w, "id", indicator->id);
    shape_name(w, &indicator->name);
    json_member_text(w, "unit", indicator->unit);
    json_member_text(w, "source", indicator->source);
    json_member_boolean(w, "derived", false);
    write_years(w, years, NULL);
    shape_version(w, indicator->version, indicator->seq);
}

/* The name of what is derived, or NULL without memory or where there is none to make it of. */
static const char *derive_text(struct arena *arena, const char *before, const char *name, const char *behind)
{
    return name == NULL ? NULL : arena_format(arena, "%s%s%s", before, name, behind);
}

static enum status write_derived(struct json_writer *w, struct source *source, const struct indicator *indicator,
                                 const struct years *years)
{
    struct arena *arena = source->arena;
    const char *id = arena_format(arena, "%s%s", indicator->id, suffix);
    const char *unit = arena_format(arena, "%s%s", indicator->unit, suffix);
    const char *formula = arena_format(arena, "%s / %s * 10000", indicator->id, denominator);
    const struct name name = {
        .text = derive_text(arena, "", indicator->name.text, name_suffix),
        .en = derive_text(arena, "", indicator->name.en, name_suffix),
        .zh = derive_text(arena, "每万人", indicator->name.zh, ""),
    };
    if (id == NULL || unit == NULL || formula == NULL || (name.text == NULL && name.en == NULL && name.zh == NULL)) {
        return STATUS_EXHAUSTED;
    }
    json_member_text(w, "id", id);
    shape_name(w, &name);
    json_member_text(w, "unit", unit);
    json_member_text(w, "source", indicator->source);
    json_member_boolean(w, "derived", true);
    json_member_text(w, "formula", formula);
    write_years(w, years, &source->population);
    shape_version(w, indicator->version, indicator->seq);
    return STATUS_OK;
}

static enum status write_indicator(struct json_writer *w, struct source *source, const struct indicator *indicator,
                                   bool is_derived)
{
    struct years years = { NULL, 0 };
    enum status status = db_figure_years(source->db, source->arena, indicator->id, &years.items, &years.count);
    if (status == STATUS_OK && is_derived) {
        status = write_derived(w, source, indicator, &years);
    } else if (status == STATUS_OK) {
        write_stored(w, indicator, &years);
    }
    return status;
}

/* A page in the making. */
struct listing {
    struct source source;
    struct json_writer *w;
    int64_t left; /* rows that the page still takes */
    const char *last[2]; /* key of the row shown last */
    bool has_more;
};

static enum status show(struct listing *listing, const struct indicator *indicator, bool is_derived)
{
    if (listing->left == 0) {
        listing->has_more = true;
        return STATUS_OK;
    }
    json_object_begin(listing->w);
    enum status status = write_indicator(listing->w, &listing->source, indicator, is_derived);
    json_object_end(listing->w);
    listing->left--;
    listing->last[0] = indicator->id;
    listing->last[1] = is_derived ? "derived" : "stored";
    return status;
}

static enum status show_both(struct listing *listing, const struct indicator *indicator, bool skips_stored)
{
    enum status status = skips_stored ? STATUS_OK : show(listing, indicator, false);
    if (status == STATUS_OK && !listing->has_more && has_derived(indicator->id)) {
        status = show(listing, indicator, true);
    }
    return status;
}

/* The rows behind the cursor: the derived one of an indicator already shown, then the rest. */
static enum status show_page(struct listing *listing, const struct page *page)
{
    struct indicator *found = NULL;
    size_t count = 0;
    enum status status = open_source(&listing->source, page->exchange->db, page->exchange->arena);
    if (status == STATUS_OK && strcmp(page->keys[1], "stored") == 0) {
        struct indicator half;
        status = db_indicator_find(listing->source.db, listing->source.arena, page->keys[0], &half);
        status = status == STATUS_OK       ? show_both(listing, &half, true)
                 : status == STATUS_ABSENT ? STATUS_OK
                                           : status;
    }
    if (status == STATUS_OK) {
        status = db_indicator_list(listing->source.db, listing->source.arena, page->keys[0], page->limit + 1, &found,
                                   &count);
    }
    for (size_t i = 0; status == STATUS_OK && i < count && !listing->has_more; i++) {
        status = show_both(listing, &found[i], false);
    }
    return status;
}

/* The same where an order was asked for: the derived ones stand among the others, where their own ids, names and units belong. */
static enum status show_ordered(struct listing *listing, const struct page *page, int sort)
{
    static const struct indicator_derivation how = { suffix, name_suffix, denominator };
    const struct order order = order_of_choice(sort, page->keys[0]);
    struct shown_indicator *found = NULL;
    size_t count = 0;
    enum status status = open_source(&listing->source, page->exchange->db, page->exchange->arena);
    if (status == STATUS_OK) {
        status = db_indicator_list_ordered(listing->source.db, listing->source.arena, page->keys[1], page->limit + 1, &how, &order, &found, &count);
    }
    for (size_t i = 0; status == STATUS_OK && i < count && !listing->has_more; i++) {
        status = show(listing, &found[i].indicator, found[i].is_derived);
        if (status == STATUS_OK && !listing->has_more) {
            listing->last[0] = found[i].order_key;
            listing->last[1] = found[i].id;
        }
    }
    return status;
}

enum handled indicators_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    if (!query_read(exchange, &table, &filter) ||
        !page_begin(&page, exchange, filter.limit, filter.cursor, 2)) {
        return HANDLED_REPLY;
    }
    struct listing listing = { .w = page_open(&page), .left = page.limit };
    enum status status = filter.sort < 0 ? show_page(&listing, &page) : show_ordered(&listing, &page, filter.sort);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    page_close(&page, listing.has_more ? listing.last : NULL);
    return page_reply(&page);
}

/* The stored indicator that id names, or is derived from. */
static enum status find_stored(struct source *source, const char *id, struct indicator *indicator, bool *is_derived)
{
    size_t length = strlen(id);
    enum status status = db_indicator_find(source->db, source->arena, id, indicator);
    *is_derived = false;
    if (status != STATUS_ABSENT || length <= SUFFIX_BYTES || strcmp(id + length - SUFFIX_BYTES, suffix) != 0) {
        return status;
    }
    const char *stem = arena_copy(source->arena, id, length - SUFFIX_BYTES);
    if (stem == NULL) {
        return STATUS_EXHAUSTED;
    }
    *is_derived = true;
    return has_derived(stem) ? db_indicator_find(source->db, source->arena, stem, indicator) : STATUS_ABSENT;
}

enum status indicators_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                               struct json_writer *w, int64_t *version)
{
    struct source source;
    struct indicator indicator;
    bool is_derived = false;
    (void)viewer;
    enum status status = open_source(&source, db, arena);
    if (status == STATUS_OK) {
        status = find_stored(&source, id, &indicator, &is_derived);
    }
    if (status == STATUS_OK) {
        status = write_indicator(w, &source, &indicator, is_derived);
    }
    if (status == STATUS_OK) {
        *version = indicator.version;
    }
    return status;
}

enum handled indicators_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "indicator", "/indicators", indicators_present);
}

enum handled indicators_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_INDICATOR_PUT, exchange->parameters[0], "");
}
