#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "handlers/exchange.h"
#include "server/cache.h"
#include "server/wire/framing.h"
#include "server/wire/hangup.h"
#include "server/jobs.h"
#include "server/limiter.h"
#include "server/negotiate.h"
#include "server/store/sequencer.h"
#include "server/store/verifier.h"

/*
 * One request from its first line to the end of its reply. It belongs to its loop's
 * thread, but while it waits (STAGE_WAITING) to the sequencer or the job pool; its
 * connection is suspended then and cannot go away.
 */

struct MHD_Connection;
struct client;
struct lane;
struct server;

enum request_stage {
    STAGE_HEAD,    /* the request line has come */
    STAGE_BODY,    /* the header was accepted or politely refused; the body is read */
    STAGE_WAITING, /* suspended, or just resumed */
    STAGE_REPLIED  /* the reply is queued */
};

/* What a waiting request waits for. */
enum request_wait { WAIT_NOTHING, WAIT_READ, WAIT_AWAY, WAIT_COMMAND, WAIT_JOB, WAIT_CHECK };

/*
 * Whose a command's memory is. It waits; then either the writer is done with it, or its reply leaves before that (late) and
 * whoever is the last to let go, the loop or the writer, frees it.
 */
enum command_hold {
    HOLD_NONE,    /* no command */
    HOLD_WAITING, /* the writer has it, the connection is suspended */
    HOLD_LATE,    /* the writer still has it, the connection goes on without */
    HOLD_DONE,    /* the loop's again */
    HOLD_LEFT     /* the request has ended, the writer frees it */
};

enum { REQUEST_ID_BYTES = 17, REQUEST_TARGET_INLINE = 256 };

struct request {
    struct exchange exchange; /* exchange.server points back here */
    struct arena arena;
    struct server *server;
    struct lane *lane;
    struct client *client;
    struct MHD_Connection *connection;
    enum request_stage stage;
    struct framing framing;
    bool is_refused;  /* the reply half holds a refusal: no handler runs */
    bool must_close;  /* after this reply */
    enum coding coding; /* that Accept-Encoding asks for */
    bool is_https;      /* what is asked for */
    bool is_preflight;  /* the reply tells a browser what a page of an allowed origin may send */
    struct limiter_view limit; /* quota 0: none applies */
    bool shows_state; /* the reply tells of the snapshot exchange.seq */
    bool is_stream;   /* the reply comes bit by bit: follow.h, pour.h */
    struct cached *hit; /* the reply cache has it */
    const char *method; /* for the log; static */
    const char *target;
    char target_inline[REQUEST_TARGET_INLINE];
    char id[REQUEST_ID_BYTES];
    struct buffer body;
    size_t body_counted;  /* of body, in server->body_bytes */
    enum request_wait wait;
    struct pending pending;
    atomic_int hold;      /* enum command_hold */
    bool is_late;         /* the reply leaves before the commit */
    bool is_listed;       /* among the lane's waiting ones, under its lock, like the two below */
    struct request *previous_waiting;
    struct request *next_waiting;
    struct job job;
    struct verifier_waiter waiter;
    bool is_job_done; /* false: the pool was full */
    bool must_stay;   /* a read that is not to leave the loop (again): away.h */
    int64_t job_until_us; /* steady: when a job that runs is given up */
    struct hangup hangup;
    const struct route *route; /* for the log; NULL: none fits */
    struct trace trace; /* that the client says this is part of */
    int64_t started_us;
    int64_t read_us;     /* how long the handler had the database, on the loop; 0: it did not, or less than a microsecond */
    int64_t asked_us;    /* when it began to wait; 0: it did not */
    int64_t begun_us;    /* when what it waits for was begun; 0: never */
    int64_t answered_us; /* when that was over */
    int status;          /* sent; 0: none */
    size_t reply_bytes;  /* of the body */
    struct request *next_put_off; /* turn.h's */
    struct request *next_free; /* in the loop's list of spare ones */
};

/* NULL without memory. */
struct request *request_create(void);

/* Gives back what the request holds of the server's, and its command; once. */
void request_settle(struct request *request);

/* After request_settle, or where it never began. */
void request_free(struct request *request);

/* Whoever asks, as shares are counted: a token, or the network (handlers/callers.h) where there is none; 0 for a unix socket, behind
 * which may stand a proxy with everybody's requests. */
uint64_t request_owner(const struct request *request);

/* The number as a request's id: 16 hexadecimal digits. */
void request_write_id(char id[REQUEST_ID_BYTES], uint64_t number);

#endif
