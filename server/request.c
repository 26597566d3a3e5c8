/*
 * The memory of a request. Who keeps spare ones: bridge.c.
 */
#include "server/request.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/callers.h"
#include "rules/decode.h"
#include "server/server.h"
#include "server/track.h"
#include "server/wire/client.h"

struct request *request_create(void)
{
    struct request *request = calloc(1, sizeof *request);
    if (request != NULL) {
        arena_init(&request->arena);
        buffer_init(&request->body);
        buffer_init(&request->exchange.reply);
    }
    return request;
}

void request_settle(struct request *request)
{
    if (request->body_counted > 0) {
        atomic_fetch_sub(&request->server->body_bytes, request->body_counted);
        request->body_counted = 0;
    }
    track_release(request->exchange.followed);
    request->exchange.followed = NULL;
    command_fini(&request->exchange.command);
    answer_fini(&request->exchange.answer);
}

void request_free(struct request *request)
{
    arena_fini(&request->arena);
    buffer_fini(&request->body);
    buffer_fini(&request->exchange.reply);
    free(request);
}

uint64_t request_owner(const struct request *request)
{
    const char *address = request->client->address;
    uint8_t network[CALLERS_NETWORK_BYTES];
    uint64_t owner = 14695981039346656037u; /* FNV-1a */
    if (request->exchange.has_token) {
        for (const char *at = request->exchange.caller.subject; *at != 0; at++) {
            owner = (owner ^ (unsigned char)*at) * 1099511628211u;
        }
    } else if (strcmp(address, "unix") == 0) {
        return 0;
    } else {
        callers_network(address, network);
        for (size_t i = 0; i < sizeof network; i++) {
            owner = (owner ^ network[i]) * 1099511628211u;
        }
    }
    return owner | 1;
}

void request_write_id(char id[REQUEST_ID_BYTES], uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = REQUEST_ID_BYTES - 2; i >= 0; i--) {
        id[i] = digits[number & 15];
        number >>= 4;
    }
    id[REQUEST_ID_BYTES - 1] = 0;
}
