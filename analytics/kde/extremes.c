/*
 * The growing list of a curve's turns. sweep.c and scan.c append to it, modes.c
 * reads it.
 */
#include "analytics/kde/extremes.h"

#include <math.h>
#include <stdlib.h>

/* A turn that rises or falls by less than this share of its height is rounding. */
static const double FAINT = 1e-12;

enum status kde_extremes_append(struct kde_extremes *extremes, double x, double height)
{
    if (extremes->count == extremes->capacity) {
        const size_t capacity = extremes->capacity == 0 ? 32 : 2 * extremes->capacity;
        struct kde_extreme *grown = realloc(extremes->at, capacity * sizeof *grown);
        if (grown == NULL) {
            return STATUS_EXHAUSTED;
        }
        extremes->at = grown;
        extremes->capacity = capacity;
    }
    extremes->at[extremes->count++] = (struct kde_extreme){.x = x, .height = height};
    return STATUS_OK;
}

void kde_extremes_drop_faint(struct kde_extremes *extremes)
{
    size_t kept = 0;
    for (size_t i = 0; i < extremes->count; i++) {
        const struct kde_extreme next = extremes->at[i];
        if (kept > 0) {
            const double last = extremes->at[kept - 1].height;
            if (fabs(next.height - last) < FAINT * fmax(next.height, last)) {
                kept--;
                continue;
            }
        }
        extremes->at[kept++] = next;
    }
    extremes->count = kept;
}

void kde_extremes_fini(struct kde_extremes *extremes)
{
    free(extremes->at);
    *extremes = (struct kde_extremes){.at = NULL};
}
