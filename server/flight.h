#ifndef SERVER_FLIGHT_H
#define SERVER_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "handlers/exchange.h"

/*
 * One computation for all that ask the same while it waits or runs. The first task to ask is submitted and leads; those that come
 * later with an equal key ride with it: each is a task like any other, with its own request or job, but takes no place of a queue, and
 * gets a copy of the lead's answer, byte for byte. A key is what the handler says that the answer depends on
 * (exchange->question), and how it is represented. It says nothing of callers, since what may be asked is decided before, and answers
 * to such questions are the same for all.
 *
 * Who leaves (a client that is gone, a job that is given up) ends the computation only as the last of them. Where the lead leaves, its
 * task goes on for its riders. Nobody joins one that was given up, or that has had its time. A question that a request waits for
 * does not join a lead that waits among the long ones; it runs by itself, and the other one finds its answer kept.
 *
 * All but flight_name and flight_share under the lock of the tasks.
 */
struct task;

/* The key of a task that was made for this exchange. False: no memory. Of nobody else's task. */
bool flight_name(struct task *task, const struct exchange *from) NODISCARD;

/* Rides with a task that computes the same, if there is one. The task is listed; it is none yet that others join. */
bool flight_join(struct task *task);

/* The lead begins to run, and those that ride with it. */
void flight_take_off(struct task *lead);

/* The lead is so far (enum job_at), and so are its riders. Takes the lock. */
void flight_advance(struct task *lead, int position);

/* Whether anybody still waits for what the lead computes. */
bool flight_is_wanted(struct task *lead, int64_t now_us);

/* The lead's computation is over: nobody joins any more, and its riders, a list by next_rider, are the caller's, as tasks that run. */
struct task *flight_land(struct task *lead) NODISCARD;

/* The lead's answer becomes that of one which rode with it; both are the caller's. */
void flight_share(const struct task *lead, struct task *rider);

/* A job that is given up, or a rider whose request is gone, leaves the list: nobody finds it any more. Returns what is to be freed, by
 * next; the rest the pool's thread or the last reader frees. */
struct task *flight_leave(struct task *task) NODISCARD;

#endif
