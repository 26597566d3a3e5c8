#ifndef SERVER_AWAY_H
#define SERVER_AWAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads that take longer than a loop has patience for (wire/patience.h): they are broken off, what they have of an answer is dropped,
 * and their handlers run again from the beginning on a few threads beside the loops, each with a connection of its own (server->readers,
 * which is a pool like that of jobs.h, with its fairness among owners). The answer is the same, but for the state of the ledger that it
 * shows, which may be a newer one. As long as a computation may take one of these may, too (--job-seconds); who would wait longer than reads
 * wait for a loop, or finds the queue full, is answered 503.
 *
 * All but the run itself on the loop's thread.
 */
struct request;

enum {
    AWAY_THREADS = 4, /* jobs.h: three long reads at a time, of one owner two */
    AWAY_QUEUE = 256  /* may wait for them; of one owner three quarters */
};

/* Whether the read should not be tried on the loop, as others like it took long. */
bool away_is_known(const struct request *request);

/* Its handler begins to run on the loop, with the lane's connection. */
void away_begin(struct request *request);

/* The handler has returned: whether it was broken off, so that the read is to be sent away. */
bool away_is_due(struct request *request);

/* Suspends the connection and hands the read over; await_resume follows (await.h). */
void away_send(struct request *request);

/* The wait is over: the reply half is filled. False: what the handler wants only the loop can do, so it is to run there,
 * without a limit. */
bool away_return(struct request *request);

#endif
