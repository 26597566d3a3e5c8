/*
 * Accepting. What becomes of a connection: bridge.c.
 */
#include "server/wire/listen.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "server/wire/addresses.h"
#include "server/janitor.h"
#include "server/wire/loop.h"
#include "server/wire/peer.h"
#include "server/wire/refusal.h"
#include "server/wire/relay.h"
#include "server/server.h"
#include "server/tell.h"

enum { PAUSE_MS = 50 };

struct listener {
    int fd; /* borrowed */
    bool is_tls;
    int stop_fd;
    struct server *server;
    bool is_running;
    pthread_t thread;
};

enum status listener_open(int fd, bool is_tls, struct server *server, struct listener **listener)
{
    struct listener *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->fd = fd;
    opened->is_tls = is_tls;
    opened->server = server;
    opened->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened->stop_fd < 0) {
        log_error("listen", "call=eventfd error=\"%s\"", strerror(errno));
        free(opened);
        return STATUS_EXHAUSTED;
    }
    *listener = opened;
    return STATUS_OK;
}

/* Lets the connection in: within the limits, or as a guest. */
static bool enter(struct server *server, int fd, const struct sockaddr *address, struct peer *peer)
{
    if (addresses_enter(server->addresses, fd, address, false) == STATUS_OK) {
        return true;
    }
    peer->is_guest = addresses_enter(server->addresses, fd, address, true) == STATUS_OK;
    return peer->is_guest;
}

static void deal(struct listener *listener, int fd, const struct sockaddr *address, socklen_t length)
{
    struct server *server = listener->server;
    struct peer peer;
    peer_set(&peer, address, length);
    if (!enter(server, fd, address, &peer)) {
        if (!listener->is_tls) { /* without a handshake nothing can be said */
            refusal_send(server, fd, &peer, "busy", "There are more connections than the service takes, from this address or in all; "
                                                    "try again in a moment.");
        }
        shutdown(fd, SHUT_WR);
        janitor_linger(server->janitor, fd);
    } else if (listener->is_tls) {
        relay_add(server->relay, fd, &peer);
    } else {
        loop_deal(server, fd, &peer);
    }
}

/* True for what concerns the one connection that was not accepted (accept(2)). */
static bool is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM || error == ENETDOWN ||
           error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
           error == EOPNOTSUPP || error == ENETUNREACH;
}

/* Accepts all that wait. False where descriptors or memory ran out: a pause is due. */
static bool accept_waiting(struct listener *listener)
{
    for (;;) {
        struct sockaddr_storage peer = {0};
        socklen_t length = sizeof peer;
        int fd = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            deal(listener, fd, (struct sockaddr *)&peer, length);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return true;
        }
        bool is_turned_away = errno == EINVAL && atomic_load(&listener->server->is_stopping); /* a unix socket: endpoint.c */
        if (!is_passing(errno) && !is_turned_away) {
            log_warn("accept", "error=\"%s\"", strerror(errno));
        }
        if (!is_passing(errno)) {
            return false;
        }
    }
}

static void *listener_main(void *context)
{
    struct listener *listener = context;
    struct pollfd fds[2] = {{.fd = listener->fd, .events = POLLIN}, {.fd = listener->stop_fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            log_error("accept", "call=poll error=\"%s\"", strerror(errno));
        }
        bool is_well = accept_waiting(listener);
        if (fds[1].revents != 0) {
            return NULL;
        }
        if (!is_well) {
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        }
    }
}

enum status listener_start(struct listener *listener)
{
    if (pthread_create(&listener->thread, NULL, listener_main, listener) != 0) {
        return STATUS_EXHAUSTED;
    }
    listener->is_running = true;
    return STATUS_OK;
}

void listener_close(struct listener *listener)
{
    if (listener == NULL) {
        return;
    }
    if (listener->is_running) {
        uint64_t one = 1;
        if (write(listener->stop_fd, &one, sizeof one) != sizeof one) {
            log_error("listen", "call=write error=\"%s\"", strerror(errno));
        }
        pthread_join(listener->thread, NULL);
    }
    close(listener->stop_fd);
    free(listener);
}
