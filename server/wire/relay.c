/*
 * The threads. What they do for a connection: link.c.
 */
#include "server/wire/relay.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/wire/addresses.h"
#include "server/wire/link.h"
#include "server/server.h"

enum { EVENTS = 64, BEAT_MS = 200 };

struct worker {
    pthread_t thread;
    int wake_fd;
    pthread_mutex_t lock;
    struct link *inbox;      /* under lock */
    bool is_stopping;        /* under lock */
    struct link_place place; /* the thread's own */
};

struct relay {
    struct server *server;
    size_t count;
    atomic_size_t next;
    struct worker *workers;
};

static void take_inbox(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct link *link = worker->inbox;
    worker->inbox = NULL;
    pthread_mutex_unlock(&worker->lock);
    while (link != NULL) {
        struct link *next = *link_next(link);
        link_enter(&worker->place, link);
        link = next;
    }
}

static void read_wake(struct worker *worker)
{
    uint64_t woken;
    ssize_t got = read(worker->wake_fd, &woken, sizeof woken);
    (void)got;
}

static void *worker_main(void *context)
{
    struct worker *worker = context;
    struct epoll_event events[EVENTS];
    int64_t beat_us = clock_steady_us();
    for (;;) {
        int count = epoll_wait(worker->place.epoll_fd, events, EVENTS, BEAT_MS);
        worker->place.now_us = clock_steady_us();
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                read_wake(worker);
            } else {
                link_handle(&worker->place, &events[i]);
            }
        }
        take_inbox(worker);
        if (worker->place.now_us - beat_us >= BEAT_MS * 1000) {
            beat_us = worker->place.now_us;
            link_look_at_time(&worker->place);
        }
        link_free_over(&worker->place);
        pthread_mutex_lock(&worker->lock);
        bool is_stopping = worker->is_stopping;
        pthread_mutex_unlock(&worker->lock);
        if (is_stopping) {
            break;
        }
    }
    take_inbox(worker);
    link_end_all(&worker->place);
    return NULL;
}

static void wake(struct worker *worker)
{
    uint64_t one = 1;
    ssize_t written = write(worker->wake_fd, &one, sizeof one);
    (void)written; /* else the beat ends the wait */
}

void relay_add(struct relay *relay, int fd, const struct peer *peer)
{
    struct worker *worker = &relay->workers[atomic_fetch_add(&relay->next, 1) % relay->count];
    struct link *link = link_new(fd, peer);
    if (link == NULL) {
        addresses_leave(relay->server->addresses, fd);
        close(fd);
        return;
    }
    pthread_mutex_lock(&worker->lock);
    *link_next(link) = worker->inbox;
    worker->inbox = link;
    pthread_mutex_unlock(&worker->lock);
    wake(worker);
}

static bool start_worker(struct worker *worker)
{
    pthread_mutex_init(&worker->lock, NULL);
    worker->place.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (worker->place.epoll_fd >= 0 && worker->wake_fd >= 0 &&
        epoll_ctl(worker->place.epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &event) == 0 &&
        pthread_create(&worker->thread, NULL, worker_main, worker) == 0) {
        return true;
    }
    log_error("tls", "error=\"a thread cannot be started: %s\"", strerror(errno));
    close(worker->place.epoll_fd);
    close(worker->wake_fd);
    pthread_mutex_destroy(&worker->lock);
    return false;
}

enum status relay_open(struct server *server, struct tls *tls, size_t threads, struct relay **relay)
{
    struct relay *opened = calloc(1, sizeof *opened);
    struct worker *workers = calloc(threads, sizeof *workers);
    if (opened == NULL || workers == NULL) {
        free(opened);
        free(workers);
        return STATUS_EXHAUSTED;
    }
    opened->server = server;
    opened->workers = workers;
    for (; opened->count < threads; opened->count++) {
        workers[opened->count].place = (struct link_place){.server = server, .tls = tls};
        if (!start_worker(&workers[opened->count])) {
            relay_close(opened);
            return STATUS_EXHAUSTED;
        }
    }
    *relay = opened;
    return STATUS_OK;
}

void relay_close(struct relay *relay)
{
    if (relay == NULL) {
        return;
    }
    for (size_t i = 0; i < relay->count; i++) {
        struct worker *worker = &relay->workers[i];
        pthread_mutex_lock(&worker->lock);
        worker->is_stopping = true;
        pthread_mutex_unlock(&worker->lock);
        wake(worker);
        pthread_join(worker->thread, NULL);
        close(worker->place.epoll_fd);
        close(worker->wake_fd);
        pthread_mutex_destroy(&worker->lock);
    }
    free(relay->workers);
    free(relay);
}
