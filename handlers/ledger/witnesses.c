/*
 * Witnesses. Stored in db/witness.c, changed in rules/witness.c; what they sign: cosignatures.c.
 */
#include "handlers/ledger/witnesses.h"

#include "db/witness.h"
#include "handlers/object.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/shape.h"
#include "handlers/submit.h"
#include "ledger/cosignature.h"

const char witnesses_columns[] = "id,name,vkey,organisation,ended,version,updated_seq";

static enum status write_members(struct json_writer *w, const struct witness *witness)
{
    struct cosigner cosigner;
    struct buffer vkey;
    buffer_init(&vkey);
    cosigner_init(&cosigner, witness->name, witness->public_key);
    cosigner_write(&vkey, &cosigner);
    enum status status = vkey.failed ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK) {
        json_member_text(w, "id", witness->id);
        json_member_text(w, "name", witness->name);
        json_member_text(w, "vkey", vkey.bytes);
        json_member_text(w, "organisation", witness->organisation);
        json_member_boolean(w, "ended", witness->is_ended);
        shape_version(w, witness->version, witness->seq);
    }
    buffer_fini(&vkey);
    return status;
}

enum status witnesses_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                              struct json_writer *w, int64_t *version)
{
    struct witness witness;
    (void)viewer;
    enum status status = db_witness_find(db, arena, id, &witness);
    if (status == STATUS_OK) {
        status = write_members(w, &witness);
        *version = witness.version;
    }
    return status;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int sort;
};

/* In the order of the keys of db_witness_list. */
static const char *const orders[] = { "id", "-id", "name", "-name", "organisation", "-organisation", "updated_seq", "-updated_seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static void write_row(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    if (write_members(w, row) != STATUS_OK) {
        w->out->failed = true;
    }
}

static const struct page_rows listed = { sizeof(struct witness), offsetof(struct witness, id), offsetof(struct witness, order_key), write_row };

enum handled witnesses_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct witness *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin_ordered(&page, exchange, filter.limit, filter.cursor, filter.sort)) {
        return HANDLED_REPLY;
    }
    enum status status = db_witness_list(exchange->db, exchange->arena, page.after, page.limit + 1, &page.order, &found, &count);
    return page_reply_rows(&page, status, &listed, found, count);
}

enum handled witnesses_get(struct exchange *exchange)
{
    return object_reply(exchange, exchange->parameters[0], "witness", "/witnesses", witnesses_present);
}

enum handled witnesses_put(struct exchange *exchange)
{
    return submit_command(exchange, COMMAND_WITNESS_PUT, exchange->parameters[0], "");
}
