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
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "json/write.h"
#include "rules/block.h"
#include "server/client.h"
#include "server/config.h"
#include "server/cors.h"
#include "server/lane.h"
#include "server/media.h"
#include "server/reply.h"
#include "server/represent.h"
#include "server/request.h"
#include "server/route.h"
#include "server/server.h"
#include "server/target.h"

/* What a method token is to us. */
enum token {
    TOKEN_KNOWN,   /* one of enum method, or HEAD */
    TOKEN_OPTIONS,
    TOKEN_UNUSED,  /* standard, but no route has it: 405 */
    TOKEN_UNKNOWN  /* 501 */
};

#define REFUSE(REQUEST, ...)                              \
    do {                                                  \
        problem_reply(&(REQUEST)->exchange, __VA_ARGS__); \
        (REQUEST)->is_refused = true;                     \
    } while (0)

static enum token read_method(const char *text, enum method *method, bool *is_head)
{
    static const struct {
        const char *text;
        enum method method;
    } known[] = {{"GET", METHOD_GET}, {"HEAD", METHOD_GET}, {"POST", METHOD_POST}, {"PUT", METHOD_PUT},
                 {"DELETE", METHOD_DELETE}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(text, known[i].text) == 0) {
            *method = known[i].method;
            *is_head = text[0] == 'H';
            return TOKEN_KNOWN;
        }
    }
    if (strcmp(text, "OPTIONS") == 0) {
        return TOKEN_OPTIONS;
    }
    return strcmp(text, "PATCH") == 0 || strcmp(text, "TRACE") == 0 ? TOKEN_UNUSED : TOKEN_UNKNOWN;
}

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
    if (atomic_load_explicit(&request->server->is_cancelling, memory_order_relaxed)) {
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
    if (request->framing.host != NULL && request->framing.code == NULL) {
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
    if (framing->code != NULL || framing->has_body || framing->has_repeats || framing->authorization != NULL ||
        (!is_head && strcmp(method, "GET") != 0) || server->service.is_private || reply_is_for_a_page(request) ||
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

/* "GET, HEAD, OPTIONS", in the arena. */
static const char *allow_of(struct request *request, unsigned methods)
{
    struct buffer allow;
    buffer_init(&allow);
    route_allow(methods, &allow);
    const char *text = allow.failed ? NULL : arena_text(&request->arena, allow.bytes);
    buffer_fini(&allow);
    return text != NULL ? text : "OPTIONS";
}

/* A browser asks before it sends for a page of another origin what is more than plain. */
static void allow_page(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const char *allowed = cors_allowed(request->server->config->cors_origins, request->framing.origin);
    if (request->framing.origin != NULL && allowed != NULL &&
        request_header(exchange, "Access-Control-Request-Method") != NULL) {
        exchange_header(exchange, "Access-Control-Allow-Methods", exchange_header_added(exchange, "Allow"));
        exchange_header(exchange, "Access-Control-Allow-Headers", CORS_ACCEPTED);
        exchange_header(exchange, "Access-Control-Max-Age", CORS_MAX_AGE);
    }
}

/* OPTIONS is answered here; it counts as a refusal, since no handler runs. */
static void reply_options(struct request *request, unsigned methods)
{
    request->exchange.status = 204;
    request->is_refused = true;
    exchange_header(&request->exchange, "Allow", allow_of(request, methods));
    allow_page(request);
}

static void refuse_absent(struct request *request, const struct target *target)
{
    const struct service *service = &request->server->service;
    const char *near = route_nearest(service->routes, service->route_count, target);
    size_t length = strlen(target->path);
    if (length > 1 && target->path[length - 1] == '/') {
        REFUSE(request, "not_found", "There is nothing here; paths do not end in a slash.");
    } else if (near != NULL) {
        problem_nearest(&request->exchange, near, "There is nothing here; the nearest path is %s.", near);
        request->is_refused = true;
    } else {
        REFUSE(request, "not_found", "There is nothing here; /openapi.json lists every path.");
    }
}

/* The methods in Allow's form as an array. */
static void write_methods(struct json_writer *w, const void *context)
{
    const char *at = context;
    json_key(w, "methods");
    json_array_begin(w);
    while (*at != 0) {
        size_t length = strcspn(at, ",");
        json_text_length(w, at, length);
        at += length;
        at += strspn(at, ", ");
    }
    json_array_end(w);
}

static void refuse_method(struct request *request, const char *method, unsigned methods)
{
    struct exchange *exchange = &request->exchange;
    const char *allowed = allow_of(request, methods);
    problem_members(exchange, "method_not_allowed", write_methods, allowed, "There is no %s here; this path takes %s.", method,
                    allowed);
    exchange_header(exchange, "Allow", allowed);
    request->is_refused = true;
}

/* What stands where the path has an id is none, so nothing can be meant by it. */
static void refuse_malformed(struct request *request, const struct route_found *found)
{
    struct exchange *exchange = &request->exchange;
    struct faults faults;
    request->is_refused = true;
    faults_init(&faults, &request->arena);
    const char *name = arena_copy(&request->arena, found->malformed_name, found->malformed_name_length);
    if (name == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return;
    }
    size_t length = strlen(found->malformed);
    const char *quoted = faults_quote(&faults, found->malformed, length);
    const char *wanted = strcmp(name, "seq") == 0
        ? "the number of an entry is wanted, as in /ledger/entries/8"
        : "an id has 1 to 64 letters (A to Z, a to z), digits, dots, underscores and hyphens, not . or .. alone";
    if (length > LIMIT_ID_BYTES) {
        faults_add_parameter(&faults, name, "too_long", "%s in the path is %s with its %zu bytes; %s", name, quoted, length,
                             wanted);
    } else {
        faults_add_parameter(&faults, name, "bad_format", "%s in the path is %s; %s", name, quoted, wanted);
    }
    problem_faults(exchange, "malformed_id", &faults, "%s.", faults.count > 0 ? faults.items[0].detail : wanted);
}

/* Target and route table: 400, 404, 405, OPTIONS. */
static void find_route(struct request *request, const char *method, enum token token)
{
    struct exchange *exchange = &request->exchange;
    const struct service *service = &request->server->service;
    struct target *target = arena_alloc(&request->arena, sizeof *target);
    if (target == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        request->is_refused = true;
        return;
    }
    const char *fault = target_parse(target, request->target, &request->arena);
    if (fault != NULL) {
        REFUSE(request, "malformed_request", "%s", fault);
        return;
    }
    exchange->path = target->path;
    if (target->is_asterisk && token == TOKEN_OPTIONS) {
        reply_options(request, route_methods(service->routes, service->route_count));
        return;
    }
    struct route_found found;
    route_find(service->routes, service->route_count, target, exchange->method, &found);
    if (found.path == NULL) {
        refuse_absent(request, target);
        return;
    }
    request->route = found.path;
    if (token == TOKEN_OPTIONS) {
        reply_options(request, found.methods);
        return;
    }
    if (token == TOKEN_UNUSED || found.route == NULL) {
        refuse_method(request, method, found.methods);
        return;
    }
    if (found.malformed != NULL) {
        refuse_malformed(request, &found);
        return;
    }
    exchange->route = found.route;
    request->route = found.route;
    memcpy(exchange->parameters, found.parameters, sizeof exchange->parameters);
    exchange->parameter_count = found.parameter_count;
    memcpy(exchange->query, target->query, sizeof exchange->query);
    exchange->query_count = target->query_count;
}

static void refuse_too_large(struct request *request)
{
    size_t limit = request->exchange.route->body_bytes_max;
    if (limit == 0) {
        REFUSE(request, "payload_too_large", "This request takes no body.");
    } else {
        REFUSE(request, "payload_too_large", "The body may have at most %zu bytes.", limit);
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
        REFUSE(request, "unsupported_media_type", "The body must come without Content-Encoding.");
        exchange_header(exchange, "Accept-Encoding", "identity");
    } else if (media == MEDIA_OTHER || (media == MEDIA_CSV && !takes_csv)) {
        REFUSE(request, "unsupported_media_type", "Content-Type must be %s.",
               takes_csv ? "application/json or text/csv" : "application/json");
        exchange_header(exchange, "Accept", accept);
    } else if (media == MEDIA_CHARSET) {
        REFUSE(request, "unsupported_media_type", "The body must be UTF-8.");
        exchange_header(exchange, "Accept", accept);
    }
    exchange->is_csv = media == MEDIA_CSV;
}

static void refuse_framing(struct request *request)
{
    REFUSE(request, request->framing.code, "%s", request->framing.detail);
    request->must_close = true;
}

void dispatch_head(struct request *request, const char *method, const char *version)
{
    struct exchange *exchange = &request->exchange;
    struct framing *framing = &request->framing;
    framing_check(framing, request->connection, method, request->target_at, request->target_length, version);
    request->coding = negotiate_coding(framing->accept_encoding);
    framing_trace(framing->traceparent, request->trace);
    request->hangup.may_ask = strcmp(version, "HTTP/1.1") == 0;
    if (find_cached(request, method)) {
        return;
    }
    prepare(request);
    if (framing->code != NULL) {
        refuse_framing(request);
        return;
    }
    enum token token = read_method(method, &exchange->method, &exchange->is_head);
    if (token == TOKEN_UNKNOWN) {
        REFUSE(request, "not_implemented", "The methods understood are GET, HEAD, POST, PUT, DELETE and OPTIONS, "
                                          "in capitals.");
        return;
    }
    find_route(request, method, token);
    if (request->is_refused) {
        return;
    }
    if (framing->length > exchange->route->body_bytes_max ||
        (framing->is_chunked && exchange->route->body_bytes_max == 0)) {
        refuse_too_large(request);
        return;
    }
    request->is_refused = !access_check(exchange) || !represent_choose(request);
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
        REFUSE(request, "busy", "The bodies of other requests fill the room there is; send this one again shortly.");
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
    MHD_resume_connection(request->connection);
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
    if (!request_is_cancelled(exchange) || exchange->cancelled != CANCELLED_GONE) { /* it may have left the queue alone */
        handled = call_handler(request, db);
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
