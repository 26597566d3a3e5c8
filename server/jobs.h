#ifndef SERVER_JOBS_H
#define SERVER_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * A bounded pool of threads for long computations, each with connections of its own to
 * both databases. Jobs come in two kinds, each with a queue of its own. Anybody may send
 * numbers of his own and choose how much work they are; so such jobs never run on all
 * threads at once, never fill the other kind's queue, and where both kinds wait they take
 * turns.
 */

struct db;
struct node;
struct jobs;

enum job_kind {
    JOB_STORED, /* on what the service has: bounded by its data */
    JOB_SENT    /* on a body: as large as the caller likes */
};

enum { JOB_KINDS = 2 };

/* A job in the queue. The submitter's memory; it must live until run returns. */
struct job {
    void (*run)(struct job *job, struct db *db, struct node *node); /* called once, on a thread of the pool */
    void *context;    /* the submitter's own */
    enum job_kind kind;
    struct job *next; /* the pool's */
};

/* Opens the connections and starts the threads. Jobs on bodies run on all of them but one, or on the only one.
 * queue_length is of each kind. */
enum status jobs_open(const char *db_path, const char *node_path, size_t threads, size_t queue_length,
                      struct jobs **jobs) NODISCARD;

/* Any thread. STATUS_OK: run will be called. STATUS_BUSY: the queue of its kind is full. */
enum status jobs_submit(struct jobs *jobs, struct job *job) NODISCARD;

/* Any thread: jobs that wait; those that run. */
size_t jobs_waiting(struct jobs *jobs);
size_t jobs_running(struct jobs *jobs);

/* Runs what waits, stops the threads and frees. Nothing may be submitted any more. NULL
 * does nothing. */
void jobs_close(struct jobs *jobs);

#endif
