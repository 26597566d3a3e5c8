#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "handlers/exchange.h"
#include "server/config/config.h"

/*
 * What the threads of a running service share. Made and taken down by serve.c;
 * everything but the atomics stays as it is while threads run.
 */

struct addresses;
struct clerk;
struct executor;
struct feed;
struct janitor;
struct jobs;
struct lane;
struct limiter;
struct loop;
struct metrics;
struct relay;
struct sequencer;
struct store;
struct tasks;
struct tls;

enum { SERVER_LOOPS_MAX = 64, SERVER_URL_BYTES = 320 };

struct server {
    const struct config *_Atomic config; /* a reload puts another one there; those before it stay */
    struct store *store;
    struct executor *executor;
    struct service service;
    struct addresses *addresses;
    struct clerk *clerk;
    struct sequencer *sequencer;
    struct feed *feed;
    struct jobs *jobs;
    struct jobs *readers;                 /* long reads: away.h */
    struct tasks *tasks;
    struct janitor *janitor;
    struct limiter *limiter;
    struct metrics *metrics;
    struct lane *lanes[SERVER_LOOPS_MAX]; /* one for each loop */
    struct loop *loops[SERVER_LOOPS_MAX];
    size_t loop_count;
    atomic_size_t next_loop;              /* where the search for the least loaded starts */
    struct tls *tls;                      /* NULL: not configured; so is relay */
    struct relay *relay;
    char base_url[SERVER_URL_BYTES]; /* for links where the client names no host */
    atomic_bool is_stopping;         /* replies close their connections, idle ones are closed */
    atomic_bool is_cancelling_sent;  /* jobs on callers' own numbers are to give up */
    atomic_bool is_cancelling;       /* all jobs are */
    atomic_size_t body_bytes;        /* of all bodies that are being read or worked on */
    atomic_size_t exports;           /* replies of server/wire/pour.h */
    atomic_size_t suspended;         /* requests that wait for the sequencer or the job pool */
    _Atomic uint64_t commits_late; /* requests that were answered before their commit */
};

#endif
