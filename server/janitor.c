/*
 * Deadlines, lingering sockets and the log's beat. How a client is cut without both
 * threads writing to its socket: client.h.
 */
#include "server/janitor.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/await.h"
#include "server/suspend.h"
#include "server/wire/client.h"
#include "server/config/config.h"
#include "server/wire/lane.h"
#include "server/wire/peer.h"
#include "server/request.h"
#include "server/server.h"
#include "server/store/verifier.h"
#include "server/tasks.h"

enum {
    BEAT_MS = 100,
    IDLE_EVERY = 10,            /* beats between looks at idle connections: each is a system call */
    FRESH_US = 2 * 1000 * 1000, /* connections that were busy this recently are looked at each beat */
    LINGER_MAX = 256,
    LATE_MAX = 256,
    LINGER_US = 2 * 1000 * 1000,
    LINGER_BYTES_A_TURN = 1 << 20,
    STOP_GRACE_US = 1000 * 1000 /* an idle connection gets this long to bring its next request before a stop closes it */
};

struct lingering {
    int fd;
    int64_t until_us;
};

struct janitor {
    struct server *server;
    pthread_t thread;
    int wake_fd;
    pthread_mutex_t lock;
    bool is_stopping;   /* under lock */
    bool is_watching;   /* under lock, which is held while clients are looked at */
    struct lingering lingering[LINGER_MAX]; /* under lock; the thread alone removes */
    size_t lingering_count;
    unsigned beat;      /* the thread's own, like all below */
    int64_t now_us;
    int64_t stop_us;    /* when the stop was seen; 0: not yet */
};

/* Says that the client is late. Its loop refuses the request once it reads, which it does now: what was the end of
 * what can be read is an event. */
static void cut(struct client *client, const char *phase)
{
    if (atomic_exchange(&client->is_late, true)) {
        return;
    }
    shutdown(client->fd, SHUT_RD);
    log_warn("client_cut", "remote=%s phase=%s", client->address, phase);
}

/* Ends a reply that is not taken, or drop by drop; the library's own time-out begins anew with each drop. */
static void cut_reply(const struct janitor *janitor, struct client *client)
{
    int64_t until_us = atomic_load_explicit(&client->until_us, memory_order_relaxed);
    if (until_us > 0 && janitor->now_us > until_us && !atomic_exchange(&client->is_late, true)) {
        shutdown(client->fd, SHUT_RDWR);
        log_warn("client_cut", "remote=%s phase=reply", client->address);
    }
}

/* libmicrohttpd 0.9.75 reads what came together with the client's end of sending, and then
 * waits for an event that has passed already. This makes a new one. It takes nothing from a client that has
 * only ended its own side: what it sent stays readable, and the way back stays open. */
static void poke_if_sending_ended(const struct client *client)
{
    struct pollfd socket = {.fd = client->fd, .events = POLLRDHUP};
    if (poll(&socket, 1, 0) > 0 && (socket.revents & POLLRDHUP) != 0) {
        shutdown(client->fd, SHUT_RD);
    }
}

/* Closes an idle connection once the service stops; one that has just sent something
 * still gets its reply. */
static void tell_idle(struct janitor *janitor, struct client *client)
{
    int unread = 0;
    if (client->is_told || janitor->now_us - janitor->stop_us < STOP_GRACE_US ||
        janitor->now_us - atomic_load(&client->since_us) < STOP_GRACE_US ||
        ioctl(client->fd, FIONREAD, &unread) != 0 || unread > 0) {
        return;
    }
    client->is_told = true;
    shutdown(client->fd, SHUT_RD);
}

static void look_at_client(void *context, struct client *client)
{
    struct janitor *janitor = context;
    const struct config *config = janitor->server->config;
    int64_t header_us = peer_patience_us(client->is_guest, config->header_timeout_s);
    int64_t request_us = peer_patience_us(client->is_guest, config->request_timeout_s);
    int64_t since_us = atomic_load(&client->since_us);
    switch (client_phase(client)) {
    case CLIENT_IDLE:
        if (janitor->now_us - since_us < FRESH_US || janitor->beat % IDLE_EVERY == 0) {
            poke_if_sending_ended(client);
        }
        if (client->is_guest && janitor->now_us - since_us > header_us) {
            cut(client, "idle");
        } else if (atomic_load(&janitor->server->is_stopping)) {
            tell_idle(janitor, client);
        }
        return;
    case CLIENT_HEAD:
        poke_if_sending_ended(client);
        if (janitor->now_us - since_us > header_us) {
            cut(client, "header");
        }
        return;
    case CLIENT_BODY:
        poke_if_sending_ended(client);
        if (janitor->now_us - since_us > request_us) {
            cut(client, "body");
        }
        return;
    case CLIENT_WORKING:
        return;
    case CLIENT_REPLYING:
        cut_reply(janitor, client);
        return;
    }
}

/* Those that have waited too long; where there are more, the next beat sees to them. */
struct late {
    struct request *requests[LATE_MAX];
    size_t count;
    int64_t now_us;
};

static void look_at_waiting(void *context, struct request *request)
{
    struct late *late = context;
    if (late->count < LATE_MAX && !request->is_late && await_take_late(request, late->now_us)) {
        late->requests[late->count++] = request;
    }
}

static void wake_late(struct janitor *janitor, struct lane *lane)
{
    struct late late = {.count = 0, .now_us = janitor->now_us};
    lane_each_waiting(lane, look_at_waiting, &late);
    for (size_t i = 0; i < late.count; i++) { /* suspended until now, so they are still there */
        suspend_wake(late.requests[i]);
    }
}

