/*
 * The handler's run and the places where a request waits: for its turn, for the sequencer, the job pool, or a check. The
 * connection is suspended meanwhile; whoever was waited for wakes it, and its loop goes on here.
 */
#include "server/await.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/entry.h"
#include "handlers/problem.h"
#include "handlers/ledger/proof.h"
#include "handlers/prefer.h"
#include "ledger/signer.h"
#include "server/away.h"
#include "server/call.h"
#include "server/config/config.h"
#include "server/wire/lane.h"
#include "server/metrics.h"
#include "server/represent.h"
#include "server/request.h"
#include "server/server.h"
#include "server/store/store.h"
#include "server/suspend.h"
#include "server/tasks.h"
#include "server/wire/turn.h"

/* Runs the handler inside a read transaction of db. */
static enum handled run_with(struct request *request, struct db *db)
{
    struct call_report report;
    enum handled handled = call_handler(&request->exchange, db, &report);
    request->shows_state = report.shows_state;
    request->read_us = report.read_us;
    if (!request->exchange.is_job && !request->exchange.route->is_bare) {
        turn_spend(lane_turn(request->lane), request->read_us);
    }
    return handled;
}

/* On the writer's thread. */
static void command_done(struct pending *pending)
{
    struct request *request = pending->context;
    switch ((enum command_hold)atomic_exchange(&request->hold, HOLD_DONE)) {
    case HOLD_WAITING:
        suspend_wake(request);
        return;
    case HOLD_LATE: /* the loop gives it back */
        return;
    case HOLD_LEFT:
        request_settle(request);
        request_free(request);
        return;
    case HOLD_NONE:
    case HOLD_DONE:
        break;
    }
    abort();
}

bool await_take_late(struct request *request, int64_t now_us)
{
    int waiting = HOLD_WAITING;
    request->is_late = now_us - request->asked_us > request->server->config->commit_timeout_s * 1000000 &&
                       atomic_compare_exchange_strong(&request->hold, &waiting, HOLD_LATE);
    if (request->is_late) {
        atomic_fetch_add(&request->server->commits_late, 1);
    }
    return request->is_late;
}

bool await_end(struct request *request)
{
    if (request->wait != WAIT_COMMAND) {
        return true;
    }
    lane_waited(request->lane, request);
    int late = HOLD_LATE;
    return !atomic_compare_exchange_strong(&request->hold, &late, HOLD_LEFT);
}

/* The connection is suspended already, since the answer may come before this returns. */
static void submit_command(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    answer_init(&exchange->answer);
    request->wait = WAIT_COMMAND;
    request->pending = (struct pending){.command = &exchange->command,
                                        .answer = &exchange->answer,
                                        .done = command_done,
                                        .context = request,
                                        .delivery = DELIVERY_FAULT};
    atomic_store(&request->hold, HOLD_WAITING);
    lane_wait(request->lane, request);
    enum status status = sequencer_submit(request->server->sequencer, &request->pending);
    if (status != STATUS_OK) {
        request->pending.status = status;
        command_done(&request->pending);
    }
}

static void job_run(struct job *job, struct db *db, struct node *node)
{
    struct request *request = job->context;
    struct exchange *exchange = &request->exchange;
    call_reset(exchange);
    exchange->is_job = true;
    exchange->node = node;
    request->is_job_done = true;
    request->begun_us = clock_steady_us();
    exchange->job_seconds = request->server->config->job_seconds;
    request->job_until_us = request->begun_us + exchange->job_seconds * 1000000;
    enum handled handled = HANDLED_REPLY;
    if (!exchange->is_cancelled(exchange)) { /* while it waited, its client may have left or the service been told to stop */
        handled = run_with(request, db);
    } else if (exchange->cancelled == CANCELLED_STOPPING) {
        problem_reply(exchange, "stopping", "The service is stopping; the computation was given up.");
    }
    assert(handled != HANDLED_JOB);
    metrics_count_job(request->server->metrics, job->kind, clock_steady_us() - request->begun_us);
    exchange->db = NULL;
    exchange->node = NULL;
    if (handled == HANDLED_COMMAND) {
        submit_command(request);
    } else {
        suspend_wake(request);
    }
}

static void submit_job(struct request *request)
{
    request->wait = WAIT_JOB;
    request->is_job_done = false;
    enum job_kind kind = request->exchange.route->class == CLASS_JOB ? JOB_SENT : JOB_STORED;
    request->job = (struct job){.run = job_run, .context = request, .kind = kind, .owner = request_owner(request)};
    if (jobs_submit(request->server->jobs, &request->job) != STATUS_OK) {
        suspend_wake(request);
    }
}

/* A computation that can go on without the request, as Prefer wishes. */
static enum await_next start_task(struct request *request)
{
    struct prefer prefer;
    const struct config *config = request->server->config;
    struct task *task = tasks_create(request->server->tasks, request);
    prefer_read(represent_list(request, "Prefer", request->framing.prefer), &prefer);
    if (task == NULL) {
        problem_status(&request->exchange, STATUS_EXHAUSTED);
        return AWAIT_NOTHING;
    }
    const bool is_wished = prefer.has_async && !request->exchange.is_head;
    if (is_wished && prefer.wait_s == 0 && tasks_submit_job(task, request)) {
        return AWAIT_NOTHING;
    }
    int64_t wait_s = is_wished && prefer.has_wait && prefer.wait_s < config->async_after_s ? prefer.wait_s : config->async_after_s;
    request->wait = WAIT_JOB;
    request->is_job_done = false;
    suspend_begin(request);
    if (tasks_submit(task, request, request->asked_us + wait_s * 1000000, is_wished) != STATUS_OK) {
        suspend_wake(request);
    }
    return AWAIT_WAKE;
}

