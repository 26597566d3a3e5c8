#ifndef HANDLERS_JOBS_H
#define HANDLERS_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "handlers/exchange.h"

/* Computations that outlive the request that asked for them: whoever holds the id may look and cancel. */

enum handled jobs_get(struct exchange *exchange);
enum handled jobs_delete(struct exchange *exchange);

enum { JOB_ID_BYTES = 33 /* 128 random bits in hexadecimal digits */ };

/* A computation that has not ended. */
struct job_view {
    char id[JOB_ID_BYTES];
    bool is_running;   /* false: it waits for its turn */
    int progress;      /* how much of it is done, in thousandths; -1: nobody knows */
};

enum job_look {
    JOB_ABSENT,     /* there is none of that id, or no longer */
    JOB_UNFINISHED, /* the view is filled */
    JOB_FINISHED    /* its answer is the reply */
};

/* What the handlers need of the server (server/tasks.h). Any thread. */
struct job_desk {
    /* The answer, or the problem, of a finished one is made the reply of exchange. */
    enum job_look (*look)(struct job_desk *desk, const char *id, struct exchange *exchange, struct job_view *view);
    /* Ends it, and forgets its answer. False: there is none of that id. */
    bool (*drop)(struct job_desk *desk, const char *id);
};

/* The reply 202 to whoever asked for the computation. is_wished: by Prefer: respond-async. */
void jobs_accept(struct exchange *exchange, const struct job_view *view, bool is_wished);

#endif
