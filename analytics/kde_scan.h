#ifndef ANALYTICS_KDE_SCAN_H
#define ANALYTICS_KDE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct kde_curve;

/* A place where a curve turns: a mode (a top) or a valley between two of them. A flat top or
 * bottom counts once, at its middle. */
struct kde_extreme {
    double x;
    double height;
};

/*
 * All turns of a curve over the whole line, in ascending x.
 * Invariants: 1. count is odd and at least 3; valleys stand at even and modes at odd indices;
 * 2. the first and the last are valleys of height 0 just outside the points' reach;
 * 3. neighbours differ by at least 1e-12 of the higher one: less is rounding.
 */
struct kde_extremes {
    struct kde_extreme *at;
    size_t count;
    size_t capacity;
    bool is_coarse; /* the steps had to be wider than an eighth of the kernel's sd */
};

/*
 * Finds the turns. Smooth kernels: f' at steps of an eighth of the kernel's standard deviation
 * (and, for up to 1,000 points, at the points where f' has corners), each change of sign
 * refined by kde_root_find; where |f'| dips between equal signs the dip is searched too, so that
 * pairs closer than a step are found. Polygonal kernels: kde_sweep_corners, exact.
 * Caller ends *extremes with kde_extremes_fini. STATUS_EXHAUSTED without memory, *extremes is
 * then untouched.
 */
NODISCARD enum status kde_scan_curve(const struct kde_curve *curve,
                                     struct kde_extremes *extremes);

/* Adds one turn at the end; STATUS_EXHAUSTED without memory, *extremes is then as before. */
NODISCARD enum status kde_extremes_append(struct kde_extremes *extremes, double x, double height);

/* Frees the turns; the list is empty afterwards. */
void kde_extremes_fini(struct kde_extremes *extremes);

#endif
