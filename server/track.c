/* One number that several threads raise and many read. Who waits for it to rise: follow.c. */
#include "server/track.h"

#include <stdlib.h>

struct track *track_create(void)
{
    struct track *track = calloc(1, sizeof *track);
    if (track != NULL) {
        atomic_init(&track->users, 1);
        atomic_init(&track->followers, 0);
        atomic_init(&track->position, JOB_AT_WAITING);
    }
    return track;
}

struct track *track_hold(struct track *track)
{
    atomic_fetch_add(&track->users, 1);
    return track;
}

void track_release(struct track *track)
{
    if (track != NULL && atomic_fetch_sub(&track->users, 1) == 1) {
        free(track);
    }
}

int track_position(const struct track *track)
{
    return atomic_load(&track->position);
}

/* The position is written before it is looked whether anybody follows, and a follower is counted before it reads the position: one
 * of the two sees the other. */
bool track_advance(struct track *track, int position)
{
    int found = atomic_load(&track->position);
    while (found < position) {
        if (atomic_compare_exchange_weak(&track->position, &found, position)) {
            return atomic_load(&track->followers) > 0;
        }
    }
    return false;
}
