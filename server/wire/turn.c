/*
 * Reads take turns with all else. dispatch.c asks, loop.c turns.
 */
#include "server/wire/turn.h"

#include "server/request.h"

void turn_begin(struct turn *turn)
{
    turn->spent_us = 0;
    turn->watched = 0;
}

void turn_spend(struct turn *turn, int64_t us)
{
    turn->spent_us += us;
}

bool turn_is_spent(const struct turn *turn)
{
    return turn->spent_us > TURN_READS_US || turn->first != NULL;
}

bool turn_let_by(struct turn *turn)
{
    if (turn->watched >= TURN_WATCHED_MAX) {
        return false;
    }
    turn->watched++;
    return true;
}

void turn_put_off(struct turn *turn, struct request *request)
{
    atomic_fetch_add_explicit(&turn->put_off, 1, memory_order_relaxed);
    request->next_put_off = NULL;
    if (turn->last == NULL) {
        turn->first = request;
    } else {
        turn->last->next_put_off = request;
    }
    turn->last = request;
    turn->waiting++;
}

bool turn_is_over(struct turn *turn, int64_t waited_us)
{
    if (waited_us <= TURN_WAIT_US_MAX) {
        return false;
    }
    turn_refuse(turn);
    return true;
}

void turn_refuse(struct turn *turn)
{
    atomic_fetch_add_explicit(&turn->refused, 1, memory_order_relaxed);
}

struct request *turn_take(struct turn *turn)
{
    struct request *request = turn->first;
    if (request != NULL) {
        turn->first = request->next_put_off;
        turn->last = turn->first == NULL ? NULL : turn->last;
        turn->waiting--;
    }
    return request;
}
