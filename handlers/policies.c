/*
 * Policies. Stored in db/signing.c, changed and asked in rules/policy.c.
 */
#include "handlers/policies.h"

#include <string.h>

#include "db/signing.h"
#include "handlers/page.h"
#include "handlers/present.h"
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

static const struct query_parameter rows[] = { PAGE_ROWS(struct page_query) };
static const struct query_table table = QUERY_TABLE(rows);

enum handled policies_list(struct exchange *exchange)
{
    struct page_query query = { 0 };
    struct page page;
    struct policy *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &query) || !page_begin(&page, exchange, query.limit, query.cursor, 1)) {
        return HANDLED_REPLY;
    }
    const char *after = page.keys[0][0] == 0 ? NULL : key_of(page.keys[0]);
    enum status status = db_policy_list(exchange->db, exchange->arena, after, page.limit + 1, &found, &count);
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
    const char *const last = shown > 0 ? name_of(found[shown - 1].organisation) : NULL;
    page_close(&page, count > shown ? &last : NULL);
    return page_reply(&page);
}

enum handled policies_get(struct exchange *exchange)
{
    return present_object(exchange, exchange->parameters[0], "policy", "/policies", policies_present);
}

enum handled policies_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_POLICY_PUT, exchange->parameters[0], "");
}
