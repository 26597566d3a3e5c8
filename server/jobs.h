#ifndef SERVER_JOBS_H
#define SERVER_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * A bounded pool of threads for long computations, each with connections of its own to
 * both databases.
 */

struct db;
struct node;
struct jobs;

/* A job in the queue. The submitter's memory; it must live until run returns. */
struct job {
    void (*run)(struct job *job, struct db *db, struct node *node); /* called once, on a thread of the pool */
    void *context;    /* the submitter's own */
    struct job *next; /* the pool's */
};

/* Opens the connections and starts the threads. */
enum status jobs_open(const char *db_path, const char *node_path, size_t threads, size_t queue_length,
                      struct jobs **jobs) NODISCARD;

/* Any thread. STATUS_OK: run will be called. STATUS_BUSY: the queue is full. */
enum status jobs_submit(struct jobs *jobs, struct job *job) NODISCARD;

/* Any thread: jobs that wait; those that run. */
size_t jobs_waiting(struct jobs *jobs);
size_t jobs_running(struct jobs *jobs);

/* Runs what waits, stops the threads and frees. Nothing may be submitted any more. NULL
 * does nothing. */
void jobs_close(struct jobs *jobs);

#endif
