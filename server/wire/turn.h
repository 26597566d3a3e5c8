#ifndef SERVER_WIRE_TURN_H
#define SERVER_WIRE_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What reads may take of one turn of a loop. Reads run on the loop itself, so that many long ones would keep changes and
 * probes waiting, which pass by quickly. So reads that come when those before them have used up their share of a turn are put
 * off: they wait, in the order in which they came, while the rest of the turn goes on, and each later turn takes up some. One that
 * has waited for too long is sent away: there are more than the loop can do. How many wait the limit on connections bounds.
 *
 * Whoever watches the service must see it most of all when it has too much to do: a few such reads pass by those that wait, in
 * each turn. More of them wait as all do, so that they keep nobody else from the loop.
 *
 * The lane's thread alone, but for the counters, which any thread may read. A zeroed one is empty.
 * Invariants: 1. first is NULL exactly where last is NULL; 2. waiting is the length of the list.
 */
struct request;

enum {
    TURN_READS_US = 10 * 1000, /* share of a turn: some thousand small reads, or a few of the longest */
    TURN_WATCHED_MAX = 2,      /* short reads that pass by, in one turn */
    TURN_TAKEN_MAX = 8,        /* of those put off, in one turn: those that have just come wait no longer than for these */
    TURN_WAIT_US_MAX = 5 * 1000 * 1000 /* who has waited so long might as well come again */
};

struct turn {
    int64_t spent_us;
    int watched; /* reads that passed by in this turn */
    struct request *first;
    struct request *last;
    size_t waiting;
    _Atomic uint64_t put_off; /* so far */
    _Atomic uint64_t refused;
};

/* A turn begins. */
void turn_begin(struct turn *turn);

/* A read has taken so long. */
void turn_spend(struct turn *turn, int64_t us);

/* Whether the next read is to be put off: the share is used up, or others were put off before it. */
bool turn_is_spent(const struct turn *turn);

/* Whether a read for whoever watches may pass by those that wait; counts it. */
bool turn_let_by(struct turn *turn);

/* Puts a read off; its next_put_off is used. */
void turn_put_off(struct turn *turn, struct request *request);

/* Any thread: whether a read that has waited so long is to be sent away; counts it. */
bool turn_is_over(struct turn *turn, int64_t waited_us);

/* Any thread: a read is sent away for want of room. */
void turn_refuse(struct turn *turn);

/* The one that has waited for longest, off the list; NULL: none waits. */
struct request *turn_take(struct turn *turn);

#endif
