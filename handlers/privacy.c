/*
 * Personal texts for those who keep the records, and their erasure. What an erasure does: rules/erasure.c to the state,
 * rules/scrub.c to the texts.
 */
#include "handlers/privacy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/answer.h"
#include "db/privacy.h"
#include "handlers/page.h"
#include "handlers/present.h"
#include "handlers/problem.h"
#include "handlers/submit.h"
#include "rules/request.h"

enum { NUMBER_DIGITS = 24 };

const char privacy_texts_columns[] = "commitment,entry,pointer,text,erased_by";
const char privacy_erasures_columns[] = "commitment,seq,erased_at";

struct texts_query {
    int64_t limit;
    const char *cursor;
    int64_t entry;
};

static const struct query_parameter text_rows[] = {
    PAGE_ROWS(struct texts_query),
    QUERY_INTEGER_ROW(struct texts_query, entry, false, 1, TEXT_INTEGER_MAX),
};
static const struct query_table text_table = QUERY_TABLE(text_rows);

static void write_text(struct json_writer *w, const struct personal_fate *fate)
{
    json_object_begin(w);
    json_member_text(w, "commitment", fate->commitment);
    json_member_integer(w, "entry", fate->seq);
    json_member_text(w, "pointer", fate->pointer);
    json_member_text(w, "text", fate->text);
    json_key(w, "erased_by");
    if (fate->erased_by > 0) {
        json_value_integer(w, fate->erased_by);
    } else {
        json_value_null(w);
    }
    json_object_end(w);
}

/* Where the page goes on: the entry that the cursor names, or nothing but what lies before from. */
static bool read_start(struct page *page, int64_t from, int64_t *after)
{
    *after = from;
    return page->keys[0][0] == 0 || text_to_integer(page->keys[0], after) == STATUS_OK;
}

enum handled privacy_texts(struct exchange *exchange)
{
    struct texts_query query = { .entry = QUERY_ABSENT };
    struct page page;
    struct personal_fate *found = NULL;
    size_t count = 0;
    int64_t after = 0;
    char last[NUMBER_DIGITS];
    if (!query_read(exchange, &text_table, &query) || !page_begin(&page, exchange, query.limit, query.cursor, 2)) {
        return HANDLED_REPLY;
    }
    const bool is_one = query.entry != QUERY_ABSENT;
    bool is_sound = read_start(&page, is_one ? query.entry - 1 : 0, &after);
    /* no pointer is greater than this one, so that all of the entry before is left out */
    const char *pointer = page.keys[0][0] != 0 ? page.keys[1] : "\x7f";
    enum status status = !is_sound ? STATUS_CORRUPT
        : db_personal_list(exchange->db, exchange->arena, after, pointer, is_one ? query.entry : TEXT_INTEGER_MAX, page.limit + 1, &found,
                           &count);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    size_t shown = count > (size_t)page.limit ? (size_t)page.limit : count;
    struct json_writer *w = page_open(&page);
    for (size_t i = 0; i < shown; i++) {
        write_text(w, &found[i]);
    }
    const char *keys[2] = { last, shown > 0 ? found[shown - 1].pointer : "" };
    snprintf(last, sizeof last, "%" PRId64, shown > 0 ? found[shown - 1].seq : 0);
    page_close(&page, count > shown ? keys : NULL);
    return page_reply(&page);
}

static void write_erasure(struct json_writer *w, const struct erasure *erasure)
{
    json_object_begin(w);
    json_member_text(w, "commitment", erasure->commitment);
    json_member_integer(w, "seq", erasure->seq);
    json_member_instant(w, "erased_at", erasure->time_ms);
    json_object_end(w);
}

static const struct query_parameter page_rows[] = { PAGE_ROWS(struct page_query) };
static const struct query_table page_table = QUERY_TABLE(page_rows);

enum handled privacy_erasures(struct exchange *exchange)
{
    struct page_query query = { 0 };
    struct page page;
    struct erasure *found = NULL;
    size_t count = 0;
    int64_t after = 0;
    char last[NUMBER_DIGITS];
    if (!query_read(exchange, &page_table, &query) || !page_begin(&page, exchange, query.limit, query.cursor, 2)) {
        return HANDLED_REPLY;
    }
    enum status status = !read_start(&page, 0, &after) ? STATUS_CORRUPT
        : db_erasure_list(exchange->db, exchange->arena, after, page.keys[1], page.limit + 1, &found, &count);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    size_t shown = count > (size_t)page.limit ? (size_t)page.limit : count;
    struct json_writer *w = page_open(&page);
    for (size_t i = 0; i < shown; i++) {
        write_erasure(w, &found[i]);
    }
    const char *keys[2] = { last, shown > 0 ? found[shown - 1].commitment : "" };
    snprintf(last, sizeof last, "%" PRId64, shown > 0 ? found[shown - 1].seq : 0);
    page_close(&page, count > shown ? keys : NULL);
    return page_reply(&page);
}

/* Whether there is, or was, a text for each commitment: a slip of the pen would otherwise look like an erasure. */
static bool are_known(struct exchange *exchange)
{
    const struct erase_request *request = exchange->command.request;
    struct faults *faults = arena_alloc(exchange->arena, sizeof *faults);
    enum status status = faults == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    if (faults != NULL) {
        faults_init(faults, exchange->arena);
    }
    for (size_t i = 0; status == STATUS_OK && i < request->count; i++) {
        struct personal_row row;
        char pointer[48];
        status = db_personal_find(exchange->db, exchange->arena, request->list[i], &row);
        if (status == STATUS_ABSENT) {
            snprintf(pointer, sizeof pointer, "/commitments/%zu", i);
            faults_add(faults, pointer, "unknown_commitment", "no entry has the commitment %s; GET /privacy/texts lists what there is",
                       request->list[i]);
            status = STATUS_OK;
        }
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return false;
    }
    if (faults->total > 0) {
        submit_refuse(exchange, faults);
    }
    return faults->total == 0;
}

enum handled privacy_erase(struct exchange *exchange)
{
    if (!query_read(exchange, &query_nothing, NULL) || !submit_prepare(exchange, COMMAND_PRIVACY_ERASE, "", "")) {
        return HANDLED_REPLY;
    }
    if (!are_known(exchange)) {
        submit_drop(exchange);
        return HANDLED_REPLY;
    }
    return HANDLED_COMMAND;
}

enum status privacy_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id, struct json_writer *w,
                            int64_t *version)
{
    struct erasure *erased = NULL;
    size_t count = 0;
    int64_t seq = 0;
    (void)viewer;
    (void)version;
    enum status status = text_to_integer(id, &seq);
    if (status == STATUS_OK) {
        status = db_erasure_of(db, arena, seq, &erased, &count);
    }
    if (status != STATUS_OK) {
        return status;
    }
    json_key(w, "commitments");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_text(w, erased[i].commitment);
    }
    json_array_end(w);
    if (count > 0) {
        json_member_instant(w, "erased_at", erased[0].time_ms);
    }
    return STATUS_OK;
}
