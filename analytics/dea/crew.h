#ifndef ANALYTICS_DEA_CREW_H
#define ANALYTICS_DEA_CREW_H

/*
 * Work cut into items and shared out among a few threads. Internal to analytics/. Each item is worked out from the data
 * alone and written to a place of its own, so that it does not matter who takes which: what is made of all of them is made
 * afterwards, by the caller, in their order.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/dea.h"
#include "base/status.h"

struct parallel;

/* One analysis's threads, and what all of them know. */
struct dea_crew {
    size_t threads;
    bool (*is_cancelled)(void *); /* the caller's, or NULL; asked on the caller's thread alone */
    void (*progress)(void *, size_t done, size_t due); /* the same */
    void *context;                /* handed to both */
    struct parallel *pool;        /* NULL for one thread */
    pthread_t caller;
    size_t due;                   /* of all that will be done by the crew; set by whoever opens it */
    atomic_size_t done;
    atomic_bool is_stopped;
};

/* One kind of work. A hand is a thread's own memory: begin makes it from zeros, end frees it on the same thread. */
struct dea_crew_work {
    size_t count;     /* items */
    size_t at_once;   /* so many in a row are one thread's; at least 1 */
    bool is_silent;   /* the items call dea_crew_tell themselves, as often as is due */
    size_t hand_size; /* at least 1 */
    enum status (*begin)(void *hand, void *context); /* what it got stays on failure: end is called all the same */
    enum status (*item)(void *hand, size_t index);   /* other than STATUS_OK ends the work */
    void (*end)(void *hand);
    void (*gather)(void *context, const void *hand); /* NULL, or called for each hand in turn, by the caller, after end */
    void *context;
};

/* Threads for a crew that has so many items at least; 1 thread or few items need none. STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_crew_open(struct dea_crew *crew, size_t threads, size_t items);
void dea_crew_close(struct dea_crew *crew);

/* Does all items. Returns STATUS_OK; STATUS_BUSY when the crew was cancelled; else the first failure there was. */
NODISCARD enum status dea_crew_run(struct dea_crew *crew, const struct dea_crew_work *work);

/* Whether all is over; crew is a struct dea_crew. Asks the caller's function on the caller's thread; others hear of it. */
bool dea_crew_is_stopped(void *crew);

/* One more is done. Any thread; the caller's tells of it. */
void dea_crew_tell(struct dea_crew *crew);

#endif
