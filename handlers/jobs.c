/*
 * /jobs/{id}. What a job is and how long it is kept: server/tasks.c.
 */
#include "handlers/jobs.h"

#include "handlers/problem.h"
#include "handlers/query.h"
#include "json/write.h"

static void write_view(struct exchange *exchange, const char *id, const char *state, int progress)
{
    struct json_writer w;
    const char *href = arena_format(exchange->arena, "/jobs/%s", id);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_text(&w, "id", id);
    json_member_text(&w, "href", href);
    json_member_text(&w, "state", state);
    json_key(&w, "progress");
    if (progress < 0) {
        json_value_null(&w);
    } else {
        json_double(&w, progress / 1000.0);
    }
    json_object_end(&w);
    json_writer_finish(&w);
}

static void reply_unfinished(struct exchange *exchange, const struct job_view *view)
{
    exchange_json(exchange, 202);
    exchange_header(exchange, "Retry-After", "1");
    exchange_header(exchange, "Cache-Control", "no-store");
    write_view(exchange, view->id, view->is_running ? "running" : "waiting", view->progress);
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

enum handled jobs_delete(struct exchange *exchange)
{
    struct job_desk *desk = exchange->service->desk;
    const char *id = exchange->parameters[0];
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    if (!desk->drop(desk, id)) {
        return reply_absent(exchange);
    }
    exchange_json(exchange, 200);
    exchange_header(exchange, "Cache-Control", "no-store");
    write_view(exchange, id, "cancelled", -1);
    return HANDLED_REPLY;
}
