/*
 * /jobs/{id}. What a job is and how long it is kept: server/tasks.c.
 */
#include "handlers/jobs.h"

#include <stdio.h>

#include "handlers/condition.h"
#include "handlers/events.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "json/write.h"

enum { THOUSANDTHS = 1000 };

static void write_view(struct buffer *out, const char *id, const char *state, int progress)
{
    struct json_writer w;
    char href[sizeof "/jobs/" + JOB_ID_BYTES];
    snprintf(href, sizeof href, "/jobs/%s", id);
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_member_text(&w, "id", id);
    json_member_text(&w, "href", href);
    json_member_text(&w, "state", state);
    json_key(&w, "progress");
    if (progress < 0) {
        json_value_null(&w);
    } else {
        json_double(&w, progress / (double)THOUSANDTHS);
    }
    json_object_end(&w);
    json_writer_finish(&w);
}

static void reply_unfinished(struct exchange *exchange, const struct job_view *view)
{
    exchange_json(exchange, 202);
    exchange_header(exchange, "Retry-After", "1");
    exchange_header(exchange, "Cache-Control", "no-store");
    write_view(&exchange->reply, view->id, view->is_running ? "running" : "waiting", view->progress);
}

void jobs_accept(struct exchange *exchange, const struct job_view *view, bool is_wished)
{
    const char *location = arena_format(exchange->arena, "/jobs/%s", view->id);
    reply_unfinished(exchange, view);
    if (location != NULL) {
        exchange_header(exchange, "Location", location);
    }
    if (is_wished) {
        exchange_header(exchange, "Preference-Applied", "respond-async");
    }
}

static enum handled reply_absent(struct exchange *exchange)
{
    problem_reply(exchange, "not_found", "There is no such job. Answers are kept for a while only, and until the service is started anew: ask the "
                                         "question again.");
    return HANDLED_REPLY;
}

enum handled jobs_get(struct exchange *exchange)
{
    struct job_desk *desk = exchange->service->desk;
    struct job_view view;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    switch (desk->look(desk, exchange->parameters[0], exchange, &view)) {
    case JOB_ABSENT:
        return reply_absent(exchange);
    case JOB_UNFINISHED:
        reply_unfinished(exchange, &view);
        return HANDLED_REPLY;
    case JOB_FINISHED:
        return HANDLED_REPLY;
    }
    return HANDLED_REPLY;
}

static void reply_forbidden(struct exchange *exchange, const struct job_condition *condition)
{
    const bool is_wanted = condition_allows(condition->wanted, NULL, condition->etag);
    if (is_wanted && condition->etag[0] == 0) {
        problem_reply(exchange, "version_mismatch", "If-None-Match: * forbids this where the job is there, and it is: leave If-None-Match out.");
    } else if (is_wanted) {
        problem_reply(exchange, "version_mismatch", "If-None-Match forbids this while the job's answer is %s, and it is.", condition->etag);
    } else if (condition->etag[0] == 0) {
        problem_reply(exchange, "version_mismatch", "If-Match names a version, and this job has no answer with an ETag: leave If-Match out.");
    } else {
        problem_reply(exchange, "version_mismatch", "No ETag in If-Match is that of the job's answer, which is %s.", condition->etag);
    }
}

static void write_admin(struct json_writer *w, const void *context)
{
    const struct exchange *exchange = context;
    json_key(w, "needed_roles");
    json_array_begin(w);
    json_text(w, role_name(ROLE_ADMIN));
    json_array_end(w);
    json_member_text(w, "role", role_name(exchange->caller.role));
}

/* Whose it is stays untold: the id tells how far a job is and what came of it, not who asked. */
static void reply_foreign(struct exchange *exchange)
{
    if (!exchange->has_token) {
        problem_reply(exchange, "unauthenticated", "This job was asked for with a token: to give it up needs one of the same organisation, or an "
                                                   "administrator's, sent as Authorization: Bearer TOKEN.");
        return;
    }
    problem_members(exchange, "forbidden", write_admin, exchange,
                    "This job was asked for by another organisation: only a token of that one, or an administrator's, gives it up.");
}

enum handled jobs_delete(struct exchange *exchange)
{
    const char *match = exchange->header(exchange, "If-Match"), *none = exchange->header(exchange, "If-None-Match");
    struct condition wanted, unwanted;
    struct job_condition condition = {match != NULL ? &wanted : NULL, none != NULL ? &unwanted : NULL, ""};
    struct job_desk *desk = exchange->service->desk;
    const char *id = exchange->parameters[0];
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    if ((match != NULL && !condition_read(exchange, "If-Match", "invalid_if_match", match, &wanted)) ||
        (none != NULL && !condition_read(exchange, "If-None-Match", "malformed_request", none, &unwanted))) {
        return HANDLED_REPLY;
    }
    switch (desk->drop(desk, id, exchange, &condition)) {
    case JOB_DROP_ABSENT:
        return reply_absent(exchange);
    case JOB_DROP_FOREIGN:
        reply_foreign(exchange);
        return HANDLED_REPLY;
    case JOB_DROP_FORBIDDEN:
        reply_forbidden(exchange, &condition);
        return HANDLED_REPLY;
    case JOB_DROPPED:
        break;
    }
    exchange_json(exchange, 200);
    exchange_header(exchange, "Cache-Control", "no-store");
    write_view(&exchange->reply, id, "cancelled", -1);
    return HANDLED_REPLY;
}

static const char *event_of(int position)
{
    return position == JOB_AT_DONE ? "done" : position == JOB_AT_FAILED ? "failed" : position == JOB_AT_CANCELLED ? "cancelled" : "progress";
}

void jobs_event_write(struct buffer *out, const char *id, int position)
{
    const char *event = event_of(position);
    const bool is_over = position >= JOB_AT_DONE;
    const int progress = position == JOB_AT_DONE ? THOUSANDTHS : !is_over && position >= JOB_AT_SHARE ? position - JOB_AT_SHARE : -1;
    buffer_text(out, "id: ");
    buffer_integer(out, position);
    buffer_text(out, "\nevent: ");
    buffer_text(out, event);
    buffer_text(out, "\ndata: ");
    write_view(out, id, is_over ? event : position == JOB_AT_WAITING ? "waiting" : "running", progress);
    buffer_text(out, "\n\n");
}

enum handled jobs_follow(struct exchange *exchange)
{
    struct job_desk *desk = exchange->service->desk;
    int64_t seen = 0;
    int position = 0;
    if (!query_read(exchange, &query_nothing, NULL) || !events_last_seen(exchange, JOB_AT_CANCELLED, &seen)) {
        return HANDLED_REPLY;
    }
    if (!desk->follow(desk, exchange->parameters[0], exchange, &position)) {
        return reply_absent(exchange);
    }
    exchange_header(exchange, "Cache-Control", "no-store");
    if (position >= JOB_AT_DONE && seen >= JOB_AT_DONE) { /* the end is known: a browser that is told so comes no more */
        exchange->status = 204;
        return HANDLED_REPLY;
    }
    exchange->stream = STREAM_JOB;
    exchange->follow_after = (uint64_t)(seen < JOB_AT_DONE ? seen : JOB_AT_DONE - 1); /* whatever was seen, the end is told */
    exchange->status = 200;
    exchange->content_type = "text/event-stream";
    exchange_header(exchange, "X-Accel-Buffering", "no");
    return HANDLED_STREAM;
}
