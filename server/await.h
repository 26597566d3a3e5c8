#ifndef SERVER_AWAIT_H
#define SERVER_AWAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * A request's handler is run, and what it waits for is waited for, with the connection suspended: its turn behind other reads,
 * the commit of its command, a computation, or the end of a check.
 */

struct lane;
struct request;

enum await_next {
    AWAIT_NOTHING, /* the reply half is filled */
    AWAIT_WAKE,    /* the connection is suspended; await_resume follows on the loop's thread */
    AWAIT_CLOSE    /* the client has gone: the connection is to be closed */
};

/* The request is complete and was not refused: runs the handler, now or in a later turn. */
enum await_next await_run(struct request *request) NODISCARD;

/* The wait is over: fills the reply half, or waits for the next thing. */
enum await_next await_resume(struct request *request) NODISCARD;

/* A turn of the lane's loop begins: reads that were put off go on. True: more of them wait. */
bool await_turn(struct lane *lane) NODISCARD;

/*
 * A change waits for its commit: whether it has waited too long. True: it is the caller's to call suspend_wake (suspend.h), once and
 * with no lock held; it is answered without its outcome, and what it commanded goes on. The janitor's thread.
 */
bool await_take_late(struct request *request, int64_t now_us) NODISCARD;

/* The request has ended. False: the writer still has its command, and frees it. On the loop's thread, last. */
bool await_end(struct request *request) NODISCARD;

#endif
