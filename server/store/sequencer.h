#ifndef SERVER_STORE_SEQUENCER_H
#define SERVER_STORE_SEQUENCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "rules/answer.h"
#include "rules/command.h"
#include "server/store/anchor.h"

/*
 * The writer thread: the only one that uses the executor and its writing connection.
 * It takes all commands that wait, makes one block of them, commits once, and only then
 * answers each, be it a success or a refusal. While one commit is under way the next
 * group gathers: one flush pays for many requests.
 */

struct db;
struct executor;
struct metrics;
struct sequencer;

/* What became of a command. */
enum delivery {
    DELIVERY_ANSWERED, /* answer is filled and durable */
    DELIVERY_FAULT,    /* nothing of it remains; status says why */
    DELIVERY_UNKNOWN   /* its commit failed: it may be durable or not */
};

/* A command in the queue. The submitter's memory; it must live until done was called. */
struct pending {
    const struct command *command;
    struct answer *answer; /* initialised by the submitter */
    void (*done)(struct pending *pending); /* called once, on the writer thread; must not block */
    void *context;         /* the submitter's own */
    enum delivery delivery;
    enum status status;    /* DELIVERY_FAULT */
    int64_t begun_us;      /* steady: when its group was begun; 0: never */
    int64_t delivered_us;  /* when the rules had carried out the group; 0: never */
    int64_t sealed_us;     /* when the group was sealed and only its commit was missing; 0: never */
    struct pending *next;  /* the sequencer's */
};

/* Starts the thread. All are borrowed; metrics may be NULL; db is the executor's connection, for checkpoints. */
enum status sequencer_open(struct executor *executor, struct db *db, struct anchor *anchor, struct metrics *metrics,
                           size_t queue_length, struct sequencer **sequencer) NODISCARD;

/* Calls committed after each block that was, on the writer thread; it must not block. Before anything is submitted. */
void sequencer_watch(struct sequencer *sequencer, void (*committed)(void *context), void *context);

/* Any thread. STATUS_OK: done will be called. STATUS_BUSY: the queue is full, or stopped.
 * STATUS_IO: writing stopped after a failed commit, or since the node's key did not sign. */
enum status sequencer_submit(struct sequencer *sequencer, struct pending *pending) NODISCARD;

/* Any thread: whether a command that came before pending, with its key, is not done yet. pending may be done itself. */
bool sequencer_is_behind(struct sequencer *sequencer, const struct pending *pending);

/* Any thread: when the group at work was begun, steady; 0: none is. */
int64_t sequencer_busy_since_us(const struct sequencer *sequencer);

/* Any thread: commands that wait or run. */
size_t sequencer_depth(struct sequencer *sequencer);

/* Any thread: true where one more command would be sent away. */
bool sequencer_is_full(struct sequencer *sequencer);

/* Any thread: true after a failed commit or signature, or what follows, for good. */
bool sequencer_is_failed(const struct sequencer *sequencer);

/* Any thread: true where it failed between commits, while the log was moved into the database or the anchor was kept: the disk has
 * reported an error, and what it has of anything is uncertain. */
bool sequencer_has_lost_disk(const struct sequencer *sequencer);

/* Any thread: true while the newest checkpoint is not in the anchor. */
bool sequencer_anchor_is_behind(const struct sequencer *sequencer);

/* Finishes what waits and ends the thread; the executor is not used afterwards. Once. */
void sequencer_stop(struct sequencer *sequencer);

/* Frees a stopped one: nobody may submit any more. */
void sequencer_free(struct sequencer *sequencer);

/* Stops and frees. NULL does nothing. */
void sequencer_close(struct sequencer *sequencer);

#endif
