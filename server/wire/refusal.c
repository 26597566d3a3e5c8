/*
 * A request that never was, for the length of its refusal: so that what is said to whom is decided in one place (reply.c).
 */
#include "server/wire/refusal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "handlers/problem.h"
#include "server/account.h"
#include "server/wire/client.h"
#include "server/metrics.h"
#include "server/wire/peer.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/server.h"

static void fill(struct request *request, struct server *server, struct client *client)
{
    struct exchange *exchange = &request->exchange;
    uint64_t number = 0;
    request->server = server;
    request->client = client;
    request->started_us = clock_steady_us();
    request->method = "-";
    request->target = "";
    if (random_bytes(&number, sizeof number) != STATUS_OK) {
        log_warn("refusal", "id=none");
    }
    request_write_id(request->id, number);
    exchange->arena = &request->arena;
    exchange->path = "/";
    exchange->target = "";
    exchange->request_id = request->id;
    exchange->service = &server->service;
    exchange->server = request;
}

void refusal_send(struct server *server, int fd, const struct peer *peer, const char *code, const char *detail)
{
    struct client client = {.fd = fd};
    struct request *request = request_create();
    if (request == NULL) {
        return; /* whoever is not told sees its connection closed */
    }
    peer_text(peer, client.address);
    fill(request, server, &client);
    metrics_begin_request(server->metrics);
    problem_reply(&request->exchange, code, "%s", detail);
    reply_send_raw(request);
    account_request(request);
    request_settle(request);
    request_free(request);
}
