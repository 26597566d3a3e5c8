#ifndef HANDLERS_ANALYSIS_WATCH_H
#define HANDLERS_ANALYSIS_WATCH_H

/*
 * What a long computation tells its job, and asks of it. A computation is cut into phases, each of which is a share of the
 * whole and tells of itself alone; the job hears how much of the whole is done, which never falls. One thread.
 */

#include <stdbool.h>
#include <stddef.h>

struct exchange;

struct analysis_watch {
    struct exchange *exchange;
    size_t whole;  /* shares in all */
    size_t before; /* of the phases that are over */
    size_t share;  /* of the one under way; 0 before the first */
    bool is_told;  /* the job has heard something */
    size_t told;   /* the most that it heard of */
};

/* A computation of so many shares, of which none is under way. */
struct analysis_watch analysis_watch_begin(struct exchange *exchange, size_t whole);

/* The phase under way is over, and one of so many shares begins. All phases together have no more than the whole. */
void analysis_watch_next(struct analysis_watch *watch, size_t share);

/* For analytics, whose context is the watch. What begins with 0 again is told of once it has come farther than before. */
bool analysis_watch_is_cancelled(void *watch);
void analysis_watch_progress(void *watch, size_t done, size_t count);

#endif
