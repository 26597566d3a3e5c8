#ifndef SERVER_JOBS_H
#define SERVER_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * A bounded pool of threads for long computations, each with connections of its own to
 * both databases. Jobs come in three kinds, each with a queue of its own. Anybody may send
 * numbers of his own and choose how much work they are, and may ask for long computations
 * in the background; no kind is to starve another, and no owner the others:
 *
 *  - Of n threads, n - 1 at most run jobs on bodies and long ones together. With three or
 *    more, n - 1 at most run jobs on stored figures and long ones together. Long ones have
 *    n - 3, but at least one. So with four threads each of the two short kinds has one
 *    thread that nobody else takes, whatever runs. With three that holds too, but for jobs on
 *    bodies one owner can hold what long ones leave; with two, long jobs and those on bodies
 *    share one thread, one after the other; with one, all do.
 *  - With four threads or more an owner who has a job of a kind running does not get the last
 *    place of that kind, where it has more than one.
 *  - A queue is served in rounds: one job of each owner in each (J. Nagle, On packet switches
 *    with infinite storage, RFC 970, section 4).
 *  - An owner may have at most JOBS_SHARE times as many jobs in a queue as it has places free
 *    (A. K. Choudhury, E. L. Hahne, Dynamic queue length thresholds for shared-memory packet
 *    switches, IEEE/ACM Trans. Networking 6 (2), 1998): so there is room for one who comes later.
 *  - Where several kinds wait they take turns.
 */

struct db;
struct node;
struct jobs;

enum job_kind {
    JOB_STORED, /* on what the service has: bounded by its data */
    JOB_SENT,   /* on a body: as large as the caller likes */
    JOB_LONG    /* in the background: may take long */
};

enum { JOB_KINDS = 3, JOBS_SHARE = 3 };

/* A job in the queue. The submitter's memory; it must live until run returns. */
struct job {
    void (*run)(struct job *job, struct db *db, struct node *node); /* called once, on a thread of the pool */
    void *context;      /* the submitter's own */
    enum job_kind kind;
    uint64_t owner;     /* whoever asks; 0: nobody knows who, and no share holds */
    struct job *next;   /* the pool's, as all below */
    uint64_t round;
    uint64_t ticket;
};

/* Opens the connections and starts the threads. queue_length is of each kind. */
enum status jobs_open(const char *db_path, const char *node_path, size_t threads, size_t queue_length,
                      struct jobs **jobs) NODISCARD;

/* Any thread. STATUS_OK: run will be called. STATUS_BUSY: the queue of its kind is full, or the owner's share of it. */
enum status jobs_submit(struct jobs *jobs, struct job *job) NODISCARD;

/* Any thread: takes a job that was submitted and still waits out of its queue. True: run will not be called, and its place is free. The
 * caller sees to it that run has not returned. */
bool jobs_withdraw(struct jobs *jobs, const struct job *job) NODISCARD;

/* Any thread: a job that runs, of another kind so far, is a long one from now on, and makes room for its own kind. False: long jobs
 * have no place free, and it is what it was. The caller sees to it that run has not returned. */
bool jobs_lengthen(struct jobs *jobs, const struct job *job) NODISCARD;

/* Any thread: of so many places, of which so many are taken, and so many of those by one owner: whether the owner may take one more. */
bool jobs_has_share(size_t places, size_t taken, size_t own);

/* Any thread: jobs that wait; those that run. */
size_t jobs_waiting(struct jobs *jobs);
size_t jobs_running(struct jobs *jobs);

/* Runs what waits, stops the threads and frees. Nothing may be submitted any more. NULL
 * does nothing. */
void jobs_close(struct jobs *jobs);

#endif
