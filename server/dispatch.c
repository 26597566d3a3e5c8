/*
 * The pipeline from a complete header to a filled reply, and the two places where a
 * request waits: the sequencer and the job pool. Called by bridge.c; what is sent
 * afterwards: reply.c.
 */
#include "server/dispatch.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/entry.h"
#include "handlers/access.h"
#include "handlers/callers.h"
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "rules/block.h"
#include "server/client.h"
#include "server/config.h"
#include "server/content_digest.h"
#include "server/lane.h"
#include "server/lookup.h"
#include "server/media.h"
#include "server/reply.h"
#include "server/represent.h"
#include "server/request.h"
#include "server/server.h"

static const char *request_header(const struct exchange *exchange, const char *name)
{
    const struct request *request = exchange->server;
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* Why a request need not go on, if so: a computation is bounded in time, and ends where nobody waits for it. */
static enum cancelled find_cancelled(struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    if (exchange->cancelled != CANCELLED_NOT) {
        return exchange->cancelled;
    }
    const struct server *server = request->server;
    const bool is_sent = exchange->is_job && request->job.kind == JOB_SENT;
    if (atomic_load_explicit(is_sent ? &server->is_cancelling_sent : &server->is_cancelling, memory_order_relaxed)) {
        return CANCELLED_STOPPING;
    }
    if (!exchange->is_job) {
        return CANCELLED_NOT;
    }
    int64_t now_us = clock_steady_us();
    if (now_us > request->job_until_us) {
        return CANCELLED_LATE;
    }
    return hangup_look(&request->hangup, request->client->fd, now_us) ? CANCELLED_GONE : CANCELLED_NOT;
}

static bool request_is_cancelled(void *context)
{
    struct exchange *exchange = context;
    exchange->cancelled = find_cancelled(exchange->server);
    return exchange->cancelled != CANCELLED_NOT;
}

/* The reply half as it was before any handler ran. */
static void reply_reset(struct exchange *exchange)
{
    exchange->status = 0;
    exchange->cancelled = CANCELLED_NOT;
    exchange->content_type = NULL;
    exchange->header_count = 0;
    buffer_reset(&exchange->reply);
}

static void prepare(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    exchange->target = request->target;
    exchange->path = "/"; /* a problem's instance, until the target is known to be sound */
    exchange->body = "";
    exchange->request_id = request->id;
    exchange->caller = (struct actor){.organisation = "", .role = ROLE_PUBLIC, .subject = ""};
    exchange->scope = "";
    exchange->client = request->client->address;
    exchange->arena = &request->arena;
    exchange->node = lane_node(request->lane);
    exchange->service = &request->server->service;
    exchange->header = request_header;
    exchange->is_cancelled = request_is_cancelled;
    exchange->server = request;
    exchange->base_url = request->server->base_url;
    if (request->framing.host != NULL && request->framing.fault.code == NULL) {
        char *url = arena_format(&request->arena, "%s://%s", request->client->wire != NULL ? "https" : "http",
                                 request->framing.host);
        exchange->base_url = url != NULL ? url : exchange->base_url;
    }
}

/* What the fast path needs: a plain read that the lane's cache may know. */
static bool find_cached(struct request *request, const char *method)
{
    struct framing *framing = &request->framing;
    struct server *server = request->server;
    bool is_head = strcmp(method, "HEAD") == 0;
    if (framing->fault.code != NULL || framing->has_body || framing->has_repeats || framing->authorization != NULL ||
        (!is_head && strcmp(method, "GET") != 0) || server->service.is_private || server->config->rate_limit > 0 || reply_is_for_a_page(request) ||
        atomic_load_explicit(&server->is_stopping, memory_order_relaxed)) {
        return false;
    }
    struct cache_key key = {request->target, framing->accept, framing->host, reply_variant(request), request->coding};
    request->hit = cache_find(lane_cache(request->lane), &key, executor_seq(server->executor));
    if (request->hit != NULL) {
        request->exchange.method = METHOD_GET;
        request->exchange.is_head = is_head;
        request->route = request->hit->route;
    }
    return request->hit != NULL;
}

static void refuse_too_large(struct request *request)
{
    size_t limit = request->exchange.route->body_bytes_max;
    if (limit == 0) {
        REQUEST_REFUSE(request, "payload_too_large", "This request takes no body.");
    } else {
        REQUEST_REFUSE(request, "payload_too_large", "The body may have at most %zu bytes.", limit);
    }
}

static void check_media(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    struct framing *framing = &request->framing;
    if (!framing->has_body) {
        return;
    }
    enum media media = media_read(framing->content_type);
    bool takes_csv = exchange->route->takes_csv;
    const char *accept = takes_csv ? "application/json, text/csv" : "application/json";
    if (framing->content_encoding != NULL && strcasecmp(framing->content_encoding, "identity") != 0) {
        REQUEST_REFUSE(request, "unsupported_media_type", "The body must come without Content-Encoding.");
        exchange_header(exchange, "Accept-Encoding", "identity");
    } else if (media == MEDIA_OTHER || (media == MEDIA_CSV && !takes_csv)) {
        REQUEST_REFUSE(request, "unsupported_media_type", "Content-Type must be %s.",
               takes_csv ? "application/json or text/csv" : "application/json");
        exchange_header(exchange, "Accept", accept);
    } else if (media == MEDIA_CHARSET) {
        REQUEST_REFUSE(request, "unsupported_media_type", "The body must be UTF-8.");
        exchange_header(exchange, "Accept", accept);
    }
    exchange->is_csv = media == MEDIA_CSV;
}

/* A caller who has used up its requests waits; probes do not count, since whoever watches the service needs them. */
static void check_limit(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const int64_t quota = request->server->config->rate_limit;
    uint8_t network[CALLERS_NETWORK_BYTES];
    if (quota == 0 || strcmp(exchange->path, "/healthz") == 0 || strcmp(exchange->path, "/readyz") == 0) {
        return;
    }
    const void *key = network;
    size_t length = sizeof network;
    if (exchange->has_token) {
        key = exchange->caller.subject;
        length = strlen(exchange->caller.subject);
    } else {
        callers_network(request->client->address, network);
    }
    limiter_take(request->server->limiter, key, length, quota, clock_steady_us(), &request->limit);
    if (request->limit.wait_s == 0) {
        return;
    }
    exchange->header_count = 0; /* of another refusal */
    if (exchange->has_token) {
        REQUEST_REFUSE(request, "rate_limited", "A token may send %lld requests in %d seconds, and this one's are used up. Send this "
                       "request again in %lld seconds.", (long long)quota, (int)LIMITER_WINDOW_S, (long long)request->limit.wait_s);
    } else {
        REQUEST_REFUSE(request, "rate_limited", "A network may send %lld requests without a token in %d seconds, and those of yours "
                       "are used up. Send this request again in %lld seconds, or with a token, which has a quota of its own.",
                       (long long)quota, (int)LIMITER_WINDOW_S, (long long)request->limit.wait_s);
    }
    const char *wait = arena_format(&request->arena, "%lld", (long long)request->limit.wait_s);
    exchange_header(exchange, "Retry-After", wait != NULL ? wait : "60");
}

void dispatch_refuse(struct request *request, const struct guard_fault *fault)
{
    REQUEST_REFUSE(request, fault->code, "%s", fault->detail);
    request->must_close = true;
}

void dispatch_head(struct request *request, const char *method, const char *version, const struct guard_fault *fault)
{
    struct exchange *exchange = &request->exchange;
    struct framing *framing = &request->framing;
    framing_check(framing, request->connection, version, fault);
    request->coding = negotiate_coding(framing->accept_encoding);
    framing_trace(framing->traceparent, request->trace);
    request->hangup.may_ask = strcmp(version, "HTTP/1.1") == 0;
    if (find_cached(request, method)) {
        return;
    }
    prepare(request);
    if (framing->fault.code != NULL) {
        dispatch_refuse(request, &framing->fault);
        return;
    }
    lookup_route(request, method);
    if (request->is_refused) {
        check_limit(request);
        return;
    }
    if (framing->length > exchange->route->body_bytes_max ||
        (framing->is_chunked && exchange->route->body_bytes_max == 0)) {
        refuse_too_large(request);
        return;
    }
    request->is_refused = !access_check(exchange);
    check_limit(request);
    request->is_refused = request->is_refused || !represent_choose(request);
    if (!request->is_refused && exchange->route->class == CLASS_WRITE &&
        (exchange->method == METHOD_POST || request_header(exchange, "Idempotency-Key") != NULL)) {
        request->is_refused = access_key(exchange) == NULL;
    }
    if (!request->is_refused) {
        check_media(request);
    }
}

bool dispatch_body(struct request *request, const char *bytes, size_t length)
{
    if (request->is_refused) {
        return true; /* read and forgotten, so that the connection can go on */
    }
    if (request->body.length + length > request->exchange.route->body_bytes_max) {
        refuse_too_large(request);
        return false;
    }
    request->body_counted += length;
    if (atomic_fetch_add(&request->server->body_bytes, length) + length > LIMIT_BODIES_IN_ALL) {
        REQUEST_REFUSE(request, "busy", "The bodies of other requests fill the room there is; send this one again shortly.");
        exchange_header(&request->exchange, "Retry-After", "1");
        return false;
    }
    buffer_append(&request->body, bytes, length);
    return true;
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

/* Runs the handler inside a read transaction of db. */
static enum handled call_handler(struct request *request, struct db *db)
{
    struct exchange *exchange = &request->exchange;
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
    enum handled handled = HANDLED_REPLY;
    status = db_entry_last(db, &exchange->seq);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    } else {
        handled = exchange->route->handler(exchange);
        request->shows_state = exchange->route->class != CLASS_WRITE;
        represent_rows(request);
    }
    db_read_end(db);
    if (handled == HANDLED_REPLY) {
        tag_read(exchange);
    }
    return handled;
}

/* The wait is over; the loop takes the request back, which may be gone afterwards. */
static void wake(struct request *request)
{
    struct server *server = request->server;
    request->answered_us = clock_steady_us();
    const struct lane *lane = request->lane;
    MHD_resume_connection(request->connection);
    lane_wake(lane); /* the library wakes threads of its own alone */
    atomic_fetch_sub(&server->suspended, 1);
}

static void command_done(struct pending *pending)
{
    wake(pending->context);
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
    enum status status = sequencer_submit(request->server->sequencer, &request->pending);
    if (status != STATUS_OK) {
        request->pending.status = status;
        wake(request);
    }
}

static void job_run(struct job *job, struct db *db, struct node *node)
{
    struct request *request = job->context;
    struct exchange *exchange = &request->exchange;
    reply_reset(exchange);
    exchange->is_job = true;
    exchange->node = node;
    request->is_job_done = true;
    request->begun_us = clock_steady_us();
    request->job_until_us = request->begun_us + request->server->config->job_seconds * 1000000;
    enum handled handled = HANDLED_REPLY;
    if (!request_is_cancelled(exchange)) { /* while it waited, its client may have left or the service been told to stop */
        handled = call_handler(request, db);
    } else if (exchange->cancelled == CANCELLED_STOPPING) {
        problem_reply(exchange, "stopping", "The service is stopping; the computation was given up.");
    }
    assert(handled != HANDLED_JOB);
    exchange->db = NULL;
    exchange->node = NULL;
    if (handled == HANDLED_COMMAND) {
        submit_command(request);
    } else {
        wake(request);
    }
}

static void submit_job(struct request *request)
{
    request->wait = WAIT_JOB;
    request->is_job_done = false;
    enum job_kind kind = request->exchange.route->class == CLASS_JOB ? JOB_SENT : JOB_STORED;
    request->job = (struct job){.run = job_run, .context = request, .kind = kind};
    if (jobs_submit(request->server->jobs, &request->job) != STATUS_OK) {
        wake(request);
    }
}

static void check_done(struct verifier_waiter *waiter)
{
    wake(waiter->context);
}

static void wait_for_check(struct request *request)
{
    request->wait = WAIT_CHECK;
    request->waiter = (struct verifier_waiter){.done = check_done, .context = request};
    verifier_wait(request->server->service.verifier, &request->waiter);
}

enum dispatch_next dispatch_run(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    if (request->is_refused) {
        return DISPATCH_REPLY;
    }
    if (request->body.failed) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return DISPATCH_REPLY;
    }
    exchange->body = request->body.bytes != NULL ? request->body.bytes : "";
    exchange->body_length = request->body.length;
    if (!content_digest_check(exchange)) {
        return DISPATCH_REPLY;
    }
    enum handled handled = call_handler(request, lane_db(request->lane));
    exchange->db = NULL;
    request->is_stream = handled == HANDLED_STREAM;
    if (handled == HANDLED_REPLY || handled == HANDLED_STREAM) {
        return DISPATCH_REPLY;
    }
    request->stage = STAGE_WAITING;
    request->asked_us = clock_steady_us();
    atomic_fetch_add(&request->server->suspended, 1);
    MHD_suspend_connection(request->connection);
    if (handled == HANDLED_COMMAND) {
        submit_command(request);
    } else if (handled == HANDLED_WAIT) {
        wait_for_check(request);
    } else {
        submit_job(request);
    }
    return DISPATCH_WAIT;
}

static void take_delivery(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    reply_reset(exchange);
    request->shows_state = false;
    switch (request->pending.delivery) {
    case DELIVERY_ANSWERED:
        exchange_answer(exchange);
        return;
    case DELIVERY_FAULT:
        if (request->pending.status == STATUS_IO && sequencer_is_failed(request->server->sequencer)) {
            problem_reply(exchange, "not_ready",
                          "A commit failed, so this server takes no more changes until it is started anew.");
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

bool dispatch_resume(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    exchange->node = lane_node(request->lane);
    if (request->wait == WAIT_COMMAND) {
        take_delivery(request);
    } else if (request->wait == WAIT_CHECK) {
        exchange->has_waited = true;
        enum handled handled = call_handler(request, lane_db(request->lane));
        assert(handled == HANDLED_REPLY);
        exchange->db = NULL;
    } else if (!request->is_job_done) {
        problem_reply(exchange, "busy", "More computations wait than the server takes; try again shortly.");
    }
    return exchange->cancelled != CANCELLED_GONE;
}
