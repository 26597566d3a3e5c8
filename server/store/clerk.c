/*
 * One thread that sleeps, and now and then carries what callers.c remembers into node.db.
 */
#include "server/store/clerk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "db/node.h"

enum { EVERY_S = 60, AT_ONCE = 1024 /* in one transaction */ };

struct clerk {
    struct callers *callers;
    struct node *node; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping; /* under lock */
};

static enum status store_uses(struct node *node, const struct caller_use *uses, size_t count)
{
    enum status status = node_begin(node);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = node_token_touch(node, uses[i].hash, uses[i].used_at_ms);
    }
    if (status == STATUS_OK) {
        return node_commit(node);
    }
    node_rollback(node);
    return status;
}

static void write_down(struct clerk *clerk)
{
    struct caller_use uses[AT_ONCE];
    for (size_t count = AT_ONCE; count == AT_ONCE;) {
        count = callers_take(clerk->callers, uses, AT_ONCE);
        enum status status = count > 0 ? store_uses(clerk->node, uses, count) : STATUS_OK;
        if (status != STATUS_OK) {
            log_warn("clerk", "the last use of %zu tokens was not stored: %s", count, status_name(status));
        }
    }
}

static void *clerk_main(void *context)
{
    struct clerk *clerk = context;
    bool is_over = false;
    while (!is_over) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += EVERY_S;
        pthread_mutex_lock(&clerk->lock);
        while (!clerk->is_stopping && pthread_cond_timedwait(&clerk->wake, &clerk->lock, &until) == 0) {
        }
        is_over = clerk->is_stopping;
        pthread_mutex_unlock(&clerk->lock);
        write_down(clerk);
    }
    return NULL;
}

static void parts_init(struct clerk *clerk)
{
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&clerk->wake, &steady);
    pthread_condattr_destroy(&steady);
    pthread_mutex_init(&clerk->lock, NULL);
}

static void parts_fini(struct clerk *clerk)
{
    pthread_mutex_destroy(&clerk->lock);
    pthread_cond_destroy(&clerk->wake);
    node_close(clerk->node);
    free(clerk);
}

enum status clerk_open(const char *node_path, struct callers *callers, struct clerk **out)
{
    struct clerk *clerk = calloc(1, sizeof *clerk);
    if (clerk == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = node_open(node_path, true, &clerk->node);
    if (status != STATUS_OK) {
        free(clerk);
        return status;
    }
    clerk->callers = callers;
    parts_init(clerk);
    if (pthread_create(&clerk->thread, NULL, clerk_main, clerk) != 0) {
        parts_fini(clerk);
        return STATUS_EXHAUSTED;
    }
    *out = clerk;
    return STATUS_OK;
}

void clerk_close(struct clerk *clerk)
{
    if (clerk == NULL) {
        return;
    }
    pthread_mutex_lock(&clerk->lock);
    clerk->is_stopping = true;
    pthread_cond_signal(&clerk->wake);
    pthread_mutex_unlock(&clerk->lock);
    pthread_join(clerk->thread, NULL);
    parts_fini(clerk);
}
