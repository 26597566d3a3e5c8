/*
 * The way of a question through cache, job pool and refusals, the same for all analyses.
 */
#include "handlers/analysis/driver.h"

#include <inttypes.h>

#include "handlers/analysis/reply.h"
#include "handlers/problem.h"

/* NULL: no memory. Indicators' ids hold no blanks, or are unknown. */
static const char *make_key(struct exchange *exchange, const struct analysis_kind *kind, const struct analysis_question *question)
{
    struct buffer key;
    buffer_init(&key);
    buffer_format(&key, "%s revision=%" PRId64 " provinces=%" PRId64, kind->name, question->basis.revision, question->basis.provinces_seq);
    kind->distinguish(exchange, question, &key);
    const char *kept = key.failed ? NULL : arena_copy(exchange->arena, key.bytes, key.length);
    buffer_fini(&key);
    return kept;
}

static enum handled refuse(struct exchange *exchange, enum status status)
{
    problem_status(exchange, status);
    return HANDLED_REPLY;
}

/* Readings, warnings and pictures are told in a language: says in which, where the reply is an answer. */
static enum handled tell_language(struct exchange *exchange, const struct analysis_kind *kind)
{
    if ((kind->is_worded || exchange->wanted == GIVES_SVG) && exchange->status == 200) {
        exchange_header(exchange, "Content-Language", exchange->is_chinese ? "zh" : "en");
        exchange_header(exchange, "Vary", "Accept, Accept-Encoding, Accept-Language");
    }
    return HANDLED_REPLY;
}

static enum handled answer(struct exchange *exchange, const struct analysis_kind *kind, void *sheet, const char *key)
{
    if (kind->answer(exchange, sheet)) {
        analysis_reply_finish(exchange, key);
    }
    return tell_language(exchange, kind);
}

enum handled analysis_get(struct exchange *exchange, const struct analysis_kind *kind)
{
    struct analysis_question *question = arena_array(exchange->arena, 1, kind->question_bytes);
    void *sheet = arena_array(exchange->arena, 1, kind->sheet_bytes);
    const char *key = NULL;
    struct faults faults;
    faults_init(&faults, exchange->arena);
    enum status status = question == NULL || sheet == NULL
        ? STATUS_EXHAUSTED
        : query_gather(exchange, &kind->query, (char *)question + kind->query_offset, &faults);
    if (status == STATUS_OK) {
        status = kind->settle(exchange, question, &faults);
    }
    if (status != STATUS_OK) {
        return refuse(exchange, status);
    }
    if (!analysis_basis_read(exchange, &question->basis)) {
        return HANDLED_REPLY;
    }
    if (faults.total == 0) {
        key = make_key(exchange, kind, question);
        if (key == NULL) {
            return refuse(exchange, STATUS_EXHAUSTED);
        }
        if (analysis_reply_cached(exchange, key)) {
            return tell_language(exchange, kind);
        }
    }
    status = kind->look_up(exchange, question, &faults);
    if (status != STATUS_OK) {
        return refuse(exchange, status);
    }
    if (faults.total > 0) {
        analysis_query_refuse(exchange, &faults);
        return HANDLED_REPLY;
    }
    if (!exchange->is_job) {
        exchange->question = analysis_reply_key(exchange, key);
        return HANDLED_JOB;
    }
    status = kind->gather(exchange, question, sheet);
    if (status != STATUS_OK) {
        return status == STATUS_INVALID ? HANDLED_REPLY : refuse(exchange, status);
    }
    return answer(exchange, kind, sheet, key);
}

enum handled analysis_post(struct exchange *exchange, const struct analysis_kind *kind)
{
    json_t *document = NULL;
    struct faults faults;
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    if (!analysis_body_parse(exchange, &document, &faults)) {
        return HANDLED_REPLY;
    }
    void *sheet = arena_array(exchange->arena, 1, kind->sheet_bytes);
    enum status status = sheet == NULL ? STATUS_EXHAUSTED : kind->take(exchange, document, &faults, sheet);
    if (!kind->is_body_kept) {
        analysis_body_free(exchange, document);
        document = NULL;
    }
    enum handled handled = HANDLED_REPLY;
    if (status != STATUS_OK) {
        handled = refuse(exchange, status);
    } else if (faults.total > 0) {
        analysis_body_refuse(exchange, &faults);
    } else {
        handled = answer(exchange, kind, sheet, NULL);
    }
    if (document != NULL) {
        analysis_body_free(exchange, document);
    }
    return handled;
}
