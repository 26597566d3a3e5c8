/*
 * The pipeline from a complete header to a filled reply, and the two places where a
 * request waits: the sequencer and the job pool. Called by bridge.c; what is sent
 * afterwards: reply.c.
 */
#include "server/dispatch.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "handlers/access.h"
#include "handlers/callers.h"
#include "handlers/language.h"
#include "handlers/problem.h"
#include "rules/block.h"
#include "server/wire/client.h"
#include "server/config/config.h"
#include "server/content_digest.h"
#include "server/wire/lane.h"
#include "server/lookup.h"
#include "server/media.h"
#include "server/reply.h"
#include "server/represent.h"
#include "server/request.h"
#include "server/server.h"
#include "server/target.h"

static const char *request_header(const struct exchange *exchange, const char *name)
{
    struct request *request = exchange->server;
    const struct framing *framing = &request->framing;
    const char *first = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    const bool is_list = first != NULL && (first == framing->if_match || first == framing->if_none_match || first == framing->content_digest);
    return is_list ? represent_list(request, name, first) : first;
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

/* Where the target is absolute, its authority is the host, and Host says nothing (RFC 9112, 3.2.2), and it says what scheme is asked
 * for. What is https must not be answered in the clear (RFC 9110, 7.4), nor do we pass http off as what came over TLS; but for a
 * trusted gateway, which is who may come by a unix socket. */
static void read_front(struct request *request)
{
    struct framing *framing = &request->framing;
    struct target_front front;
    const bool is_secure = request->client->wire != NULL;
    request->is_https = is_secure;
    if (framing->fault.code != NULL || !target_read_front(&front, request->target)) {
        return;
    }
    request->is_https = front.is_https;
    if (!framing_set_host(framing, front.authority, front.length)) {
        framing->fault = (struct guard_fault){
            "malformed_request", "An absolute request target names its host as host or host:port, and no user."};
    } else if (front.is_https != is_secure && strcmp(request->client->address, "unix") != 0) {
        framing->fault = (struct guard_fault){
            "misdirected", is_secure ? "The request target says http, and this connection is TLS: it must say https."
                                     : "The request target says https, and this connection is not TLS: it must say http."};
    }
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
        char *url = arena_format(&request->arena, "%s://%s", request->is_https ? "https" : "http", request->framing.host);
        exchange->base_url = url != NULL ? url : exchange->base_url;
    }
}

/* What the fast path needs: a plain read that the lane's cache may know. */
static bool find_cached(struct request *request, const char *method)
{
    struct framing *framing = &request->framing;
    struct server *server = request->server;
    bool is_head = strcmp(method, "HEAD") == 0;
    if (framing->fault.code != NULL || framing->has_body || framing->has_repeats || framing->authorization != NULL || framing->if_match != NULL ||
        framing->content_digest != NULL ||
        request->client->is_guest || (!is_head && strcmp(method, "GET") != 0) || server->service.is_private ||
        server->config->rate_limit > 0 || reply_is_for_a_page(request) ||
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

/* What a body may be sent as. */
static const char *media_phrase(const struct route *route)
{
    if (route->takes_jose) {
        return route->takes_csv ? "application/json, application/jose or text/csv" : "application/json or application/jose";
    }
    return route->takes_csv ? "application/json or text/csv" : "application/json";
}

static const char *media_list(const struct route *route)
{
    if (route->takes_jose) {
        return route->takes_csv ? "application/json, application/jose, text/csv" : "application/json, application/jose";
    }
    return route->takes_csv ? "application/json, text/csv" : "application/json";
}

static void check_media(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    struct framing *framing = &request->framing;
    if (!framing->has_body) {
        return;
    }
    enum media media = media_read(framing->content_type);
    const struct route *route = exchange->route;
    bool is_taken = ((media != MEDIA_CSV && media != MEDIA_HEADLESS) || route->takes_csv) && (media != MEDIA_JOSE || route->takes_jose);
    if (framing->content_encoding != NULL && strcasecmp(framing->content_encoding, "identity") != 0) {
        REQUEST_REFUSE(request, "unsupported_media_type", "The body must come without Content-Encoding.");
        exchange_header(exchange, "Accept-Encoding", "identity");
    } else if (media == MEDIA_OTHER || !is_taken) {
        REQUEST_REFUSE(request, "unsupported_media_type", "Content-Type must be %s.", media_phrase(route));
        exchange_header(exchange, "Accept", media_list(route));
    } else if (media == MEDIA_CHARSET) {
        REQUEST_REFUSE(request, "unsupported_media_type", "The body must be UTF-8.");
        exchange_header(exchange, "Accept", media_list(route));
    } else if (media == MEDIA_HEADLESS) {
        REQUEST_REFUSE(request, "unsupported_media_type", "A table must come with its header line, which names its columns: without header=absent.");
        exchange_header(exchange, "Accept", media_list(route));
    }
    exchange->is_csv = media == MEDIA_CSV;
    exchange->is_jose = media == MEDIA_JOSE;
}

/* Whether the Idempotency-Key can be judged by the header alone: a command that comes signed has it in its payload. */
static bool is_key_due(const struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    enum media media = media_read(request->framing.content_type);
    if (exchange->route->class != CLASS_WRITE) {
        return false;
    }
    if (request_header(exchange, "Idempotency-Key") != NULL) {
        return true;
    }
    bool may_be_signed = exchange->route->takes_jose && (media == MEDIA_JSON || media == MEDIA_JOSE);
    return exchange->method == METHOD_POST && !may_be_signed;
}

/* Whoever watches the service always gets an answer. */
static bool is_probe(const struct exchange *exchange)
{
    return strcmp(exchange->path, "/healthz") == 0 || strcmp(exchange->path, "/readyz") == 0;
}

/* What a guest may ask: with all connections taken it has to be seen that they are. */
static bool is_for_guests(const struct exchange *exchange)
{
    return is_probe(exchange) || strcmp(exchange->path, "/metrics") == 0;
}

/* A caller who has used up its requests waits. Probes do not count, since whoever watches the service needs them, nor does what a
 * browser asks of itself before it sends: refused, it would keep the page from seeing any answer, a 429 as well (Fetch standard,
 * CORS-preflight fetch). That costs no more than to be refused, and how many connections there may be is bounded elsewhere (client.h). */
static void check_limit(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const int64_t quota = request->server->config->rate_limit;
    uint8_t network[CALLERS_NETWORK_BYTES];
    if (quota == 0 || is_probe(exchange) || request->is_preflight) {
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
    read_front(request);
    request->coding = negotiate_coding(framing->accept_encoding);
    exchange->is_chinese = language_wanted(framing->accept_language) == LANGUAGE_CHINESE;
    framing_trace(framing->traceparent, &request->trace);
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
    if (request->client->is_guest && !is_for_guests(exchange) && !request->is_preflight) {
        REQUEST_REFUSE(request, "busy", "There are more connections than the service takes, from this address or in all; try again in a "
                                        "moment.");
        request->must_close = true;
        return;
    }
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
    if (!request->is_refused && is_key_due(request)) {
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

enum await_next dispatch_run(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    if (request->is_refused) {
        return AWAIT_NOTHING;
    }
    if (request->body.failed) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return AWAIT_NOTHING;
    }
    exchange->body = request->body.bytes != NULL ? request->body.bytes : "";
    exchange->body_length = request->body.length;
    if (!content_digest_check(exchange)) {
        return AWAIT_NOTHING;
    }
    return await_run(request);
}
