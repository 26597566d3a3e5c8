/*
 * Organisations: who owns supplies and runs sites. Stored in db/reference.c.
 */
#include "handlers/organisations.h"

#include <string.h>

#include "db/reference.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"
#include "rules/policy.h"

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
    const char *kind, *province;
};

/* In the order of the keys of db_organisation_list. */
static const char *const orders[] = { "id", "-id", "name", "-name", "kind", "-kind", "province", "-province", "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_WORD_ROW(struct filter, kind, false),
    QUERY_PROVINCE_ROW(struct filter, province, false),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

const char organisations_columns[] = "id,name,name.en,name.zh,kind,province,version,updated_seq";

static void write_members(struct json_writer *w, const struct organisation *organisation)
{
    json_member_text(w, "id", organisation->id);
    shape_name(w, &organisation->name);
    json_member_text(w, "kind", organisation->kind);
    json_member_text(w, "province", organisation->province);
    shape_version(w, organisation->version, organisation->seq);
}

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_members(w, row);
}

static const struct page_rows listed = { sizeof(struct organisation), offsetof(struct organisation, id),
                                         offsetof(struct organisation, order_key), write_row };

enum handled organisations_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct organisation *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    enum status status = db_organisation_list(exchange->db, exchange->arena, page.after, page.limit + 1, filter.kind,
                                              filter.province, &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum status organisations_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                                  struct json_writer *w, int64_t *version)
{
    struct organisation organisation;
    (void)viewer;
    enum status status = db_organisation_find(db, arena, id, &organisation);
    if (status == STATUS_OK) {
        write_members(w, &organisation);
        *version = organisation.version;
    }
    return status;
}

enum handled organisations_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "organisation", "/organisations", organisations_present);
}

/* Whether the id is that of the policy for everybody, beside which an organisation's own could not be told. One that is there from before
 * this was refused may be written still. */
static bool is_reserved(struct exchange *exchange, const char *id, enum status *status)
{
    struct organisation organisation;
    if (strcmp(id, POLICY_DEFAULT) != 0) {
        return false;
    }
    *status = db_organisation_find(exchange->db, exchange->arena, id, &organisation);
    return *status != STATUS_OK;
}

enum handled organisations_put(struct exchange *exchange)
{
    enum status status = STATUS_OK;
    if (is_reserved(exchange, exchange->parameters[0], &status)) {
        struct faults faults;
        if (status != STATUS_ABSENT) {
            problem_status(exchange, status);
            return HANDLED_REPLY;
        }
        faults_init(&faults, exchange->arena);
        faults_add(&faults, "", "bad_format",
                   "no organisation can have the id default, which means all of them in /policies/default: take another one");
        submit_refuse(exchange, &faults);
        return HANDLED_REPLY;
    }
    return submit_command(exchange, COMMAND_ORGANISATION_PUT, exchange->parameters[0], "");
}
