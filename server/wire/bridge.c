/*
 * The bridge to libmicrohttpd: its callbacks become the stages of a request. It calls
 * with a complete request line (on_target), a complete header, pieces of the body, the
 * complete request (on_access), and at the end (on_completed). Read dispatch.c next.
 */
#include "server/wire/bridge.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "server/account.h"
#include "server/wire/addresses.h"
#include "server/await.h"
#include "server/wire/client.h"
#include "server/dispatch.h"
#include "server/janitor.h"
#include "server/wire/lane.h"
#include "server/metrics.h"
#include "server/wire/peer.h"
#include "server/wire/pool.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/server.h"
#include "server/wire/wipe.h"

enum {
    SPARE_REQUESTS_MAX = 256,     /* kept for the next ones, with their arena */
    DRAIN_BYTES_MAX = 64 * 1024,  /* of a refused request's body, so that the connection can go on */
    BODY_KEPT_BYTES = 64 * 1024   /* of a spare request's body buffer */
};

static struct request *take_request(struct bridge *bridge)
{
    struct request *request = bridge->spare;
    if (request != NULL) {
        bridge->spare = request->next_free;
        bridge->spare_count--;
        return request;
    }
    return request_create();
}

/* Clears the request for the next one, but keeps its memory. */
static void give_request_back(struct bridge *bridge, struct request *request)
{
    request_settle(request);
    arena_reset(&request->arena);
    buffer_fini(&request->exchange.reply);
    if (request->body.capacity > BODY_KEPT_BYTES) {
        buffer_fini(&request->body);
    } else {
        buffer_reset(&request->body);
    }
    if (bridge->spare_count >= SPARE_REQUESTS_MAX) {
        request_free(request);
        return;
    }
    struct arena arena = request->arena;
    struct buffer body = request->body;
    memset(request, 0, sizeof *request);
    request->arena = arena;
    request->body = body;
    request->next_free = bridge->spare;
    bridge->spare = request;
    bridge->spare_count++;
}

/* Keeps the target, which the library will write into. False without memory. */
static bool keep_target(struct request *request, const char *target)
{
    size_t length = strlen(target);
    if (length >= REQUEST_TARGET_INLINE) {
        request->target = arena_copy(&request->arena, target, length);
        return request->target != NULL;
    }
    memcpy(request->target_inline, target, length + 1);
    request->target = request->target_inline;
    return true;
}

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct bridge *bridge = context;
    bridge->calls++;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct client *client = info->socket_context;
    struct request *request = client != NULL ? take_request(bridge) : NULL;
    if (request == NULL) {
        return NULL; /* on_access closes the connection */
    }
    client->begun++;
    request->server = bridge->server;
    request->lane = bridge->lane;
    request->client = client;
    request->connection = connection;
    request->started_us = clock_steady_us();
    request->method = "-";
    request_write_id(request->id, (uint64_t)bridge->id_prefix << 32 | bridge->id_next++);
    bool is_ours = client_fault(client) != NULL && !client->guard.has_target; /* the guard's, not the client's */
    if (!keep_target(request, target == NULL || is_ours ? "" : target)) {
        give_request_back(bridge, request);
        return NULL;
    }
    /* The library would now split and decode the query, and make a list item of each piece.
     * We do that ourselves: cut short, it finds none. The bytes are its own receive buffer. */
    const char *query = target != NULL ? strchr(target, '?') : NULL;
    if (query != NULL && query[1] != 0) {
        ((char *)query)[1] = 0;
    }
    metrics_begin_request(bridge->server->metrics);
    return request;
}

/* Keeps the socket open for a while after libmicrohttpd has closed it, reading and
 * forgetting, so that a client that still sends gets to see its refusal. */
static void linger(struct request *request)
{
    int fd = fcntl(request->client->fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0) {
        janitor_linger(request->server->janitor, fd);
    }
}

/* True where the body of a refused request is worth reading to the end. */
static bool can_drain(const struct request *request)
{
    const struct framing *framing = &request->framing;
    if (request->must_close) {
        return false;
    }
    return !framing->has_body || (!framing->is_chunked && framing->length <= DRAIN_BYTES_MAX &&
                                  !framing->expects_continue && request->exchange.status != 413);
}

