/*
 * A table of fixed size under one lock (base/places.h). It is asked only where a limit is configured.
 */
#include "server/limiter.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/places.h"

enum { BUCKETS = 2048 };

static const int64_t second_us = 1000000;
static const int64_t window_us = LIMITER_WINDOW_S * (int64_t)1000000;

struct caller {
    struct place full_us; /* when the caller has its whole quota again */
    uint8_t key[LIMITER_KEY_BYTES];
};

struct limiter {
    pthread_mutex_t lock;
    struct places callers;
};

enum status limiter_open(struct limiter **limiter)
{
    struct limiter *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = places_open(&opened->callers, BUCKETS, sizeof(struct caller), offsetof(struct caller, key), LIMITER_KEY_BYTES);
    if (status != STATUS_OK) {
        places_close(&opened->callers);
        free(opened);
        return status;
    }
    pthread_mutex_init(&opened->lock, NULL);
    *limiter = opened;
    return STATUS_OK;
}

void limiter_close(struct limiter *limiter)
{
    if (limiter != NULL) {
        pthread_mutex_destroy(&limiter->lock);
        places_close(&limiter->callers);
        free(limiter);
    }
}

static int64_t seconds_up(int64_t us)
{
    return (us + second_us - 1) / second_us;
}

void limiter_take(struct limiter *limiter, const void *key, size_t length, int64_t quota, int64_t now_us,
                  struct limiter_view *view)
{
    uint8_t padded[LIMITER_KEY_BYTES] = {0};
    const int64_t each_us = window_us / quota;
    assert(quota >= 1);
    memcpy(padded, key, length < sizeof padded ? length : sizeof padded);
    pthread_mutex_lock(&limiter->lock);
    struct caller *caller = places_take(&limiter->callers, padded);
    int64_t from_us = caller->full_us.stamp > now_us ? caller->full_us.stamp : now_us;
    const bool is_within = from_us + each_us - now_us <= window_us;
    caller->full_us.stamp = is_within ? from_us + each_us : from_us;
    const int64_t used_us = caller->full_us.stamp - now_us;
    pthread_mutex_unlock(&limiter->lock);
    *view = (struct limiter_view){.quota = quota, .reset_s = seconds_up(used_us)};
    if (is_within) {
        view->remaining = (window_us - used_us) / each_us;
    } else {
        view->wait_s = seconds_up(used_us + each_us - window_us);
    }
}
