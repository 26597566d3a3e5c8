#ifndef SERVER_TASKS_H
#define SERVER_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "handlers/jobs.h"

/*
 * Computations that can go on without the request that asked for them (route->is_async). A task has an exchange of its own,
 * with memory of its own, and runs in the job pool. At first a request waits for it, and gets its answer. When the request
 * would wait for longer than it should, or does not wish to wait, it is answered 202, and the task becomes a job: it has an id
 * of 128 random bits, may run for longer where long computations have a place (jobs.h), and its answer is kept for a while.
 * Whoever has the id looks at it; of one that was asked for with a token, only the same organisation or an administrator drops it.
 *
 * Jobs are bounded in number, of one caller (request_owner) too: each has a share as in the queues of jobs.h. Where there are
 * as many as may be, requests wait as ever. Their answers are bounded in bytes: those that were read go first, then the
 * oldest; one that was read also makes room for a new job. All of it is memory: a stop ends the jobs and forgets the answers.
 *
 * Whoever asks what is being computed, or waits for its turn, takes no place of a queue, but gets the same answer (flight.h).
 */
struct request;
struct server;
struct task;
struct tasks;

#define TASKS_BYTES_MAX ((size_t)128 * 1024 * 1024) /* of kept answers; each is at most LIMIT_REPLY_BYTES */

enum status tasks_open(struct server *server, struct tasks **tasks) NODISCARD;

/* No task runs any more, since the job pool is closed. NULL does nothing. */
void tasks_close(struct tasks *tasks);

/* For struct service. */
struct job_desk *tasks_desk(struct tasks *tasks);

/* A task for a request whose handler has said HANDLED_JOB; takes the request's body. NULL without memory. */
struct task *tasks_create(struct tasks *tasks, struct request *request);

/*
 * Makes the task a job from the start and submits it; 202, or the problem, is the request's reply. False: there are as many
 * jobs as may be; the task is as it was.
 */
bool tasks_submit_job(struct task *task, struct request *request) NODISCARD;

/* Submits the task for a suspended request, which is woken (suspend.h) with its answer, or with 202 once it has waited until
 * leave_us, if there is room for one more job; is_wished: by Prefer. STATUS_BUSY: the queue is full, and the task is gone. */
enum status tasks_submit(struct task *task, struct request *request, int64_t leave_us, bool is_wished) NODISCARD;

/* Some times a second: lets requests go that have waited long enough, and forgets what was kept long enough. */
void tasks_tick(struct tasks *tasks);

struct tasks_measure {
    size_t unfinished, finished; /* jobs */
    size_t bytes;                /* of answers */
    uint64_t created, expired, evicted, dropped, joined; /* ever */
};

void tasks_measure(struct tasks *tasks, struct tasks_measure *measure);

#endif