/* A method as the log has it: what clients make up is not repeated. */
static const char *method_label(const char *method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY", "TRACE"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(method, known[i]) == 0) {
            return known[i];
        }
    }
    return "-";
}

static enum MHD_Result on_head(struct request *request, const char *method, const char *version)
{
    pool_find(request->client, method);
    wipe_expect(request->client->pool, &request->client->handed);
    request->method = method_label(method);
    request->exchange.is_head = strcmp(request->method, "HEAD") == 0;
    dispatch_head(request, method, version, client_fault(request->client));
    bool has_body = request->framing.has_body;
    request->stage = STAGE_BODY;
    if (!request->is_refused || can_drain(request)) {
        client_enter(request->client, has_body ? CLIENT_BODY : CLIENT_WORKING);
        return MHD_YES;
    }
    client_enter(request->client, CLIENT_WORKING);
    request->must_close = true; /* the library closes after so early a reply */
    linger(request);
    return reply_send(request) ? MHD_YES : MHD_NO;
}

/* The guard has found a fault in the body, or the janitor that it takes too long: nothing more will come. */
static bool is_broken_off(struct request *request)
{
    const struct guard_fault *fault = client_fault(request->client);
    if (fault != NULL && !request->is_refused) {
        dispatch_refuse(request, fault);
    }
    request->must_close = request->must_close || fault != NULL;
    return fault != NULL;
}

static enum MHD_Result on_body(struct request *request, const char *bytes, size_t *length)
{
    if (!is_broken_off(request) && dispatch_body(request, bytes, *length)) {
        *length = 0;
        return MHD_YES;
    }
    client_enter(request->client, CLIENT_WORKING);
    linger(request);
    reply_send_raw(request);
    return MHD_NO;
}

static enum MHD_Result on_next(struct request *request, enum await_next next)
{
    switch (next) {
    case AWAIT_NOTHING: return reply_send(request) ? MHD_YES : MHD_NO;
    case AWAIT_WAKE:    return MHD_YES;
    case AWAIT_CLOSE:   return MHD_NO;
    }
    return MHD_NO;
}

static enum MHD_Result on_complete(struct request *request)
{
    if (request->hit != NULL) {
        return reply_send_hit(request) ? MHD_YES : MHD_NO;
    }
    client_enter(request->client, CLIENT_WORKING);
    if (is_broken_off(request)) {
        linger(request);
        return reply_send(request) ? MHD_YES : MHD_NO;
    }
    return on_next(request, dispatch_run(request));
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_length, void **request_at)
{
    struct bridge *bridge = context;
    struct request *request = *request_at;
    (void)connection;
    (void)url;
    bridge->calls++;
    if (request == NULL) {
        return MHD_NO;
    }
    wipe_expect(request->client->pool, &request->client->handed);
    switch (request->stage) {
    case STAGE_HEAD:
        return on_head(request, method, version);
    case STAGE_BODY:
        return *upload_length > 0 ? on_body(request, upload, upload_length) : on_complete(request);
    case STAGE_WAITING:
        return on_next(request, await_resume(request));
    case STAGE_REPLIED:
        break;
    }
    return MHD_NO;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_at,
                         enum MHD_RequestTerminationCode code)
{
    struct bridge *bridge = context;
    struct request *request = *request_at;
    (void)connection;
    if (request == NULL) {
        return;
    }
    *request_at = NULL;
    struct client *client = request->client;
    if (code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED && client_phase(client) == CLIENT_REPLYING && !atomic_exchange(&client->is_late, true)) {
        log_warn("client_cut", "remote=%s phase=reply", client->address); /* nothing of it was taken: the janitor has not met it yet */
    }
    client->handed = request->is_stream ? UINT32_MAX : client->handed; /* such a reply goes through the pool as well */
    account_request(request);
    if (await_end(request)) {
        give_request_back(bridge, request);
    }
    atomic_store_explicit(&client->since_us, clock_steady_us(), memory_order_relaxed);
    client_enter(client, client->guard.requests != client->begun ? CLIENT_HEAD : CLIENT_IDLE); /* the next one is here already */
    wipe_expect(client->pool, &client->handed); /* which the library resets now, or the connection ends */
}

/* What bridge_add gave; the library has it as the address. */
static const struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return (const struct peer *)(const void *)info->client_addr;
}

