/*
 * The thread that turns a libmicrohttpd daemon. It waits itself and lets the library look without waiting: version
 * 0.9.75 asks for 128 events, asks again where it got as many, and waits then for a 129th while 128 are at hand
 * (MHD_epoll). What it calls in a turn: bridge.c.
 */
#include "server/wire/loop.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/await.h"
#include "server/wire/bridge.h"
#include "server/wire/lane.h"
#include "server/wire/peer.h"
#include "server/server.h"

enum { WAIT_MS_MAX = 1000, TIDY_US = 1000 * 1000 };

/* A connection on its way to the loop. */
struct arrival {
    struct arrival *next;
    int fd;
    struct peer peer;
};

struct loop {
    struct bridge bridge;
    int events_fd; /* readable while the library has events */
    _Atomic(struct arrival *) inbox; /* the last that came is the first */
    atomic_bool is_stopping;
    bool is_running;
    pthread_t thread;
};

size_t loop_load(const struct loop *loop)
{
    return atomic_load_explicit(&loop->bridge.load, memory_order_relaxed);
}

/* The inbox in the order in which they came; nothing is left in it. */
static struct arrival *take_arrivals(struct loop *loop)
{
    struct arrival *newest = atomic_exchange(&loop->inbox, NULL);
    struct arrival *first = NULL;
    while (newest != NULL) {
        struct arrival *before = newest->next;
        newest->next = first;
        first = newest;
        newest = before;
    }
    return first;
}

static void add_arrivals(struct loop *loop)
{
    for (struct arrival *arrival = take_arrivals(loop), *next = NULL; arrival != NULL; arrival = next) {
        next = arrival->next;
        bridge_add(&loop->bridge, arrival->fd, &arrival->peer);
        free(arrival);
    }
}

static void wait_for_work(struct loop *loop)
{
    struct pollfd fds[2] = {{.fd = loop->events_fd, .events = POLLIN}, {.fd = lane_wake_fd(loop->bridge.lane), .events = POLLIN}};
    unsigned long long wait_ms = WAIT_MS_MAX;
    if (MHD_get_timeout(loop->bridge.daemon, &wait_ms) != MHD_YES || wait_ms > WAIT_MS_MAX) {
        wait_ms = WAIT_MS_MAX;
    }
    if (poll(fds, 2, (int)wait_ms) < 0 && errno != EINTR) {
        log_error("loop", "call=poll error=\"%s\"", strerror(errno));
    }
    if (fds[1].revents != 0) {
        lane_take_wake(loop->bridge.lane);
    }
}

static void *loop_main(void *context)
{
    struct loop *loop = context;
    struct bridge *bridge = &loop->bridge;
    int64_t tidied_us = clock_steady_us();
    intake_enter(&bridge->intake);
    while (!atomic_load(&loop->is_stopping)) {
        uint64_t calls = bridge->calls;
        if (atomic_load_explicit(&loop->inbox, memory_order_relaxed) != NULL) {
            add_arrivals(loop);
        }
        bool has_more = await_turn(bridge->lane);
        MHD_run(bridge->daemon);
        if (bridge->calls == calls && !has_more) { /* else there is more, often enough to look before waiting */
            wait_for_work(loop);
        }
        int64_t now_us = clock_steady_us();
        if (now_us - tidied_us > TIDY_US) {
            tidied_us = now_us;
            bridge_tidy(bridge);
        }
    }
    return NULL;
}

void loop_add(struct loop *loop, int fd, const struct peer *peer)
{
    struct arrival *arrival = malloc(sizeof *arrival);
    atomic_fetch_add_explicit(&loop->bridge.load, 1, memory_order_relaxed);
    if (arrival == NULL) {
        bridge_forget(&loop->bridge, fd, peer);
        close(fd);
        return;
    }
    arrival->fd = fd;
    arrival->peer = *peer;
    arrival->next = atomic_load(&loop->inbox);
    while (!atomic_compare_exchange_weak(&loop->inbox, &arrival->next, arrival)) {
    }
    lane_wake(loop->bridge.lane);
}

static struct loop *least_loaded(struct server *server)
{
    size_t first = atomic_fetch_add_explicit(&server->next_loop, 1, memory_order_relaxed);
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

void loop_deal(struct server *server, int fd, const struct peer *peer)
{
    loop_add(least_loaded(server), fd, peer);
}

static enum status start(struct loop *loop)
{
    loop->events_fd = MHD_get_daemon_info(loop->bridge.daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (pthread_create(&loop->thread, NULL, loop_main, loop) != 0) {
        log_error("loop_start", "error=\"%s\"", strerror(errno));
        return STATUS_EXHAUSTED;
    }
    loop->is_running = true;
    return STATUS_OK;
}

enum status loop_open(struct server *server, struct lane *lane, struct loop **loop)
{
    struct loop *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = bridge_open(&opened->bridge, server, lane);
    if (status == STATUS_OK) {
        status = start(opened);
    }
    if (status != STATUS_OK) {
        loop_close(opened);
        return status;
    }
    *loop = opened;
    return STATUS_OK;
}

void loop_close(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    if (loop->is_running) {
        atomic_store(&loop->is_stopping, true);
        lane_wake(loop->bridge.lane);
        pthread_join(loop->thread, NULL);
    }
    for (struct arrival *arrival = take_arrivals(loop), *next = NULL; arrival != NULL; arrival = next) {
        next = arrival->next;
        bridge_forget(&loop->bridge, arrival->fd, &arrival->peer);
        close(arrival->fd);
        free(arrival);
    }
    bridge_close(&loop->bridge);
    free(loop);
}
