/*
 * Keys of organisations. Stored in db/signing.c, changed by rules/organisation_key.c; what they sign: submit_signed.c.
 */
#include "handlers/organisation_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/reference.h"
#include "db/signing.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"
#include "handlers/withheld.h"

const char organisation_keys_columns[] =
    "kid,organisation,kty,crv,x,y,use,alg,from_seq,to_seq,reason,withheld,version,updated_seq";

static enum status write_members(struct json_writer *w, const struct organisation_key *key, const struct actor *viewer)
{
    struct withheld withheld = { withheld_may_see(viewer, key->organisation, NULL), { NULL }, 0 };
    json_member_text(w, "kid", key->id);
    json_member_text(w, "organisation", key->organisation);
    enum status status = shape_jwk(w, key->public_key);
    json_member_integer(w, "from_seq", key->from_seq);
    json_key(w, "to_seq");
    if (key->to_seq > 0) {
        json_value_integer(w, key->to_seq);
    } else {
        json_value_null(w);
    }
    withheld_write(&withheld, w, "reason", key->reason, key->reason_text);
    withheld_close(&withheld, w);
    shape_version(w, key->version, key->seq);
    return status;
}

enum status organisation_keys_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                                      struct json_writer *w, int64_t *version)
{
    struct organisation_key key;
    enum status status = db_organisation_key_find(db, arena, id, &key);
    if (status == STATUS_OK) {
        status = write_members(w, &key, viewer);
        *version = key.version;
    }
    return status;
}

/* Whether the path names an organisation that is there; else the problem is the reply. */
static bool has_organisation(struct exchange *exchange)
{
    struct organisation organisation;
    const char *id = exchange->parameters[0];
    enum status status = db_organisation_find(exchange->db, exchange->arena, id, &organisation);
    if (status == STATUS_ABSENT) {
        problem_reply(exchange, "not_found", "There is no organisation %s; GET /organisations lists what there is.", id);
    } else if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return status == STATUS_OK;
}

/* The same for a key of it: a key stays with its organisation for ever. */
static bool has_key(struct exchange *exchange)
{
    struct organisation_key key;
    const char *organisation = exchange->parameters[0], *id = exchange->parameters[1];
    enum status status = db_organisation_key_find(exchange->db, exchange->arena, id, &key);
    if (status == STATUS_ABSENT || (status == STATUS_OK && strcmp(key.organisation, organisation) != 0)) {
        problem_reply(exchange, "not_found", "%s has no key %s; GET /organisations/%s/keys lists what there is.", organisation, id,
                      organisation);
        return false;
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return status == STATUS_OK;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
};

static const char *const orders[] = { "from_seq", "-from_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static enum status write_item(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    json_object_begin(w);
    enum status status = write_members(w, row, &exchange->caller);
    json_object_end(w);
    return status;
}

enum handled organisation_keys_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct page_span span;
    struct organisation_key *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin(&page, exchange, filter.limit, filter.cursor, 1) ||
        !has_organisation(exchange)) {
        return HANDLED_REPLY;
    }
    const char *organisation = exchange->parameters[0];
    enum status status = page_span(&page, filter.sort, QUERY_ABSENT, &span);
    if (status == STATUS_OK && span.is_descending) {
        status = db_organisation_key_list_down(exchange->db, exchange->arena, organisation, span.before, page.limit + 1, &found, &count);
    } else if (status == STATUS_OK) {
        status = db_organisation_key_list(exchange->db, exchange->arena, organisation, span.after, page.limit + 1, &found, &count);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct organisation_key, from_seq), .write = write_item });
}

enum handled organisation_keys_get(struct exchange *exchange)
{
    if (!query_read(exchange, &query_nothing, NULL) || !has_key(exchange)) {
        return HANDLED_REPLY;
    }
    return object_reply(exchange, exchange->parameters[1], "key", exchange->path, organisation_keys_present);
}

enum handled organisation_keys_add(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_ORGANISATION_KEY_ADD, exchange->parameters[0], "");
}

enum handled organisation_keys_revoke(struct exchange *exchange)
{
    if (!query_read(exchange, &query_nothing, NULL) ||
        !submit_prepare(exchange, COMMAND_ORGANISATION_KEY_REVOKE, exchange->parameters[1], "")) {
        return HANDLED_REPLY;
    }
    exchange->command.owner = exchange->parameters[0];
    return HANDLED_COMMAND;
}