static void client_start(struct bridge *bridge, struct MHD_Connection *connection, void **client_at)
{
    struct client *client = calloc(1, sizeof *client);
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (client == NULL || intake_add(&bridge->intake, fd->connect_fd, client) != STATUS_OK) {
        free(client);
        return; /* on_access closes the connection */
    }
    *client_at = client;
    client->fd = fd->connect_fd;
    guard_init(&client->guard);
    atomic_store(&client->since_us, clock_steady_us());
    const struct peer *peer = peer_of(connection);
    client->wire = peer->wire;
    client->is_guest = peer->is_guest;
    peer_text(peer, client->address);
    lane_enter(bridge->lane, client);
    if (client->is_guest) {
        addresses_hold(bridge->server->addresses, client->fd, false);
    }
}

static void client_end(struct bridge *bridge, struct MHD_Connection *connection, struct client *client)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    intake_forget(&bridge->intake, fd->connect_fd);
    wipe_forget();
    if (client != NULL) {
        lane_leave(bridge->lane, client);
        free(client);
    }
    wire_release(peer_of(connection)->wire);
    atomic_fetch_sub_explicit(&bridge->load, 1, memory_order_relaxed);
    addresses_leave(bridge->server->addresses, fd->connect_fd);
}

/* The socket is still open in both cases. */
static void on_connection(void *context, struct MHD_Connection *connection, void **client_at,
                          enum MHD_ConnectionNotificationCode code)
{
    struct bridge *bridge = context;
    bridge->calls++;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        bridge->has_started = true;
        client_start(bridge, connection, client_at);
    } else {
        client_end(bridge, connection, *client_at);
    }
}

/* The path stays encoded: target.c decodes. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void forget(struct bridge *bridge, const struct peer *peer)
{
    atomic_fetch_sub_explicit(&bridge->load, 1, memory_order_relaxed);
    wire_release(peer->wire);
}

void bridge_forget(struct bridge *bridge, int fd, const struct peer *peer)
{
    addresses_leave(bridge->server->addresses, fd);
    forget(bridge, peer);
}

void bridge_add(struct bridge *bridge, int fd, const struct peer *peer)
{
    struct addresses *addresses = bridge->server->addresses;
    const uint64_t stamp = addresses_stamp(addresses, fd);
    bridge->has_started = false;
    if (peer->is_guest) {
        addresses_hold(addresses, fd, true); /* where it fails the library closes, then we leave */
    }
    if (MHD_add_connection(bridge->daemon, fd, &peer->address.any, sizeof *peer) != MHD_YES && !bridge->has_started) {
        addresses_leave_closed(addresses, fd, stamp); /* another connection may have the descriptor by now */
        forget(bridge, peer); /* else it was ended, and client_end has done so */
    }
}

static void tidy_client(void *context, struct client *client)
{
    pool_give_back(client, *(const int64_t *)context);
}

void bridge_tidy(struct bridge *bridge)
{
    int64_t now_us = clock_steady_us();
    lane_each_client(bridge->lane, tidy_client, &now_us);
}

static enum status start_daemon(struct bridge *bridge)
{
    const struct config *config = bridge->server->config;
    bridge->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_access, bridge, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)config->connections + ADDRESSES_BEYOND_MAX + 1, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)config->idle_timeout_s,
        MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_URI_LOG_CALLBACK, on_target, bridge, MHD_OPTION_UNESCAPE_CALLBACK,
        on_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, bridge, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, bridge, MHD_OPTION_END);
    if (bridge->daemon == NULL) {
        log_error("loop_start", "library=libmicrohttpd");
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

enum status bridge_open(struct bridge *bridge, struct server *server, struct lane *lane)
{
    bridge->server = server;
    bridge->lane = lane;
    enum status status = intake_check();
    if (status == STATUS_OK) {
        status = random_bytes(&bridge->id_prefix, sizeof bridge->id_prefix);
    }
    return status == STATUS_OK ? start_daemon(bridge) : status;
}

void bridge_close(struct bridge *bridge)
{
    if (bridge->daemon != NULL) {
        MHD_stop_daemon(bridge->daemon);
    }
    intake_fini(&bridge->intake);
    while (bridge->spare != NULL) {
        struct request *request = bridge->spare;
        bridge->spare = request->next_free;
        request_free(request);
    }
}
