/*
 * Policies. Stored in db/signing.c, changed and asked in rules/policy.c.
 */
#include "handlers/policies.h"

#include <string.h>

#include "db/signing.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"
#include "rules/policy.h"

const char policies_columns[] = "organisation,signed_kinds,version,updated_seq";

/* What the table's '' is called outside, and back. */
static const char *name_of(const char *organisation)
{
    return organisation[0] == 0 ? POLICY_DEFAULT : organisation;
}

static const char *key_of(const char *name)
{
    return strcmp(name, POLICY_DEFAULT) == 0 ? "" : name;
}

static void write_members(struct json_writer *w, const struct policy *policy)
{
    json_member_text(w, "organisation", name_of(policy->organisation));
    json_key(w, "signed_kinds");
    json_raw(w, policy->signed_kinds, strlen(policy->signed_kinds));
    shape_version(w, policy->version, policy->seq);
}

enum status policies_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *organisation,
                             struct json_writer *w, int64_t *version)
{
    struct policy policy;
    (void)viewer;
    enum status status = db_policy_find(db, arena, key_of(organisation), &policy);
    if (status == STATUS_OK) {
        write_members(w, &policy);
        *version = policy.version;
    }
    return status;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
};

/* In the order of the keys of db_policy_list. */
static const char *const orders[] = { "organisation", "-organisation", "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_members(w, row);
}

static const struct page_rows listed = { sizeof(struct policy), offsetof(struct policy, organisation),
                                         offsetof(struct policy, order_key), write_row };

enum handled policies_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct policy *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    const char *after = page.after[0] == 0 ? NULL : key_of(page.after);
    enum status status = db_policy_list(exchange->db, exchange->arena, after, page.limit + 1, &page.order, &found, &count);
    for (size_t i = 0; i < count; i++) {
        found[i].organisation = name_of(found[i].organisation); /* in cursors as well, where "" is the start */
    }
    return page_reply_rows(&page, status, &listed, found, count);
}

enum handled policies_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "policy", "/policies", policies_present);
}

enum handled policies_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_POLICY_PUT, exchange->parameters[0], "");
}
