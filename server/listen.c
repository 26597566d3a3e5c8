/*
 * Listening and accepting. What becomes of a connection: loop.c.
 */
#include "server/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "server/addresses.h"
#include "server/canned.h"
#include "server/janitor.h"
#include "server/loop.h"
#include "server/server.h"
#include "server/tell.h"

enum { HOST_BYTES = 256, PORT_BYTES = 8, BACKLOG = 1024, PAUSE_MS = 50 };

struct listener {
    int fd;
    int stop_fd;
    struct server *server;
    size_t next_loop; /* where the search for the least loaded starts */
    bool is_running;
    pthread_t thread;
};

/* Splits HOST:PORT or [HOST]:PORT. */
static bool split_address(const char *address, char host[HOST_BYTES], char port[PORT_BYTES])
{
    const char *colon = strrchr(address, ':');
    int64_t number = -1;
    if (colon == NULL || text_to_integer(colon + 1, &number) != STATUS_OK || number < 0 || number > 65535 ||
        strlen(colon + 1) >= PORT_BYTES) {
        return false;
    }
    size_t length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length) != NULL) {
        return false; /* IPv6 stands in brackets */
    }
    if (length == 0 || length >= HOST_BYTES) {
        return false;
    }
    memcpy(host, address, length);
    host[length] = 0;
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static int bind_one(const struct addrinfo *info)
{
    int one = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void write_url(const struct listener *listener, const char *host, char *url, size_t url_bytes)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    unsigned port = 0;
    if (getsockname(listener->fd, (struct sockaddr *)&bound, &length) == 0) {
        port = bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port)
                                           : ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    }
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(url, url_bytes, "http://%s%s%s:%u", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

bool listener_address_is_sound(const char *address)
{
    char host[HOST_BYTES];
    char port[PORT_BYTES];
    return split_address(address, host, port);
}

/* What would work instead of an address that cannot be bound. */
static const char *advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "Another program, perhaps another Tallystick, listens there: stop it, or take another port by --listen HOST:PORT "
               "(port 0: a free one)";
    case EACCES:
        return "Ports below 1024 are kept for privileged programs: take a greater one by --listen HOST:PORT";
    case EADDRNOTAVAIL:
        return "This machine has no such address: 127.0.0.1 serves this machine alone, 0.0.0.0 everybody who reaches it";
    default:
        return "Another address can be given by --listen HOST:PORT";
    }
}

enum status listener_open(const char *address, char *url, size_t url_bytes, struct listener **listener)
{
    char host[HOST_BYTES];
    char port[PORT_BYTES];
    char quoted[HOST_BYTES + PORT_BYTES];
    log_quote(quoted, sizeof quoted, address);
    if (!split_address(address, host, port)) {
        tell("%s is not HOST:PORT, with [brackets] around IPv6", quoted);
        return STATUS_INVALID;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        tell("cannot listen on %s: %s. Give this machine's name or address by --listen HOST:PORT, as 127.0.0.1:8080", quoted,
             gai_strerror(error));
        return STATUS_INVALID;
    }
    struct listener *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        freeaddrinfo(found);
        return STATUS_EXHAUSTED;
    }
    opened->fd = -1;
    for (const struct addrinfo *info = found; info != NULL && opened->fd < 0; info = info->ai_next) {
        opened->fd = bind_one(info);
    }
    error = errno;
    freeaddrinfo(found);
    opened->stop_fd = opened->fd >= 0 ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (opened->stop_fd < 0) {
        tell("cannot listen on %s: %s. %s", quoted, strerror(error), advice(error));
        if (opened->fd >= 0) {
            close(opened->fd);
        }
        free(opened);
        return STATUS_IO;
    }
    write_url(opened, host, url, url_bytes);
    *listener = opened;
    return STATUS_OK;
}

static struct loop *least_loaded(struct listener *listener)
{
    const struct server *server = listener->server;
    size_t first = listener->next_loop++;
    struct loop *best = server->loops[first % server->loop_count];
    size_t best_load = loop_load(best);
    for (size_t i = 1; i < server->loop_count; i++) {
        struct loop *other = server->loops[(first + i) % server->loop_count];
        size_t load = loop_load(other);
        if (load < best_load) {
            best = other;
            best_load = load;
        }
    }
    return best;
}

static void deal(struct listener *listener, int fd, const struct sockaddr *peer, socklen_t peer_length)
{
    if (addresses_enter(listener->server->addresses, fd, peer) != STATUS_OK) {
        canned_send(fd, CANNED_BUSY);
        shutdown(fd, SHUT_WR);
        janitor_linger(listener->server->janitor, fd);
        return;
    }
    loop_add(least_loaded(listener), fd, peer, peer_length);
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
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        int fd = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            deal(listener, fd, (struct sockaddr *)&peer, length);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return true;
        }
        if (!is_passing(errno)) {
            log_warn("accept", "error=\"%s\"", strerror(errno));
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

enum status listener_start(struct listener *listener, struct server *server)
{
    listener->server = server;
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
    close(listener->fd);
    close(listener->stop_fd);
    free(listener);
}
