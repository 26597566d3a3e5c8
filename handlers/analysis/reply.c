/*
 * The common ends of the analyses: cache, ETag, bodies and their faults.
 */
#include "handlers/analysis/reply.h"

#include <assert.h>
#include <inttypes.h>

#include "base/limits.h"
#include "base/memory.h"
#include "handlers/analysis/cache.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "handlers/tag.h"
#include "json/parse.h"

/* Status and media type of an answer: JSON, of which the server makes tables, or a picture. */
static void set_type(struct exchange *exchange)
{
    exchange_json(exchange, 200);
    if (exchange->wanted == GIVES_SVG) {
        exchange->content_type = "image/svg+xml";
    }
}

const char *analysis_reply_key(const struct exchange *exchange, const char *key)
{
    return exchange->wanted != GIVES_SVG ? key
        : arena_format(exchange->arena, "picture seq=%" PRIu64 " chinese=%d %s", exchange->seq, exchange->is_chinese, key);
}

/* Status and headers of a GET's answer, which is in the reply. */
static void set_headers(struct exchange *exchange, const char *etag)
{
    set_type(exchange);
    const char *kept = arena_text(exchange->arena, etag);
    if (kept != NULL) {
        exchange_header(exchange, "ETag", kept);
    }
    exchange_header(exchange, "Cache-Control", "no-cache"); /* keep it, but ask whether it still holds */
}

bool analysis_reply_cached(struct exchange *exchange, const char *key)
{
    char etag[TAG_BYTES];
    key = analysis_reply_key(exchange, key);
    if (exchange->service->analyses == NULL || key == NULL) {
        return false;
    }
    switch (analysis_cache_find(exchange->service->analyses, key, &exchange->reply, etag)) {
    case STATUS_OK:
        set_headers(exchange, etag);
        return true;
    case STATUS_EXHAUSTED:
        problem_status(exchange, STATUS_EXHAUSTED);
        return true;
    case STATUS_ABSENT:
    case STATUS_CONFLICT:
    case STATUS_INVALID:
    case STATUS_BUSY:
    case STATUS_CORRUPT:
    case STATUS_IO:
        break;
    }
    return false;
}

void analysis_reply_finish(struct exchange *exchange, const char *key)
{
    if (exchange->reply.failed) {
        buffer_fini(&exchange->reply);
        problem_status(exchange, STATUS_EXHAUSTED);
        return;
    }
    if (key == NULL) {
        set_type(exchange);
        return;
    }
    char etag[TAG_BYTES];
    tag_make(etag, TAG_NO_VERSION, exchange->reply.bytes, exchange->reply.length);
    set_headers(exchange, etag);
    key = analysis_reply_key(exchange, key);
    if (exchange->service->analyses != NULL && key != NULL) {
        analysis_cache_keep(exchange->service->analyses, key, exchange->reply.bytes, exchange->reply.length, etag);
    }
}

void analysis_reply_failed(struct exchange *exchange, enum status status, const char *work, const char *less)
{
    if (status == STATUS_BUSY && exchange->cancelled == CANCELLED_LATE) {
        problem_reply(exchange, "too_much_work",
                      "%s: the computation was given up after %" PRId64 " s, the longest that one may take here. Ask for %s.",
                      work, exchange->job_seconds, less);
    } else if (status == STATUS_BUSY && exchange->cancelled != CANCELLED_NOT) {
        problem_reply(exchange, "stopping", "The service is stopping; the computation was given up.");
    } else {
        problem_status(exchange, status);
    }
}

bool analysis_body_parse(struct exchange *exchange, json_t **document, struct faults *faults)
{
    faults_init(faults, exchange->arena);
    const char *body = exchange->body != NULL ? exchange->body : "";
    *document = NULL;
    if (!query_read(exchange, &query_nothing, NULL)) { /* nothing but the table */
        return false;
    }
    enum status status = json_parse(body, exchange->body_length, document, faults);
    if (*document != NULL) {
        return true; /* what is wrong with it, if anything, is named with the rest */
    }
    if (status == STATUS_INVALID) {
        analysis_body_refuse(exchange, faults);
    } else {
        problem_status(exchange, status);
    }
    return false;
}

void analysis_body_free(const struct exchange *exchange, json_t *document)
{
    json_decref(document);
    if (exchange->body_length > LIMIT_TRIM_BYTES) {
        memory_give_back();
    }
}

void analysis_body_refuse(struct exchange *exchange, const struct faults *faults)
{
    assert(faults->total > 0);
    const char *code = faults->total == 1 && faults->count == 1 ? faults->items[0].code : "invalid_request";
    if (faults->total == 1 && problem_code_is_known(code)) {
        problem_faults(exchange, code, faults, "The body is wrong: %s", faults->items[0].detail);
    } else {
        problem_faults(exchange, "invalid_request", faults, "%zu things are wrong with the body; errors names them.",
                       faults->total);
    }
}
