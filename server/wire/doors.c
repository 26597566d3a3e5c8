/*
 * Which sockets there are. Binding one: endpoint.c; accepting at one: listen.c.
 */
#include "server/wire/doors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "server/config/config.h"
#include "server/endpoint.h"
#include "server/wire/listen.h"
#include "server/server.h"
#include "server/wire/systemd.h"
#include "server/tell.h"

enum { DOORS_MAX = 16, LAST_ENTRY_MS = 250 /* for handshakes that have begun: as long as the way there and back may be */ };

struct door {
    struct endpoint endpoint;
    struct listener *listener;
};

struct doors {
    struct server *server;
    struct door doors[DOORS_MAX];
    size_t count;
    bool is_open; /* accepting */
};

/* With a certificate every TCP address speaks TLS that is not asked to be plain; a unix socket does not leave the machine. */
static bool speaks_tls(const struct server *server, const struct endpoint *endpoint)
{
    return server->tls != NULL && !endpoint->is_unix && !endpoint->is_plain;
}

static void url_of(const struct server *server, const struct endpoint *endpoint, char *url, size_t size)
{
    snprintf(url, size, "%s%s", endpoint->is_unix ? "" : speaks_tls(server, endpoint) ? "https://" : "http://", endpoint->name);
}

static enum status too_many(void)
{
    tell("cannot listen on more than %d addresses", DOORS_MAX);
    return STATUS_INVALID;
}

static enum status adopt_all(struct doors *doors, const struct systemd_sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++) {
        char quoted[4 * sizeof sockets->names[0]];
        struct endpoint endpoint;
        if (doors->count >= DOORS_MAX) {
            return too_many();
        }
        enum status status = endpoint_adopt(sockets->fds[i], &endpoint);
        if (status != STATUS_OK) {
            return status;
        }
        endpoint.is_plain = strcmp(sockets->names[i], "http") == 0; /* FileDescriptorName= */
        doors->doors[doors->count++].endpoint = endpoint;
        log_quote(quoted, sizeof quoted, sockets->names[i]);
        log_info("listen", "descriptor=%d inherited=yes name=\"%s\"", sockets->fds[i], quoted);
    }
    return STATUS_OK;
}

/* One --listen, which may hold several addresses with commas between them. */
static enum status bind_addresses(struct doors *doors, const char *addresses, mode_t mode)
{
    for (const char *at = addresses; at != NULL;) {
        char address[ENDPOINT_NAME_BYTES];
        struct endpoint endpoint;
        bool is_plain = false;
        if (!endpoint_next(&at, address, &is_plain)) {
            return STATUS_INVALID; /* which config.c does not let through */
        }
        if (doors->count >= DOORS_MAX) {
            return too_many();
        }
        enum status status = endpoint_open(address, mode, &endpoint);
        if (status != STATUS_OK) {
            return status;
        }
        endpoint.is_plain = is_plain;
        doors->doors[doors->count++].endpoint = endpoint;
    }
    return STATUS_OK;
}

static enum status open_all(struct doors *doors, const struct config *config)
{
    struct systemd_sockets sockets;
    mode_t mode = 0;
    systemd_take_sockets(&sockets);
    enum status status = adopt_all(doors, &sockets);
    if (status == STATUS_OK && !endpoint_read_mode(config->unix_mode, &mode)) {
        status = STATUS_INVALID; /* which config.c does not let through */
    }
    bool are_named = config_source(config, "listen") != CONFIG_BY_DEFAULT;
    for (size_t i = 0; status == STATUS_OK && (sockets.count == 0 || are_named) && i < config->listen.count; i++) {
        status = bind_addresses(doors, config->listen.items[i], mode);
    }
    return status;
}

enum status doors_open(const struct config *config, struct server *server, struct doors **doors)
{
    struct doors *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->server = server;
    enum status status = open_all(opened, config);
    snprintf(server->base_url, sizeof server->base_url, "http://localhost");
    for (size_t i = opened->count; i-- > 0;) {
        if (!opened->doors[i].endpoint.is_unix) {
            url_of(server, &opened->doors[i].endpoint, server->base_url, sizeof server->base_url);
        }
    }
    for (size_t i = 0; status == STATUS_OK && i < opened->count; i++) {
        status = listener_open(opened->doors[i].endpoint.fd, speaks_tls(server, &opened->doors[i].endpoint), server,
                               &opened->doors[i].listener);
    }
    if (status != STATUS_OK) {
        doors_close(opened);
        return status;
    }
    *doors = opened;
    return STATUS_OK;
}

enum status doors_start(struct doors *doors)
{
    doors->is_open = true;
    for (size_t i = 0; i < doors->count; i++) {
        enum status status = listener_start(doors->doors[i].listener);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

void doors_announce(const struct doors *doors)
{
    for (size_t i = 0; i < doors->count; i++) {
        char url[SERVER_URL_BYTES + 8];
        char quoted[sizeof url];
        url_of(doors->server, &doors->doors[i].endpoint, url, sizeof url);
        log_quote(quoted, sizeof quoted, url);
        log_info("listen", "address=\"%s\"", quoted);
        printf("listening on %s\n", url);
    }
    fflush(stdout);
}

void doors_close(struct doors *doors)
{
    if (doors == NULL) {
        return;
    }
    if (doors->is_open) {
        for (size_t i = 0; i < doors->count; i++) {
            endpoint_turn_away(&doors->doors[i].endpoint);
        }
        nanosleep(&(struct timespec){.tv_nsec = LAST_ENTRY_MS * 1000000L}, NULL);
    }
    for (size_t i = 0; i < doors->count; i++) {
        listener_close(doors->doors[i].listener);
        endpoint_close(&doors->doors[i].endpoint);
    }
    free(doors);
}
