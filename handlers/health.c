/*
 * Probes for whoever runs the service. Neither has side effects, and neither is worth
 * anything out of a cache.
 */
#include "handlers/health.h"

#include <string.h>

#include "handlers/problem.h"
#include "handlers/query.h"
#include "json/write.h"

enum handled health_alive(struct exchange *exchange)
{
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    struct json_writer w;
    exchange_json(exchange, 200);
    exchange_header(exchange, "Cache-Control", "no-store");
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_text(&w, "status", "alive");
    json_object_end(&w);
    json_writer_finish(&w);
    return HANDLED_REPLY;
}

/* Each line of the report as an item of the array faults. */
static void write_faults(struct json_writer *w, const void *context)
{
    const char *at = context;
    json_key(w, "faults");
    json_array_begin(w);
    while (*at != 0) {
        size_t length = strcspn(at, "\n");
        json_text_length(w, at, length);
        at += length;
        at += *at == '\n';
    }
    json_array_end(w);
}

enum handled health_ready(struct exchange *exchange)
{
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    struct buffer faults;
    buffer_init(&faults);
    exchange->service->readiness(exchange->service, &faults);
    if (faults.failed) {
        problem_status(exchange, STATUS_EXHAUSTED);
    } else if (faults.length > 0) {
        problem_members(exchange, "not_ready", write_faults, faults.bytes,
                        "The service cannot do all its work now; faults says why.");
    } else {
        struct json_writer w;
        exchange_json(exchange, 200);
        exchange_header(exchange, "Cache-Control", "no-store");
        json_writer_init(&w, &exchange->reply);
        json_object_begin(&w);
        json_member_text(&w, "status", "ready");
        json_member_text(&w, "version", exchange->service->version);
        json_object_end(&w);
        json_writer_finish(&w);
    }
    buffer_fini(&faults);
    return HANDLED_REPLY;
}
