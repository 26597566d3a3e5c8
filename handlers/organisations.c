/*
 * Organisations: who owns supplies and runs sites. Stored in db/reference.c.
 */
#include "handlers/organisations.h"

#include "db/reference.h"
#include "handlers/page.h"
#include "handlers/present.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"

struct filter {
    int64_t limit;
    const char *cursor;
    const char *kind, *province;
};

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_WORD_ROW(struct filter, kind, false),
    QUERY_PROVINCE_ROW(struct filter, province, false),
};
static const struct query_table table = QUERY_TABLE(rows);

static void write_members(struct json_writer *w, const struct organisation *organisation)
{
    json_member_text(w, "id", organisation->id);
    shape_name(w, &organisation->name);
    json_member_text(w, "kind", organisation->kind);
    json_member_text(w, "province", organisation->province);
    shape_version(w, organisation->version, organisation->seq);
}

enum handled organisations_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct organisation *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) ||
        !page_begin(&page, exchange, filter.limit, filter.cursor, 1)) {
        return HANDLED_REPLY;
    }
    enum status status = db_organisation_list(exchange->db, exchange->arena, page.keys[0], page.limit + 1, filter.kind,
                                       filter.province,
                                       &found, &count);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    size_t shown = count > (size_t)page.limit ? (size_t)page.limit : count;
    struct json_writer *w = page_open(&page);
    for (size_t i = 0; i < shown; i++) {
        json_object_begin(w);
        write_members(w, &found[i]);
        json_object_end(w);
    }
    page_close(&page, count > shown ? &found[shown - 1].id : NULL);
    return page_reply(&page);
}

enum status organisations_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                                  struct json_writer *w, struct answer *answer)
{
    struct organisation organisation;
    (void)viewer;
    enum status status = db_organisation_find(db, arena, id, &organisation);
    if (status == STATUS_OK) {
        write_members(w, &organisation);
        present_etag(answer, organisation.version);
    }
    return status;
}

enum handled organisations_get(struct exchange *exchange)
{
    return present_object(exchange, exchange->parameters[0], "organisation", "/organisations", organisations_present);
}

enum handled organisations_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_ORGANISATION_PUT, exchange->parameters[0], "");
}
