/*
 * Connections and cache belong to the lane's thread alone and need no lock; the list of
 * clients has one, since the janitor walks it too.
 */
#include "server/wire/lane.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "db/node.h"
#include "server/cache.h"
#include "server/wire/client.h"
#include "server/request.h"
#include "server/wire/patience.h"
#include "server/wire/turn.h"

struct lane {
    int wake_fd;
    struct db *db;
    struct node *node;
    struct cache *cache;
    struct turn turn;
    struct patience patience;
    pthread_mutex_t clients_lock;
    struct client *clients;  /* under the lock, like their previous and next */
    struct request *waiting; /* so are these */
};

static bool may_go_on(void *context)
{
    return patience_lasts(context, clock_steady_us());
}

enum status lane_open(const char *db_path, const char *node_path, struct lane **lane)
{
    struct lane *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    pthread_mutex_init(&opened->clients_lock, NULL);
    enum status status = STATUS_OK;
    opened->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened->wake_fd < 0) {
        log_error("lane", "call=eventfd error=\"%s\"", strerror(errno));
        status = STATUS_EXHAUSTED;
    }
    if (status == STATUS_OK) {
        status = cache_open(&opened->cache);
    }
    if (status == STATUS_OK) {
        status = db_open_reader_beside(db_path, &opened->db);
    }
    if (status == STATUS_OK) {
        status = node_open(node_path, false, &opened->node);
    }
    if (status != STATUS_OK) {
        lane_close(opened);
        return status;
    }
    db_watch(opened->db, may_go_on, &opened->patience);
    *lane = opened;
    return STATUS_OK;
}

void lane_close(struct lane *lane)
{
    if (lane == NULL) {
        return;
    }
    assert(lane->clients == NULL && lane->waiting == NULL);
    cache_close(lane->cache);
    db_close(lane->db);
    node_close(lane->node);
    pthread_mutex_destroy(&lane->clients_lock);
    if (lane->wake_fd >= 0) {
        close(lane->wake_fd);
    }
    free(lane);
}

struct db *lane_db(const struct lane *lane)
{
    return lane->db;
}

struct node *lane_node(const struct lane *lane)
{
    return lane->node;
}

struct cache *lane_cache(const struct lane *lane)
{
    return lane->cache;
}

struct turn *lane_turn(struct lane *lane)
{
    return &lane->turn;
}

struct patience *lane_patience(struct lane *lane)
{
    return &lane->patience;
}

void lane_wake(const struct lane *lane)
{
    uint64_t one = 1;
    ssize_t written = write(lane->wake_fd, &one, sizeof one);
    (void)written; /* full: it is awake already */
}

int lane_wake_fd(const struct lane *lane)
{
    return lane->wake_fd;
}

void lane_take_wake(const struct lane *lane)
{
    uint64_t woken;
    ssize_t got = read(lane->wake_fd, &woken, sizeof woken);
    (void)got;
}

void lane_enter(struct lane *lane, struct client *client)
{
    pthread_mutex_lock(&lane->clients_lock);
    client->next = lane->clients;
    if (lane->clients != NULL) {
        lane->clients->previous = client;
    }
    lane->clients = client;
    pthread_mutex_unlock(&lane->clients_lock);
}

void lane_leave(struct lane *lane, struct client *client)
{
    pthread_mutex_lock(&lane->clients_lock);
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        lane->clients = client->next;
    }
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    pthread_mutex_unlock(&lane->clients_lock);
}

void lane_wait(struct lane *lane, struct request *request)
{
    pthread_mutex_lock(&lane->clients_lock);
    assert(!request->is_listed);
    request->previous_waiting = NULL;
    request->next_waiting = lane->waiting;
    if (lane->waiting != NULL) {
        lane->waiting->previous_waiting = request;
    }
    lane->waiting = request;
    request->is_listed = true;
    pthread_mutex_unlock(&lane->clients_lock);
}

void lane_waited(struct lane *lane, struct request *request)
{
    pthread_mutex_lock(&lane->clients_lock);
    if (request->is_listed) {
        request->is_listed = false;
        if (request->previous_waiting != NULL) {
            request->previous_waiting->next_waiting = request->next_waiting;
        } else {
            lane->waiting = request->next_waiting;
        }
        if (request->next_waiting != NULL) {
            request->next_waiting->previous_waiting = request->previous_waiting;
        }
    }
    pthread_mutex_unlock(&lane->clients_lock);
}

void lane_each_waiting(struct lane *lane, void (*visit)(void *context, struct request *request), void *context)
{
    pthread_mutex_lock(&lane->clients_lock);
    for (struct request *request = lane->waiting; request != NULL; request = request->next_waiting) {
        visit(context, request);
    }
    pthread_mutex_unlock(&lane->clients_lock);
}

void lane_each_client(struct lane *lane, void (*visit)(void *context, struct client *client), void *context)
{
    pthread_mutex_lock(&lane->clients_lock);
    for (struct client *client = lane->clients; client != NULL; client = client->next) {
        visit(context, client);
    }
    pthread_mutex_unlock(&lane->clients_lock);
}
