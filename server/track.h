#ifndef SERVER_TRACK_H
#define SERVER_TRACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "handlers/jobs.h"

/*
 * How far a computation is (enum job_at), for whoever follows it: its task and each follower hold the track, and the last one to
 * let go frees it. So followers need neither the task, which may be gone, nor its lock, and hold nothing but the number that they
 * were told last. Any thread.
 */
struct track {
    atomic_size_t users;
    atomic_size_t followers; /* of the users: those that are to be told */
    atomic_int position;     /* never falls */
    char id[JOB_ID_BYTES];   /* of the job; set before anybody can follow */
};

/* At JOB_AT_WAITING, with one user. NULL without memory. */
struct track *track_create(void);

struct track *track_hold(struct track *track);

/* NULL does nothing. */
void track_release(struct track *track);

int track_position(const struct track *track);

/* It is there now, if it was not further. True: somebody follows who has not heard of it; feed_tell wakes them. */
bool track_advance(struct track *track, int position) NODISCARD;

#endif
