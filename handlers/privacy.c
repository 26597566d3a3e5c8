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
#include "handlers/problem.h"
#include "handlers/submit.h"
#include "rules/request.h"

const char privacy_texts_columns[] = "commitment,entry,pointer,text,erased_by";
const char privacy_erasures_columns[] = "commitment,seq,erased_at";

struct texts_query {
    int64_t limit;
    const char *cursor;
    int64_t entry;
    int sort;
};

static const char *const text_orders[] = { "entry", "-entry", NULL };

static const struct query_parameter text_rows[] = {
    PAGE_ROWS(struct texts_query),
    QUERY_INTEGER_ROW(struct texts_query, entry, false, 1, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct texts_query, sort, false, text_orders),
};
static const struct query_table text_table = QUERY_TABLE(text_rows);

static enum status write_text(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    const struct personal_fate *fate = row;
    (void)exchange;
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
    return STATUS_OK;
}

enum handled privacy_texts(struct exchange *exchange)
{
    struct texts_query query = { .entry = QUERY_ABSENT };
    struct page page;
    struct page_span span;
    struct personal_fate *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &text_table, &query) || !page_begin(&page, exchange, query.limit, query.cursor, 2)) {
        return HANDLED_REPLY;
    }
    const bool is_one = query.entry != QUERY_ABSENT;
    const int64_t first = is_one ? query.entry : 1, last = is_one ? query.entry : TEXT_INTEGER_MAX;
    const bool is_start = page.keys[0][0] == 0;
    /* no pointer is greater than this one: upwards all of the entry before is left out, downwards all of the last one is shown */
    const char *pointer = is_start ? "\x7f" : page.keys[1];
    enum status status = page_span(&page, query.sort, first - 1, &span);
    if (status == STATUS_OK && span.is_descending) {
        status = db_personal_list_down(exchange->db, exchange->arena, is_start ? last : span.before, pointer, first, page.limit + 1, &found, &count);
    } else if (status == STATUS_OK) {
        status = db_personal_list(exchange->db, exchange->arena, span.after, pointer, last, page.limit + 1, &found, &count);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct personal_fate, seq), .text_at = offsetof(struct personal_fate, pointer),
                               .write = write_text });
}

static enum status write_erasure(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    const struct erasure *erasure = row;
    (void)exchange;
    json_object_begin(w);
    json_member_text(w, "commitment", erasure->commitment);
    json_member_integer(w, "seq", erasure->seq);
    json_member_instant(w, "erased_at", erasure->time_ms);
    json_object_end(w);
    return STATUS_OK;
}

struct erasures_query {
    int64_t limit;
    const char *cursor;
    int sort;
};

static const char *const erasure_orders[] = { "seq", "-seq", NULL };

static const struct query_parameter page_rows[] = {
    PAGE_ROWS(struct erasures_query),
    QUERY_CHOICE_ROW(struct erasures_query, sort, false, erasure_orders),
};
static const struct query_table page_table = QUERY_TABLE(page_rows);

enum handled privacy_erasures(struct exchange *exchange)
{
    struct erasures_query query = { 0 };
    struct page page;
    struct page_span span;
    struct erasure *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &page_table, &query) || !page_begin(&page, exchange, query.limit, query.cursor, 2)) {
        return HANDLED_REPLY;
    }
    enum status status = page_span(&page, query.sort, QUERY_ABSENT, &span);
    if (status == STATUS_OK && span.is_descending) {
        status = db_erasure_list_down(exchange->db, exchange->arena, span.before, page.keys[1], page.limit + 1, &found, &count);
    } else if (status == STATUS_OK) {
        status = db_erasure_list(exchange->db, exchange->arena, span.after, page.keys[1], page.limit + 1, &found, &count);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct erasure, seq), .text_at = offsetof(struct erasure, commitment), .write = write_erasure });
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
    if (exchange->command.unseen == NULL && !are_known(exchange)) {
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
