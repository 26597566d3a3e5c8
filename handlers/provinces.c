/*
 * The provinces: what sites and figures refer to. Stored in db/reference.c.
 */
#include "handlers/provinces.h"

#include "db/reference.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
    const char *belt;
};

/* In the order of the keys of db_province_list. */
static const char *const orders[] = { "code", "-code", "gb_code", "-gb_code", "name", "-name", "belt", "-belt", "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_WORD_ROW(struct filter, belt, false),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

const char provinces_columns[] = "code,gb_code,name,name.en,name.zh,belt,capital,lat,lon,version,updated_seq";

static void write_members(struct json_writer *w, const struct province *province)
{
    const struct name name = { NULL, province->name_en, province->name_zh };
    json_member_text(w, "code", province->code);
    json_member_text(w, "gb_code", province->gb_code);
    shape_name(w, &name);
    json_member_text(w, "belt", province->belt);
    json_member_text(w, "capital", province->capital);
    shape_position(w, province->lat_e7, province->lon_e7);
    shape_version(w, province->version, province->seq);
}

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_members(w, row);
}

static const struct page_rows listed = { sizeof(struct province), offsetof(struct province, code), offsetof(struct province, order_key), write_row };

enum handled provinces_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct province *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    enum status status = db_province_list(exchange->db, exchange->arena, page.after, page.limit + 1, filter.belt, &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum status provinces_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version)
{
    struct province province;
    (void)viewer;
    enum status status = db_province_find(db, arena, id, &province);
    if (status == STATUS_OK) {
        write_members(w, &province);
        *version = province.version;
    }
    return status;
}

enum handled provinces_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "province", "/provinces", provinces_present);
}

enum handled provinces_put(struct exchange *exchange)
{
    struct province province;
    const char *code = exchange->parameters[0];
    enum status status = db_province_find(exchange->db, exchange->arena, code, &province);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    return submit_command(exchange, COMMAND_PROVINCE_PUT, status == STATUS_OK ? province.code : code, "");
}
