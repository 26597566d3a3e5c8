/*
 * Boundaries: what happens to turns on their way out. inner.c has the values' way in; kde.c does the same for the
 * curve, mass.c for its mass.
 */
#include "analytics/kde/boundary.h"

#include <assert.h>
#include <math.h>

#include "analytics/kde/extremes.h"
#include "analytics/kde/kde.h"

/* Turns this near to a mirror, in units of the scale, are at it: by symmetry one is. */
static const double AT_MIRROR = 1e-6;

/* The upper half of a mirrored landscape, twice as high. Its first turn is at the mirror: a mode, which then stands
 * behind a valley of height 0 at the same place, or a valley, which is that valley. */
static void fold(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    const double mirror = curve->lower + AT_MIRROR * curve->bandwidth.scale;
    size_t first = 0;
    size_t kept = 0;
    while (first < extremes->count && extremes->at[first].x <= mirror) {
        first++;
    }
    assert(first > 0 && first < extremes->count);
    const struct kde_extreme middle = extremes->at[first - 1];
    const bool is_mode = (first - 1) % 2 == 1;
    extremes->at[kept++] = (struct kde_extreme){.x = curve->lower, .height = 0.0};
    if (is_mode) {
        extremes->at[kept++] = (struct kde_extreme){.x = curve->lower, .height = 2.0 * middle.height};
    }
    for (size_t i = first; i < extremes->count; i++) {
        const struct kde_extreme turn = extremes->at[i];
        extremes->at[kept++] = (struct kde_extreme){.x = turn.x, .height = 2.0 * turn.height};
    }
    extremes->count = kept;
}

void kde_boundary_carry(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    if (curve->boundary == KDE_BOUNDARY_REFLECT) {
        fold(curve, extremes);
    }
    for (size_t i = 0; i < extremes->count && curve->boundary == KDE_BOUNDARY_LOG; i++) {
        struct kde_extreme *turn = &extremes->at[i];
        turn->x = kde_boundary_outwards(curve, turn->x);
        turn->height = turn->height > 0.0 ? kde_curve_at(curve, turn->x) : 0.0;
    }
}
