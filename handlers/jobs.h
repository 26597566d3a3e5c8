#ifndef HANDLERS_JOBS_H
#define HANDLERS_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "handlers/exchange.h"
#include "handlers/tag.h"

struct condition;

/* Computations that outlive the request that asked for them: whoever holds the id may look and cancel. */

enum handled jobs_get(struct exchange *exchange);
enum handled jobs_delete(struct exchange *exchange);

/* GET /jobs/{id}/events: HANDLED_STREAM of what becomes of it (STREAM_JOB), behind Last-Event-ID. */
enum handled jobs_follow(struct exchange *exchange);

enum { JOB_ID_BYTES = 33 /* 128 random bits in hexadecimal digits */ };

/*
 * How far a job is, as one number that never falls: the id of the event that tells of it. So a follower who names the last one
 * that it has seen lacks nothing: whatever is behind it is told by the newest one, and the end has the highest.
 */
enum job_at {
    JOB_AT_WAITING = 1,
    JOB_AT_RUNNING = 2, /* nobody knows how much is done */
    JOB_AT_SHARE = 3,   /* and so many thousandths, 999 at most */
    JOB_AT_DONE = 1003,
    JOB_AT_FAILED,      /* its answer is a problem */
    JOB_AT_CANCELLED    /* the answer, if there was one, is forgotten */
};

enum { JOB_EVENT_BYTES = 256 };

/* The event of a position as the text of a stream, less than JOB_EVENT_BYTES of it; fails as buffers do. */
void jobs_event_write(struct buffer *out, const char *id, int position);

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

enum job_drop { JOB_DROP_ABSENT, JOB_DROP_FOREIGN, JOB_DROP_FORBIDDEN, JOB_DROPPED };

/* Under which condition a job is to be dropped (condition.h), and what it was held against. */
struct job_condition {
    const struct condition *wanted, *unwanted; /* If-Match, If-None-Match; NULL: not sent */
    char etag[TAG_BYTES]; /* out: of its answer; "" where it has none, or not yet */
};

/* What the handlers need of the server (server/tasks.h). Any thread. */
struct job_desk {
    /* The answer, or the problem, of a finished one is made the reply of exchange. */
    enum job_look (*look)(struct job_desk *desk, const char *id, struct exchange *exchange, struct job_view *view);
    /* Ends it, and forgets its answer, if the condition allows that: nothing happens to it in between. FOREIGN: it was asked for with a
     * token, and the one of by is of another organisation (actor_scope) and no administrator's, or there is none. */
    enum job_drop (*drop)(struct job_desk *desk, const char *id, const struct exchange *by, struct job_condition *condition);
    /* Has exchange->followed follow the job, which the server takes care of. False: there is none of that id. */
    bool (*follow)(struct job_desk *desk, const char *id, struct exchange *exchange, int *position);
};

/* The reply 202 to whoever asked for the computation. is_wished: by Prefer: respond-async. */
void jobs_accept(struct exchange *exchange, const struct job_view *view, bool is_wished);

#endif
