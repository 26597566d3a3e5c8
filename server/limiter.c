/*
 * A table of fixed size under one lock, in which a caller has a few places. It is asked only where a limit is configured.
 */
#include "server/limiter.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { BUCKETS = 2048, PLACES = 4 };

static const int64_t second_us = 1000000;
static const int64_t window_us = LIMITER_WINDOW_S * (int64_t)1000000;

/* full_us: when the caller has its whole quota again; 0: the place is free. */
struct caller {
    uint8_t key[LIMITER_KEY_BYTES];
    int64_t full_us;
};

struct limiter {
    pthread_mutex_t lock;
    uint64_t seed;
    struct caller callers[BUCKETS][PLACES];
};

enum status limiter_open(struct limiter **limiter)
{
    struct limiter *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = random_bytes(&opened->seed, sizeof opened->seed);
    if (status != STATUS_OK) {
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
        free(limiter);
    }
}

static size_t bucket_of(const struct limiter *limiter, const uint8_t key[LIMITER_KEY_BYTES])
{
    uint64_t hash = limiter->seed;
    for (size_t i = 0; i < LIMITER_KEY_BYTES; i++) {
        hash = (hash ^ key[i]) * 1099511628211u;
    }
    return (hash ^ hash >> 32) % BUCKETS;
}

/* The caller's place; where it has none, that of the one that has most left. */
static struct caller *take_place(struct limiter *limiter, const uint8_t key[LIMITER_KEY_BYTES])
{
    struct caller *places = limiter->callers[bucket_of(limiter, key)];
    struct caller *oldest = places;
    for (size_t i = 0; i < PLACES; i++) {
        if (places[i].full_us != 0 && memcmp(places[i].key, key, LIMITER_KEY_BYTES) == 0) {
            return &places[i];
        }
        oldest = places[i].full_us < oldest->full_us ? &places[i] : oldest;
    }
    memcpy(oldest->key, key, LIMITER_KEY_BYTES);
    oldest->full_us = 0;
    return oldest;
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
    struct caller *caller = take_place(limiter, padded);
    int64_t from_us = caller->full_us > now_us ? caller->full_us : now_us;
    const bool is_within = from_us + each_us - now_us <= window_us;
    caller->full_us = is_within ? from_us + each_us : from_us;
    const int64_t used_us = caller->full_us - now_us;
    pthread_mutex_unlock(&limiter->lock);
    *view = (struct limiter_view){.quota = quota, .reset_s = seconds_up(used_us)};
    if (is_within) {
        view->remaining = (window_us - used_us) / each_us;
    } else {
        view->wait_s = seconds_up(used_us + each_us - window_us);
    }
}
