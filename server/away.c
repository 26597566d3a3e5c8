/*
 * Long reads beside the loops. Who calls: await.c.
 */
#include "server/away.h"

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "db/db.h"
#include "handlers/problem.h"
#include "server/call.h"
#include "server/config/config.h"
#include "server/jobs.h"
#include "server/request.h"
#include "server/server.h"
#include "server/suspend.h"
#include "server/wire/lane.h"
#include "server/wire/patience.h"
#include "server/wire/turn.h"

/* Reads of the database that are over with their answer. Analyses have the pool of jobs, and streams are the loop's; so is what whoever
 * watches asks, since the pool may be full. */
static bool may_leave(const struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    const struct route *route = exchange->route;
    return route->class == CLASS_READ && exchange->method == METHOD_GET && !route->is_bare && !route->is_async && !route->is_watch &&
           (exchange->wanted & (GIVES_EVENTS | GIVES_LINES)) == 0 && !request->must_stay;
}

/* The route and the names in the query, not their values: what a filter costs shows by its being there. FNV-1a, and the high bits
 * folded into the low ones, by which places are chosen. */
static uint64_t shape_of(const struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i <= exchange->query_count; i++) {
        const char *text = i == 0 ? exchange->route->path : exchange->query[i - 1].name;
        for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
            hash = (hash ^ *at) * 1099511628211u;
        }
        hash = (hash ^ 0x100) * 1099511628211u;
    }
    return hash ^ hash >> 32;
}

bool away_is_known(const struct request *request)
{
    return may_leave(request) && patience_knows(lane_patience(request->lane), shape_of(request), clock_steady_us());
}

void away_begin(struct request *request)
{
    if (may_leave(request)) {
        patience_begin(lane_patience(request->lane), clock_steady_us());
    }
}

bool away_is_due(struct request *request)
{
    struct patience *patience = lane_patience(request->lane);
    if (!patience_end(patience)) {
        return false;
    }
    patience_learn(patience, shape_of(request), PATIENCE_US, clock_steady_us());
    return true;
}

static bool may_go_on(void *context)
{
    struct exchange *exchange = context;
    return !exchange->is_cancelled(exchange);
}

/* What became of a read that did not come to its end. One whose client is gone gets no reply. */
static void reply_given_up(struct exchange *exchange, enum cancelled cancelled)
{
    call_reset(exchange);
    exchange->cancelled = cancelled == CANCELLED_GONE ? CANCELLED_GONE : CANCELLED_NOT;
    if (cancelled == CANCELLED_LATE) {
        problem_reply(exchange, "busy", "This read was given up after %lld s, the longest that one may take here. Ask for less, or with a "
                                        "filter that leaves less.", (long long)exchange->job_seconds);
        exchange_header_replace(exchange, "Retry-After", "30");
    } else if (cancelled == CANCELLED_STOPPING) {
        problem_reply(exchange, "stopping", "The service is stopping; the read was given up.");
    }
}

/* On a thread of the pool. */
static void away_run(struct job *job, struct db *db, struct node *node)
{
    struct request *request = job->context;
    struct exchange *exchange = &request->exchange;
    struct call_report report = {false, 0};
    call_reset(exchange);
    request->begun_us = clock_steady_us();
    exchange->job_seconds = request->server->config->job_seconds;
    request->job_until_us = request->begun_us + exchange->job_seconds * 1000000;
    if (turn_is_over(lane_turn(request->lane), request->begun_us - request->asked_us)) {
        suspend_wake(request); /* as one that found the queue full */
        return;
    }
    request->is_job_done = true;
    exchange->is_job = true;
    exchange->node = node;
    enum handled handled = HANDLED_REPLY;
    if (!exchange->is_cancelled(exchange)) { /* while it waited, its client may have left or the service been told to stop */
        db_watch(db, may_go_on, exchange);
        handled = call_handler(exchange, db, &report);
        db_watch(db, NULL, NULL);
    }
    request->shows_state = report.shows_state;
    request->must_stay = handled != HANDLED_REPLY;
    exchange->is_job = false;
    exchange->db = NULL;
    exchange->node = NULL;
    if (request->must_stay) {
        call_reset(exchange);
    } else if (exchange->cancelled != CANCELLED_NOT) {
        request->shows_state = false;
        reply_given_up(exchange, exchange->cancelled);
    }
    suspend_wake(request);
}

void away_send(struct request *request)
{
    struct patience *patience = lane_patience(request->lane);
    atomic_fetch_add_explicit(&patience->moved, 1, memory_order_relaxed);
    call_reset(&request->exchange);
    request->shows_state = false;
    request->wait = WAIT_AWAY;
    request->is_job_done = false;
    request->job = (struct job){.run = away_run, .context = request, .kind = JOB_STORED, .owner = request_owner(request)};
    suspend_begin(request);
    if (jobs_submit(request->server->readers, &request->job) != STATUS_OK) {
        turn_refuse(lane_turn(request->lane));
        suspend_wake(request);
    }
}

bool away_return(struct request *request)
{
    if (!request->is_job_done) {
        problem_reply(&request->exchange, "busy", "More reads wait than the service can answer; send this one again shortly.");
        return true;
    }
    if (request->shows_state) {
        patience_learn(lane_patience(request->lane), shape_of(request), request->answered_us - request->begun_us, clock_steady_us());
    }
    return !request->must_stay;
}
