#ifndef SERVER_TASK_H
#define SERVER_TASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "handlers/exchange.h"
#include "handlers/jobs.h"
#include "handlers/tag.h"
#include "server/jobs.h"
#include "server/tasks.h"
#include "server/track.h"

/* What tasks.h promises, from inside: for tasks.c, task_desk.c. */
enum { TASK_LANGUAGE_BYTES = 36 };

enum task_state { TASK_WAITING, TASK_RUNNING, TASK_FINISHED };

struct task {
    struct exchange exchange; /* its server points back here */
    struct tasks *tasks;
    struct job job;
    struct arena arena;
    struct buffer body;
    size_t body_counted;      /* of body, in server->body_bytes */
    int64_t begun_us;
    bool shows_state;
    bool is_sent;             /* on a body */
    char asker[LIMIT_ID_BYTES + 1]; /* whose token it was asked for with (actor_scope); "": with none */
    char language[TASK_LANGUAGE_BYTES]; /* of a kept answer; "" where it says none */
    atomic_bool is_dropped;   /* nobody wants the answer */
    _Atomic int64_t until_us; /* steady: when it is given up */
    struct track *track;      /* how far it is; its id is the job's */

    /* under the lock */
    struct task *previous, *next;
    bool is_listed;
    bool is_open;             /* flight.h: others may still join */
    const char *key;          /* in its arena; NULL: none can */
    struct task *lead;        /* that computes for this one too; NULL: this one is submitted itself */
    struct task *riders;      /* that this one computes for too */
    struct task *next_rider;
    int reached;              /* by the computation (enum job_at); the track may be at an end that the computation is not. Written by
                               * the pool's thread alone */
    struct request *waiter;   /* NULL: none */
    int64_t leave_us;         /* when the waiter is answered 202 */
    bool is_wished;           /* by Prefer */
    enum task_state state;
    char etag[TAG_BYTES];     /* of a kept answer; "" where it is a problem, or there is none yet */
    bool is_job;
    bool is_long;             /* to the pool: may take background_seconds */
    bool was_read;
    size_t readers;           /* that copy the answer */
    int64_t finished_us;
};

/* Invariants, under lock: 1. job_count is the number of listed tasks with is_job; 2. bytes is the sum of their finished
 * answers; 3. a task with a waiter is listed and no job; 4. one that is listed with neither waiter nor job computes for its riders
 * alone; 5. riders are listed, have no riders, and wait or run as their lead does. */
struct tasks {
    struct job_desk desk; /* first: the handlers' view of this */
    struct server *server;
    pthread_mutex_t lock;
    struct task *first, *last;
    size_t job_count;
    struct tasks_measure counts; /* of what was ever; bytes */
};

/* All under the lock: on the list, off it (from then on nobody finds it), the job of an id, what is told of it. */
void task_link(struct task *task);
void task_unlink(struct task *task);
struct task *task_find(struct tasks *tasks, const char *id);
void task_view(const struct task *task, struct job_view *view);

/* It is so far now (enum job_at): whoever follows it is told. */
void task_advance(struct task *task, int position);

/* Whether a request waits for it whose client is gone, which is kept as is_dropped. */
bool task_look_for_waiter(struct task *task, int64_t now_us);

/* Gives back what only the computation needs; then everything. Nobody else knows of it. */
void task_strip(struct task *task);
void task_free(struct task *task);

/* A list, by next. */
void task_free_all(struct task *task);

#endif
