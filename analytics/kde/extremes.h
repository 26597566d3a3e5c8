#ifndef ANALYTICS_KDE_EXTREMES_H
#define ANALYTICS_KDE_EXTREMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* A place where a curve turns: a mode (a top) or a valley between two of them. A flat top or
 * bottom counts once, at its middle. */
struct kde_extreme {
    double x;
    double height;
};

/*
 * Turns of a curve in ascending x. A finished list (kde_scan_curve) holds all of the whole line.
 * Its invariants: 1. count is odd and at least 3; valleys stand at even and modes at odd indices;
 * 2. the first and the last are valleys of height 0 just outside the points' reach;
 * 3. neighbours differ by at least 1e-12 of the higher one: less is rounding.
 */
struct kde_extremes {
    struct kde_extreme *at;
    size_t count;
    size_t capacity;
    bool is_coarse; /* the steps had to be wider than an eighth of the kernel's sd */
};

/* Adds one turn at the end; STATUS_EXHAUSTED without memory, *extremes is then as before. */
NODISCARD enum status kde_extremes_append(struct kde_extremes *extremes, double x, double height);

/* Takes out neighbours whose heights are the same but for rounding (invariant 3), in pairs, so
 * that valleys and modes go on alternating: a top that rounding split in two is one top. */
void kde_extremes_drop_faint(struct kde_extremes *extremes);

/* Frees the turns; the list is empty afterwards. */
void kde_extremes_fini(struct kde_extremes *extremes);

#endif
