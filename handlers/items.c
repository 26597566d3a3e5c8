/*
 * Items: what supplies are supplies of. Stored in db/reference.c.
 */
#include "handlers/items.h"

#include <string.h>

#include "db/reference.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/shape.h"
#include "handlers/submit.h"

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
    const char *category;
};

/* In the order of the keys of db_item_list. */
static const char *const orders[] = { "id", "-id", "name", "-name", "unit", "-unit", "category", "-category", "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_WORD_ROW(struct filter, category, false),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

const char items_columns[] =
    "id,name,name.en,name.zh,unit,category,identifiers,lot_control,medical_grade,version,updated_seq";

static void write_members(struct json_writer *w, const struct item *item)
{
    json_member_text(w, "id", item->id);
    shape_name(w, &item->name);
    json_member_text(w, "unit", item->unit);
    json_member_text(w, "category", item->category);
    json_key(w, "identifiers");
    json_raw(w, item->identifiers, strlen(item->identifiers)); /* JSON, as the rules wrote it */
    json_member_boolean(w, "lot_control", item->lot_control);
    json_member_boolean(w, "medical_grade", item->medical_grade);
    shape_version(w, item->version, item->seq);
}

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_members(w, row);
}

static const struct page_rows listed = { sizeof(struct item), offsetof(struct item, id), offsetof(struct item, order_key), write_row };

enum handled items_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct item *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    enum status status = db_item_list(exchange->db, exchange->arena, page.after, page.limit + 1, filter.category, &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum status items_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                          struct json_writer *w, int64_t *version)
{
    struct item item;
    (void)viewer;
    enum status status = db_item_find(db, arena, id, &item);
    if (status == STATUS_OK) {
        write_members(w, &item);
        *version = item.version;
    }
    return status;
}

enum handled items_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "item", "/items", items_present);
}

enum handled items_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_ITEM_PUT, exchange->parameters[0], "");
}
