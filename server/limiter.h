#ifndef SERVER_LIMITER_H
#define SERVER_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * How many requests a minute a caller may send. The generic cell rate algorithm (ITU-T I.371, annex A): one time a caller
 * says all, quotas come back evenly, and a caller who was silent for a minute has all of them. Memory is fixed: where there
 * is no more room, who has most of its quota left is forgotten. Any thread.
 */
struct limiter;

enum { LIMITER_WINDOW_S = 60, LIMITER_KEY_BYTES = 24 };

/* What is left to a caller. */
struct limiter_view {
    int64_t quota;     /* requests in LIMITER_WINDOW_S */
    int64_t remaining;
    int64_t reset_s;   /* until the whole quota is there again */
    int64_t wait_s;    /* 0: this request is within the quota; else seconds until the next one will be */
};

enum status limiter_open(struct limiter **limiter) NODISCARD;
void limiter_close(struct limiter *limiter); /* NULL does nothing */

/* A request of the caller who is named by key (of a longer one the first LIMITER_KEY_BYTES count), at a steady time. quota >= 1. */
void limiter_take(struct limiter *limiter, const void *key, size_t length, int64_t quota, int64_t now_us,
                  struct limiter_view *view);

#endif
