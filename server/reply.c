/*
 * How a reply leaves. What it says was decided by a handler or by dispatch.c.
 */
#include "server/reply.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "handlers/condition.h"
#include "handlers/language.h"
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "server/wire/client.h"
#include "server/config/config.h"
#include "server/content_digest.h"
#include "server/cors.h"
#include "server/follow.h"
#include "server/wire/lane.h"
#include "server/wire/pour.h"
#include "server/represent.h"
#include "server/request.h"
#include "server/server.h"

/* An entity tag's opaque part at *at, quotes included; *at moves behind it. 0: none. */
static size_t opaque_tag(const char **at, const char **tag)
{
    const char *from = *at;
    if (from[0] == 'W' && from[1] == '/') {
        from += 2;
    }
    if (from[0] != '"') {
        return 0;
    }
    const char *end = strchr(from + 1, '"');
    if (end == NULL) {
        return 0;
    }
    *tag = from;
    *at = end + 1;
    return (size_t)(end + 1 - from);
}

bool reply_etag_matches(const char *if_none_match, const char *etag)
{
    const char *mine = NULL;
    const char *mine_at = etag;
    size_t mine_length = opaque_tag(&mine_at, &mine);
    const char *at = if_none_match + strspn(if_none_match, " \t");
    if (at[0] == '*' && at[1 + strspn(at + 1, " \t")] == 0) {
        return true;
    }
    while (mine_length > 0) {
        const char *tag = NULL;
        at += strspn(at, " \t,");
        size_t length = opaque_tag(&at, &tag);
        if (length == 0) {
            return false;
        }
        if (length == mine_length && memcmp(tag, mine, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_unchanged(struct request *request, int status, const char *etag)
{
    return status == 200 && request->exchange.method == METHOD_GET && etag != NULL && etag[0] != 0 &&
           request->framing.if_none_match != NULL &&
           reply_etag_matches(represent_list(request, "If-None-Match", request->framing.if_none_match), etag);
}

/* If-Match of a read, once it is known what it would be answered (RFC 9110, 13.2.1). False: a problem is the reply. */
static bool meets_condition(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const char *if_match = request->framing.if_match;
    return if_match == NULL || exchange->method != METHOD_GET || exchange->status != 200 ||
           condition_is_met(exchange, represent_list(request, "If-Match", if_match), exchange_header_added(exchange, "ETag"));
}

static bool must_close(const struct request *request)
{
    return request->must_close || atomic_load_explicit(&request->server->is_stopping, memory_order_relaxed) ||
           atomic_load_explicit(&request->client->is_late, memory_order_relaxed) || request->client->is_guest;
}

static const char *cache_control(const struct exchange *exchange)
{
    if (exchange->status >= 400 || exchange->has_token) {
        return "no-store";
    }
    const char *own = exchange_header_added(exchange, "Cache-Control");
    return own != NULL ? own : "no-cache";
}

/* What else the reply depends on, so that a cache gives nobody what was chosen for another one. */
static void add_vary(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    if (route == NULL || (exchange->status >= 400 && exchange->status != 406) ||
        exchange_header_added(exchange, "Vary") != NULL) {
        return;
    }
    static const char *const values[] = {NULL, "Accept", "Authorization", "Accept, Authorization", "Accept-Encoding",
                                         "Accept, Accept-Encoding", "Authorization, Accept-Encoding",
                                         "Accept, Authorization, Accept-Encoding"};
    bool has_choice = exchange->status == 406 || (route->gives & (route->gives - 1)) != 0;
    bool is_personal = route->is_personal && exchange->status < 400;
    bool has_codings = route->class != CLASS_WRITE && exchange->status < 400;
    const char *value = values[has_choice + 2 * is_personal + 4 * has_codings];
    if (route->class == CLASS_WRITE && exchange->status < 400) { /* whether one is sent or not (RFC 7240, section 2) */
        exchange_header(exchange, "Vary", value == NULL ? "Prefer" : arena_format(exchange->arena, "%s, Prefer", value));
    } else if (value != NULL) {
        exchange_header(exchange, "Vary", value);
    }
}

/* How much the caller may still send (draft-ietf-httpapi-ratelimit-headers-11). */
static void add_limit(struct request *request)
{
    const struct limiter_view *limit = &request->limit;
    if (limit->quota == 0) {
        return;
    }
    char *policy = arena_format(&request->arena, "\"caller\";q=%lld;w=%d", (long long)limit->quota, (int)LIMITER_WINDOW_S);
    char *left = arena_format(&request->arena, "\"caller\";r=%lld;t=%lld", (long long)limit->remaining,
                              (long long)(limit->wait_s > 0 ? limit->wait_s : limit->reset_s));
    exchange_header(&request->exchange, "RateLimit-Policy", policy);
    exchange_header(&request->exchange, "RateLimit", left);
}

/* Adds what is missing and not only of this one reply: the same for a cached one. A value that there was no memory for is NULL: such a
 * reply is not sent. */
static void complete_headers(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    if (exchange->status == 503 && exchange_header_added(exchange, "Retry-After") == NULL) {
        exchange_header(exchange, "Retry-After", "1");
    }
    add_vary(exchange);
    add_limit(request);
    if (!request->is_stream) {
        content_digest_add(exchange);
    }
    if (request->shows_state && exchange_header_added(exchange, "Tallystick-Seq") == NULL) {
        exchange_header(exchange, "Tallystick-Seq", arena_format(&request->arena, "%llu", (unsigned long long)exchange->seq));
    }
}

typedef void add_header(void *context, const char *name, const char *value);

/* An answer is data, and a page a text: neither runs anything, nor is it shown inside another page. */
static void add_security(const struct request *request, add_header *add, void *context)
{
    const struct exchange *exchange = &request->exchange;
    const bool is_page = exchange->content_type != NULL && strncmp(exchange->content_type, "text/html", 9) == 0;
    add(context, "X-Content-Type-Options", "nosniff");
    add(context, "Referrer-Policy", "no-referrer");
    if (request->client->wire != NULL) {
        add(context, "Strict-Transport-Security", "max-age=31536000"); /* over plain HTTP it would mean nothing (RFC 6797) */
    }
    add(context, "Content-Security-Policy",
        is_page ? "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                : "default-src 'none'; frame-ancestors 'none'");
}

/* Which pages of other origins may read the reply; the rest of what a browser asks is dispatch.c's. */
static void add_cors(const struct request *request, add_header *add, void *context)
{
    const char *origins = request->server->config->cors_origins;
    const char *allowed = cors_allowed(origins, request->framing.origin);
    if (cors_varies(origins)) {
        add(context, "Vary", "Origin");
    }
    if (allowed != NULL) {
        add(context, "Access-Control-Allow-Origin", allowed);
        add(context, "Access-Control-Expose-Headers", CORS_EXPOSED);
        add(context, "Timing-Allow-Origin", allowed); /* Resource Timing: else Server-Timing stays hidden from the page */
    }
}

/* Calls add for each header but Request-Id and Connection. */
static void each_header(struct request *request, add_header *add, void *context)
{
    struct exchange *exchange = &request->exchange;
    complete_headers(request);
    if (exchange->content_type != NULL && (exchange->reply.length > 0 || request->is_stream)) {
        add(context, "Content-Type", exchange->content_type);
    }
    add(context, "Cache-Control", cache_control(exchange));
    add_security(request, add, context);
    add_cors(request, add, context);
    for (size_t i = 0; i < exchange->header_count; i++) {
        if (strcasecmp(exchange->headers[i].name, "Cache-Control") != 0) {
            add(context, exchange->headers[i].name, exchange->headers[i].value);
        }
    }
}

/* The headers of a response in the making. A reply that lacks one is not sent: it may be the one that keeps others from seeing it. */
struct headers {
    struct MHD_Response *response;
    bool lacks_one;
};

static void add_to_response(void *context, const char *name, const char *value)
{
    struct headers *headers = context;
    if (value == NULL || MHD_add_response_header(headers->response, name, value) != MHD_YES) {
        log_error("reply_header", "name=%s refused=yes", name);
        headers->lacks_one = true;
    }
}

/* The reply whose length nobody knows yet. False: it has one after all, or is a problem now, or memory lacks. */
static bool make_stream(struct request *request, struct headers *headers)
{
    struct exchange *exchange = &request->exchange;
    if (exchange->is_head) { /* libmicrohttpd 0.9.75 ends the chunks that it has not sent: nothing may follow on this connection */
        request->must_close = true;
    }
    bool is_full = false, is_export = exchange->stream == STREAM_EXPORT;
    if (!request->hangup.may_ask) { /* HTTP/1.0: libmicrohttpd 0.9.75 does not close a connection whose body ends late */
        enum status status = is_export ? pour_once(request) : follow_once(request);
        if (is_export) {
            tag_reply(exchange, TAG_NO_VERSION); /* of what there is of it now: it may be shorter */
        }
        if (status != STATUS_OK) {
            problem_status(exchange, status);
        }
        return false;
    }
    headers->response = is_export ? pour_response(request, &is_full) : follow_response(request, &is_full);
    if (headers->response != NULL) {
        each_header(request, add_to_response, headers);
        return true;
    }
    request->shows_state = false;
    if (is_full && is_export) {
        problem_reply(exchange, "busy", "As many clients read the ledger out as may; try again later, or read it page by page.");
        exchange_header_replace(exchange, "Retry-After", "30");
    } else if (is_full && exchange->stream == STREAM_JOB) {
        problem_reply(exchange, "busy", "As many clients follow the events as may; try again later, or ask for the job itself.");
        exchange_header_replace(exchange, "Retry-After", "30");
    } else if (is_full) {
        problem_reply(exchange, "busy", "As many clients follow the events as may; try again later, or read them page by page.");
        exchange_header_replace(exchange, "Retry-After", "30");
    } else {
        problem_status(exchange, STATUS_EXHAUSTED);
    }
    return false;
}

/* headers->response stays NULL without memory. */
static void make_response(struct request *request, struct headers *headers)
{
    struct exchange *exchange = &request->exchange;
    request->is_stream = request->is_stream && meets_condition(request);
    if (request->is_stream && make_stream(request, headers)) {
        return;
    }
    if (exchange->reply.failed || exchange->reply.length > LIMIT_REPLY_BYTES) {
        problem_status(exchange, STATUS_EXHAUSTED);
        request->shows_state = false;
    }
    language_localise(exchange);
    represent_coded(request);
    if (!meets_condition(request)) {
        language_localise(exchange);
        represent_coded(request);
    }
    if (request->is_stream) { /* none after all: what complete_headers has left to the end */
        content_digest_add(exchange);
    }
    request->reply_bytes = exchange->reply.length;
    static char nothing[1];
    const bool is_empty = exchange->reply.length == 0;
    headers->response = MHD_create_response_from_buffer(exchange->reply.length, is_empty ? nothing : exchange->reply.bytes,
                                                        is_empty ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
    if (headers->response != NULL) {
        each_header(request, add_to_response, headers);
        if (!is_empty) {
            buffer_init(&exchange->reply); /* the response owns the bytes */
        }
    }
}

/* A shared response is given this reply's id: the header is written out before the loop turns to another request, which may
 * change it again. */
static void set_request_id(struct headers *headers, const char *id)
{
    const char *old = MHD_get_response_header(headers->response, "Request-Id");
    if (old != NULL) {
        char copy[REQUEST_ID_BYTES];
        snprintf(copy, sizeof copy, "%s", old);
        MHD_del_response_header(headers->response, "Request-Id", copy);
    }
    add_to_response(headers, "Request-Id", id);
}

#define TIMING "Server-Timing"

enum { TIMING_BYTES = 160 };

static double milliseconds(int64_t from_us, int64_t to_us)
{
    return from_us > 0 && to_us > from_us ? (double)(to_us - from_us) / 1000 : 0;
}

/* How a change's time went: with others in the queue, rules and rows, seals and checkpoint, the disk. */
static void time_command(const struct request *request, char timing[TIMING_BYTES])
{
    const struct pending *pending = &request->pending;
    const int64_t over_us = request->answered_us;
    const int64_t begun_us = pending->begun_us > 0 ? pending->begun_us : over_us;
    const int64_t delivered_us = pending->delivered_us > 0 ? pending->delivered_us : over_us;
    const int64_t sealed_us = pending->sealed_us > 0 ? pending->sealed_us : over_us;
    snprintf(timing, TIMING_BYTES, "queue;dur=%.3f, db;dur=%.3f, sign;dur=%.3f, commit;dur=%.3f, ", milliseconds(request->asked_us, begun_us),
             milliseconds(begun_us, delivered_us), milliseconds(delivered_us, sealed_us), milliseconds(sealed_us, over_us));
}

static void time_wait(const struct request *request, const char *work, char timing[TIMING_BYTES])
{
    int64_t begun_us = request->begun_us;
    begun_us = begun_us > 0 ? begun_us : request->wait == WAIT_CHECK ? request->asked_us : request->answered_us;
    snprintf(timing, TIMING_BYTES, "queue;dur=%.3f, %s;dur=%.3f, ", milliseconds(request->asked_us, begun_us), work,
             milliseconds(begun_us, request->answered_us));
}

/* Where the time of a request went that was not answered out of the cache (https://www.w3.org/TR/server-timing/). */
static void add_timing(const struct request *request, struct headers *headers)
{
    char timing[TIMING_BYTES] = "";
    switch (request->wait) {
    case WAIT_NOTHING:
        if (request->read_us == 0) {
            return;
        }
        snprintf(timing, sizeof timing, "db;dur=%.3f, ", (double)request->read_us / 1000);
        break;
    case WAIT_READ:
        snprintf(timing, sizeof timing, "queue;dur=%.3f, db;dur=%.3f, ", milliseconds(request->asked_us, request->answered_us),
                 (double)request->read_us / 1000);
        break;
    case WAIT_AWAY:
        time_wait(request, "db", timing);
        break;
    case WAIT_COMMAND:
        if (request->is_late) {
            return; /* the times are the writer's yet */
        }
        time_command(request, timing);
        break;
    case WAIT_JOB:
        time_wait(request, "solve", timing);
        break;
    case WAIT_CHECK:
        time_wait(request, "check", timing);
        break;
    }
    size_t length = strlen(timing);
    snprintf(timing + length, sizeof timing - length, "total;dur=%.3f", milliseconds(request->started_us, clock_steady_us()));
    add_to_response(headers, TIMING, timing);
}

/* A reply out of the cache: what was of its last use alone. Who gets it now did not wait as the first one did, and is part of
 * another trace. */
static void forget(struct MHD_Response *response, const char *name)
{
    const char *old = MHD_get_response_header(response, name);
    char copy[TIMING_BYTES];
    if (old != NULL && snprintf(copy, sizeof copy, "%s", old) < (int)sizeof copy) {
        MHD_del_response_header(response, name, copy);
    }
}

bool reply_is_for_a_page(const struct request *request)
{
    return request->framing.origin != NULL && cors_varies(request->server->config->cors_origins);
}

uint64_t reply_variant(const struct request *request)
{
    return request->server->config->generation << 2 | (uint64_t)request->exchange.is_chinese << 1 |
           (request->client->wire != NULL);
}

static bool may_keep(const struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    return exchange->route != NULL && exchange->route->is_cached && exchange->status == 200 &&
           exchange->method == METHOD_GET && request->shows_state && !request->is_refused && !request->is_stream &&
           request->framing.authorization == NULL && request->framing.if_match == NULL &&
           !request->framing.has_body && !request->framing.has_repeats &&
           !request->server->service.is_private && request->limit.quota == 0 && !must_close(request) && !reply_is_for_a_page(request) &&
           exchange->reply.length <= CACHE_REPLY_BYTES_MAX;
}

/* A reply must be taken in the time that a request may take, and a second for each so many bytes of it. */
static void set_deadline(struct request *request)
{
    enum { BYTES_A_SECOND = 16 * 1024 };
    struct client *client = request->client;
    const int64_t seconds = request->server->config->request_timeout_s + (int64_t)(request->reply_bytes / BYTES_A_SECOND);
    atomic_store_explicit(&client->until_us, request->is_stream ? 0 : clock_steady_us() + seconds * 1000000, memory_order_relaxed);
    client_enter(client, CLIENT_REPLYING);
}

#define TRACE "traceresponse"

enum { TRACE_VALUE_BYTES = 64 };

/* The caller's trace, of which this request is a span with the request's id. */
static void write_trace(const struct request *request, char value[TRACE_VALUE_BYTES])
{
    snprintf(value, TRACE_VALUE_BYTES, "00-%s-%s-%02x", request->trace.id, request->id, request->trace.flags);
}

static void add_trace(const struct request *request, struct headers *headers)
{
    char trace[TRACE_VALUE_BYTES];
    if (request->trace.id[0] != 0) {
        write_trace(request, trace);
        add_to_response(headers, TRACE, trace);
    }
}

static bool queue(struct request *request, int status, struct MHD_Response *response)
{
    request->status = status;
    request->stage = STAGE_REPLIED;
    set_deadline(request);
    return MHD_queue_response(request->connection, (unsigned)status, response) == MHD_YES;
}

/* Never called: a 304 has no body. */
static ssize_t read_nothing(void *context, uint64_t at, char *bytes, size_t room)
{
    (void)context;
    (void)at;
    (void)bytes;
    (void)room;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result copy_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    if (strcmp(name, "Content-Type") != 0 && strcmp(name, "Content-Encoding") != 0 && strcmp(name, "Content-Digest") != 0) {
        add_to_response(context, name, value);
    }
    return MHD_YES;
}

/* The same reply as a 304: it has no content, so it says neither what type, coding and digest that had (RFC 9110, 15.4.5; RFC 9530,
 * 2). Of an empty response libmicrohttpd 0.9.75 says that its length is 0, hence one of the content's length. */
static bool queue_unchanged(struct request *request, struct MHD_Response *response)
{
    const uint64_t bytes = request->is_stream ? MHD_SIZE_UNKNOWN : request->reply_bytes;
    struct headers bare = { MHD_create_response_from_callback(bytes, 1, read_nothing, NULL, NULL), false };
    if (bare.response == NULL) {
        return false;
    }
    if (request->is_stream) { /* no chunks are promised, and the connection ends (reply_send has said so) */
        MHD_set_response_options(bare.response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    MHD_get_response_headers(response, copy_header, &bare);
    bool is_queued = !bare.lacks_one && queue(request, 304, bare.response);
    MHD_destroy_response(bare.response);
    return is_queued;
}

bool reply_send(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    bool is_kept = may_keep(request);
    uint64_t variant = reply_variant(request); /* before the reply is made: a reload meanwhile makes it nobody's */
    struct headers headers = { NULL, false };
    make_response(request, &headers);
    struct MHD_Response *response = headers.response;
    const char *etag = exchange_header_added(exchange, "ETag");
    if (response == NULL) {
        return false;
    }
    const bool is_same = is_unchanged(request, exchange->status, etag);
    request->must_close = request->must_close || (is_same && request->is_stream);
    set_request_id(&headers, request->id);
    add_timing(request, &headers);
    add_trace(request, &headers);
    if (must_close(request)) {
        add_to_response(&headers, "Connection", "close");
    }
    if (headers.lacks_one) {
        MHD_destroy_response(response);
        return false;
    }
    bool is_queued = is_same ? queue_unchanged(request, response) : queue(request, exchange->status, response);
    struct cached cached = {
        .response = response, .seq = exchange->seq, .true_from_ms = exchange->true_from_ms, .true_until_ms = exchange->true_until_ms,
        .bytes = request->reply_bytes, .route = exchange->route, .has_own = true};
    struct cache_key key = {request->target, request->framing.accept, request->framing.host, variant, request->coding};
    if (is_kept && (etag == NULL || strlen(etag) < sizeof cached.etag)) {
        snprintf(cached.etag, sizeof cached.etag, "%s", etag != NULL ? etag : "");
        is_kept = cache_keep(lane_cache(request->lane), &key, &cached);
    } else {
        is_kept = false;
    }
    if (!is_kept) {
        MHD_destroy_response(response);
    }
    return is_queued;
}

bool reply_send_hit(struct request *request)
{
    struct cached *hit = request->hit;
    struct headers headers = { hit->response, false };
    set_request_id(&headers, request->id);
    if (hit->has_own) {
        forget(hit->response, TIMING);
        forget(hit->response, TRACE);
    }
    hit->has_own = request->trace.id[0] != 0;
    add_trace(request, &headers);
    request->reply_bytes = hit->bytes;
    if (headers.lacks_one) {
        return false;
    }
    return is_unchanged(request, 200, hit->etag) ? queue_unchanged(request, hit->response) : queue(request, 200, hit->response);
}

static void add_to_text(void *context, const char *name, const char *value)
{
    struct buffer *text = context;
    text->failed = text->failed || value == NULL;
    buffer_format(text, "%s: %s\r\n", name, value != NULL ? value : "");
}

void reply_send_raw(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    struct buffer text;
    language_localise(exchange);
    buffer_init(&text);
    buffer_format(&text, "HTTP/1.1 %d %s\r\nConnection: close\r\nRequest-Id: %s\r\nContent-Length: %zu\r\n",
                  exchange->status, MHD_get_reason_phrase_for((unsigned)exchange->status), request->id,
                  exchange->reply.length);
    each_header(request, add_to_text, &text);
    if (request->trace.id[0] != 0) {
        char trace[TRACE_VALUE_BYTES];
        write_trace(request, trace);
        add_to_text(&text, TRACE, trace);
    }
    buffer_text(&text, "\r\n");
    if (!exchange->is_head && exchange->reply.length > 0) {
        buffer_append(&text, exchange->reply.bytes, exchange->reply.length);
    }
    request->status = exchange->status;
    request->reply_bytes = exchange->reply.length;
    if (!text.failed) {
        ssize_t sent = send(request->client->fd, text.bytes, text.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent; /* whoever does not read its refusal goes without */
    }
    buffer_fini(&text);
}