static void look_at_clients(struct janitor *janitor)
{
    if (janitor->stop_us == 0 && atomic_load(&janitor->server->is_stopping)) {
        janitor->stop_us = janitor->now_us;
    }
    pthread_mutex_lock(&janitor->lock);
    if (janitor->is_watching) {
        for (size_t i = 0; i < janitor->server->loop_count; i++) {
            lane_each_client(janitor->server->lanes[i], look_at_client, janitor);
            wake_late(janitor, janitor->server->lanes[i]);
        }
        tasks_tick(janitor->server->tasks);
    }
    pthread_mutex_unlock(&janitor->lock);
}

/* Reads what has come. True: nothing more will. */
static bool read_out(int fd)
{
    char bytes[16 * 1024];
    for (size_t total = 0; total < LINGER_BYTES_A_TURN;) {
        ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got <= 0) {
            return got == 0;
        }
        total += (size_t)got;
    }
    return false;
}

static void read_out_lingering(struct janitor *janitor, const struct pollfd *sockets, size_t count)
{
    pthread_mutex_lock(&janitor->lock);
    for (size_t i = count; i-- > 0;) {
        bool is_over = janitor->now_us > janitor->lingering[i].until_us;
        if (sockets[i].revents != 0 && read_out(sockets[i].fd)) {
            is_over = true;
        }
        if ((sockets[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            is_over = true;
        }
        if (is_over) {
            close(janitor->lingering[i].fd);
            janitor->lingering[i] = janitor->lingering[--janitor->lingering_count];
        }
    }
    pthread_mutex_unlock(&janitor->lock);
}

void janitor_linger(struct janitor *janitor, int fd)
{
    uint64_t one = 1;
    pthread_mutex_lock(&janitor->lock);
    bool is_kept = janitor->lingering_count < LINGER_MAX && !janitor->is_stopping;
    if (is_kept) {
        janitor->lingering[janitor->lingering_count++] =
            (struct lingering){.fd = fd, .until_us = clock_steady_us() + LINGER_US};
    }
    pthread_mutex_unlock(&janitor->lock);
    if (!is_kept) {
        close(fd);
    } else if (write(janitor->wake_fd, &one, sizeof one) < 0) {
        return; /* the next beat sees it */
    }
}

static void *janitor_main(void *context)
{
    struct janitor *janitor = context;
    struct pollfd sockets[LINGER_MAX + 1];
    int64_t beat_us = clock_steady_us();
    for (bool is_over = false; !is_over;) {
        pthread_mutex_lock(&janitor->lock);
        size_t count = janitor->lingering_count;
        for (size_t i = 0; i < count; i++) {
            sockets[i] = (struct pollfd){.fd = janitor->lingering[i].fd, .events = POLLIN};
        }
        is_over = janitor->is_stopping;
        pthread_mutex_unlock(&janitor->lock);
        sockets[count] = (struct pollfd){.fd = janitor->wake_fd, .events = POLLIN};
        int64_t wait_us = beat_us + BEAT_MS * 1000 - clock_steady_us();
        poll(sockets, count + 1, wait_us > 0 ? (int)(wait_us / 1000) + 1 : 0);
        uint64_t woken;
        ssize_t got = sockets[count].revents != 0 ? read(janitor->wake_fd, &woken, sizeof woken) : 0;
        (void)got;
        janitor->now_us = clock_steady_us();
        read_out_lingering(janitor, sockets, count);
        if (janitor->now_us - beat_us >= BEAT_MS * 1000) {
            beat_us = janitor->now_us;
            janitor->beat++;
            log_flush();
            look_at_clients(janitor);
            verifier_tick(janitor->server->service.verifier);
        }
    }
    return NULL;
}

enum status janitor_open(struct server *server, struct janitor **janitor)
{
    struct janitor *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->server = server;
    opened->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened->wake_fd < 0) {
        free(opened);
        return STATUS_EXHAUSTED;
    }
    pthread_mutex_init(&opened->lock, NULL);
    if (pthread_create(&opened->thread, NULL, janitor_main, opened) != 0) {
        pthread_mutex_destroy(&opened->lock);
        close(opened->wake_fd);
        free(opened);
        return STATUS_EXHAUSTED;
    }
    *janitor = opened;
    return STATUS_OK;
}

void janitor_watch(struct janitor *janitor)
{
    pthread_mutex_lock(&janitor->lock);
    janitor->is_watching = true;
    pthread_mutex_unlock(&janitor->lock);
}

void janitor_unwatch(struct janitor *janitor)
{
    pthread_mutex_lock(&janitor->lock);
    janitor->is_watching = false;
    pthread_mutex_unlock(&janitor->lock);
}

void janitor_close(struct janitor *janitor)
{
    uint64_t one = 1;
    if (janitor == NULL) {
        return;
    }
    pthread_mutex_lock(&janitor->lock);
    janitor->is_stopping = true;
    pthread_mutex_unlock(&janitor->lock);
    ssize_t written = write(janitor->wake_fd, &one, sizeof one);
    (void)written; /* else the beat ends the wait */
    pthread_join(janitor->thread, NULL);
    for (size_t i = 0; i < janitor->lingering_count; i++) {
        close(janitor->lingering[i].fd);
    }
    pthread_mutex_destroy(&janitor->lock);
    close(janitor->wake_fd);
    free(janitor);
}
