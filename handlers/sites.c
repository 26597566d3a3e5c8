/*
 * Sites: where supplies lie and where transfers go. Stored in db/reference.c.
 */
#include "handlers/sites.h"

#include "db/reference.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/shape.h"
#include "handlers/submit.h"

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
    const char *kind, *organisation, *province;
};

/* In the order of the keys of db_site_list. */
static const char *const orders[] = { "id", "-id", "name", "-name", "kind", "-kind", "organisation", "-organisation", "province", "-province",
                                      "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_WORD_ROW(struct filter, kind, false),
    QUERY_ORGANISATION_ROW(struct filter, organisation),
    QUERY_PROVINCE_ROW(struct filter, province, false),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

const char sites_columns[] = "id,name,name.en,name.zh,kind,organisation,province,lat,lon,version,updated_seq";

static void write_members(struct json_writer *w, const struct site *site)
{
    json_member_text(w, "id", site->id);
    shape_name(w, &site->name);
    json_member_text(w, "kind", site->kind);
    json_member_text(w, "organisation", site->organisation);
    json_member_text(w, "province", site->province);
    shape_position(w, site->lat_e7, site->lon_e7);
    shape_version(w, site->version, site->seq);
}

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_members(w, row);
}

static const struct page_rows listed = { sizeof(struct site), offsetof(struct site, id), offsetof(struct site, order_key), write_row };

enum handled sites_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct site *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    enum status status = db_site_list(exchange->db, exchange->arena, page.after, page.limit + 1, filter.kind,
                                      filter.organisation, filter.province, &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum status sites_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                          struct json_writer *w, int64_t *version)
{
    struct site site;
    (void)viewer;
    enum status status = db_site_find(db, arena, id, &site);
    if (status == STATUS_OK) {
        write_members(w, &site);
        *version = site.version;
    }
    return status;
}

enum handled sites_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "site", "/sites", sites_present);
}

enum handled sites_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_SITE_PUT, exchange->parameters[0], "");
}