static void check_done(struct verifier_waiter *waiter)
{
    suspend_wake(waiter->context);
}

static void wait_for_check(struct request *request)
{
    request->wait = WAIT_CHECK;
    request->waiter = (struct verifier_waiter){.done = check_done, .context = request};
    verifier_wait(request->server->service.verifier, &request->waiter);
}

static enum await_next run_handler(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    if (away_is_known(request)) {
        away_send(request);
        return AWAIT_WAKE;
    }
    away_begin(request);
    enum handled handled = run_with(request, lane_db(request->lane));
    exchange->db = NULL;
    if (away_is_due(request)) {
        away_send(request);
        return AWAIT_WAKE;
    }
    request->is_stream = handled == HANDLED_STREAM;
    if (handled == HANDLED_REPLY || handled == HANDLED_STREAM) {
        return AWAIT_NOTHING;
    }
    if (handled == HANDLED_JOB && exchange->route->is_async) {
        return start_task(request);
    }
    suspend_begin(request);
    if (handled == HANDLED_COMMAND) {
        submit_command(request);
    } else if (handled == HANDLED_WAIT) {
        wait_for_check(request);
    } else {
        submit_job(request);
    }
    return AWAIT_WAKE;
}

/* Reads that have had their share of this turn let the others pass, and whoever watches. */
static bool is_to_wait(const struct request *request)
{
    const struct route *route = request->exchange.route;
    struct turn *turn = lane_turn(request->lane);
    return route->class == CLASS_READ && !route->is_bare && turn_is_spent(turn) && !away_is_known(request) &&
           !(route->is_watch && turn_let_by(turn));
}

enum await_next await_run(struct request *request)
{
    if (!is_to_wait(request)) {
        return run_handler(request);
    }
    turn_put_off(lane_turn(request->lane), request);
    request->wait = WAIT_READ;
    suspend_begin(request);
    return AWAIT_WAKE;
}

bool await_turn(struct lane *lane)
{
    struct turn *turn = lane_turn(lane);
    turn_begin(turn);
    for (int i = 0; i < TURN_TAKEN_MAX && turn->first != NULL; i++) {
        suspend_wake(turn_take(turn));
    }
    return turn->first != NULL;
}

/* What Prefer asks for beside the answer, read from a state that has the change. */
static void add_proof(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const char *prefer = represent_list(request, "Prefer", request->framing.prefer);
    struct db *db = lane_db(request->lane);
    if (prefer == NULL || db_read_begin(db) != STATUS_OK) {
        return;
    }
    exchange->db = db;
    if (db_entry_last(db, &exchange->seq) == STATUS_OK) {
        proof_add_to_receipt(exchange, prefer);
    }
    exchange->db = NULL;
    db_read_end(db);
}

/* The commit takes longer than anybody should wait. The command goes on, and its memory is the writer's: nothing of it is touched. */
static void reply_late(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    call_reset(exchange);
    request->shows_state = false;
    if (sequencer_is_behind(request->server->sequencer, &request->pending)) {
        problem_reply(exchange, "idempotency_in_progress", "An earlier request with this Idempotency-Key still waits for its commit. Send this "
                                                           "one again: it gets the first one's answer.");
    } else {
        problem_reply(exchange, "outcome_unknown", "The commit takes longer than it should, and goes on: the change may or may not be kept. Send "
                                                   "it again with the same Idempotency-Key.");
    }
    exchange_header_replace(exchange, "Retry-After", "5");
}

static void take_delivery(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    call_reset(exchange);
    request->shows_state = false;
    switch (request->pending.delivery) {
    case DELIVERY_ANSWERED:
        exchange_answer(exchange);
        add_proof(request);
        return;
    case DELIVERY_FAULT:
        if (request->pending.status == STATUS_IO && sequencer_is_failed(request->server->sequencer)) {
            bool has_key = signer_fault(store_signer(request->server->store)) == SIGNER_SOUND;
            bool is_commit = !sequencer_has_lost_disk(request->server->sequencer);
            problem_reply(exchange, "not_ready",
                          !has_key    ? "The node's key signs no more, so this server takes no more changes until it is started anew."
                          : is_commit ? "A commit failed, so this server takes no more changes until it is started anew."
                                      : "The disk failed, so this server takes no more changes until it is started anew.");
        } else {
            problem_status(exchange, request->pending.status);
        }
        return;
    case DELIVERY_UNKNOWN:
        problem_reply(exchange, "outcome_unknown",
                      "The commit failed: the change may or may not have been kept. Send it again with the same "
                      "Idempotency-Key.");
        return;
    }
}

enum await_next await_resume(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    exchange->node = lane_node(request->lane);
    switch (request->wait) {
    case WAIT_NOTHING:
        break;
    case WAIT_READ:
        if (!turn_is_over(lane_turn(request->lane), clock_steady_us() - request->asked_us)) {
            return run_handler(request);
        }
        problem_reply(exchange, "busy", "More reads wait than the service can answer; send this one again shortly.");
        break;
    case WAIT_AWAY:
        if (!away_return(request)) {
            return run_handler(request);
        }
        break;
    case WAIT_COMMAND:
        lane_waited(request->lane, request);
        if (request->is_late) {
            reply_late(request);
        } else {
            take_delivery(request);
        }
        break;
    case WAIT_JOB:
        if (!request->is_job_done) {
            problem_reply(exchange, "busy", "More computations wait than the server takes; try again shortly.");
        }
        break;
    case WAIT_CHECK: {
        exchange->has_waited = true;
        enum handled handled = run_with(request, lane_db(request->lane));
        assert(handled == HANDLED_REPLY);
        exchange->db = NULL;
        break;
    }
    }
    return exchange->cancelled == CANCELLED_GONE ? AWAIT_CLOSE : AWAIT_NOTHING;
}
