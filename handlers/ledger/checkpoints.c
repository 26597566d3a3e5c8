/*
 * Signed checkpoints for who keeps them: auditors, witnesses, anybody with a file. A note goes out byte for byte as it was
 * signed and stored.
 */
#include "handlers/ledger/checkpoints.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "db/entry.h"
#include "handlers/ledger/cosignatures.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "json/write.h"

const char checkpoints_columns[] = "height,size,root,checkpoint";

static void write_checkpoint(struct json_writer *w, const struct checkpoint_row *row)
{
    json_object_begin(w);
    json_member_integer(w, "height", (int64_t)row->height);
    json_member_integer(w, "size", (int64_t)row->size);
    json_member_hex(w, "root", row->root, DB_HASH_BYTES);
    json_member_text(w, "checkpoint", row->note);
    json_object_end(w);
}

static enum status write_item(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_checkpoint(w, row);
    return STATUS_OK;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int64_t after;
    int sort;
};

static const char *const orders[] = { "height", "-height", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_INTEGER_ROW(struct filter, after, false, 0, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

enum handled checkpoints_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct page_span span;
    struct checkpoint_row *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin(&page, exchange, filter.limit, filter.cursor, 1)) {
        return HANDLED_REPLY;
    }
    enum status status = page_span(&page, filter.sort, filter.after, &span);
    if (status == STATUS_OK && span.is_descending) {
        status = db_checkpoint_list_down(exchange->db, exchange->arena, (uint64_t)span.after, (uint64_t)span.before, page.limit + 1, &found, &count);
    } else if (status == STATUS_OK) {
        status = db_checkpoint_list(exchange->db, exchange->arena, (uint64_t)span.after, page.limit + 1, &found, &count);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct checkpoint_row, height), .write = write_item });
}

/* Where a size has no checkpoint: which are near. */
static enum handled reply_absent(struct exchange *exchange, uint64_t size)
{
    struct checkpoint_row row;
    if (size > exchange->seq) {
        problem_reply(exchange, "not_found", "There is no checkpoint of %s entries yet; the ledger has %" PRIu64 ".",
                      exchange->parameters[0], exchange->seq);
        return HANDLED_REPLY;
    }
    enum status status = db_checkpoint_over(exchange->db, exchange->arena, size, &row);
    if (status == STATUS_OK) {
        problem_reply(exchange, "not_found", "No block ended with entry %s; the one that it is in ended with entry %" PRIu64 ".",
                      exchange->parameters[0], row.size);
    } else {
        problem_status(exchange, status == STATUS_ABSENT ? STATUS_CORRUPT : status);
    }
    return HANDLED_REPLY;
}

/* The note and nothing else. */
static enum handled reply_note(struct exchange *exchange, const struct checkpoint_row *row)
{
    exchange->status = 200;
    exchange->content_type = "text/plain; charset=utf-8";
    buffer_text(&exchange->reply, row->note);
    return HANDLED_REPLY;
}

/* The note and what witnesses have added to it. */
static enum handled reply_cosigned(struct exchange *exchange, const struct checkpoint_row *row)
{
    enum handled handled = reply_note(exchange, row);
    enum status status = cosignatures_append(exchange, row->size, row->root, &exchange->reply);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return handled;
}

enum handled checkpoints_get(struct exchange *exchange)
{
    struct checkpoint_row row;
    struct json_writer w;
    int64_t size = 0;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    if (text_to_integer(exchange->parameters[0], &size) != STATUS_OK) {
        size = INT64_MAX; /* more digits than there will be entries */
    }
    enum status status = db_checkpoint_of_size(exchange->db, exchange->arena, (uint64_t)size, &row);
    if (status == STATUS_ABSENT) {
        return reply_absent(exchange, (uint64_t)size);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    if (exchange->wanted == GIVES_TEXT) {
        return reply_cosigned(exchange, &row);
    }
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    write_checkpoint(&w, &row);
    json_writer_finish(&w);
    return HANDLED_REPLY;
}

enum handled checkpoints_newest(struct exchange *exchange)
{
    struct checkpoint_row row;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    enum status status = db_checkpoint_last(exchange->db, exchange->arena, &row);
    if (status != STATUS_OK) {
        problem_status(exchange, status == STATUS_ABSENT ? STATUS_CORRUPT : status);
        return HANDLED_REPLY;
    }
    return reply_note(exchange, &row);
}
