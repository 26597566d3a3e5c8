/* One snapshot for each handler. Who calls: await.c, tasks.c. */
#include "server/call.h"

#include <string.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/entry.h"
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "server/represent.h"

void call_reset(struct exchange *exchange)
{
    exchange->status = 0;
    exchange->cancelled = CANCELLED_NOT;
    exchange->content_type = NULL;
    exchange->header_count = 0;
    exchange->true_from_ms = exchange->true_until_ms = 0;
    buffer_reset(&exchange->reply);
}

/* Whatever is read has a tag, unless nobody may keep it. */
static void tag_read(struct exchange *exchange)
{
    const char *cache_control = exchange_header_added(exchange, "Cache-Control");
    if (exchange->method == METHOD_GET && exchange->status == 200 && exchange_header_added(exchange, "ETag") == NULL &&
        (cache_control == NULL || strcmp(cache_control, "no-store") != 0)) {
        tag_reply(exchange, TAG_NO_VERSION);
    }
}

enum handled call_handler(struct exchange *exchange, struct db *db, struct call_report *report)
{
    *report = (struct call_report){false, 0};
    exchange->db = db;
    if (exchange->route->is_bare) {
        exchange->db = NULL;
        enum handled bare = exchange->route->handler(exchange);
        tag_read(exchange);
        return bare;
    }
    enum status status = db_read_begin(db);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    const int64_t from_us = clock_steady_us();
    enum handled handled = HANDLED_REPLY;
    status = db_entry_last(db, &exchange->seq);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    } else {
        handled = exchange->route->handler(exchange);
        const bool is_stranger = exchange->service->is_private && !exchange->has_token; /* who is told whether the service is ready, and no more */
        report->shows_state = exchange->route->class != CLASS_WRITE && !is_stranger;
        represent_rows(exchange);
    }
    db_read_end(db);
    report->read_us = clock_steady_us() - from_us;
    if (handled == HANDLED_REPLY) {
        tag_read(exchange);
    }
    return handled;
}
