#ifndef ANALYTICS_KDE_POINTS_H
#define ANALYTICS_KDE_POINTS_H

#include <stddef.h>

#include "base/status.h"

struct kde_sample;

/*
 * The weighted points whose kernels a curve adds up: the sample itself, or what stands for it.
 * Invariants: 1. n >= 1 and x[0] < x[1] < ... < x[n - 1]; 2. no w is 0 and they sum to 1 within
 * rounding; 3. both arrays hold groups * KDE_LANES entries, those from n on with x[n - 1] and 0;
 * 4. below[i], i = 0..n, is the weight of the points before i as it came, so that integer
 * weights and counts stay exact; below[n] is the total.
 */
struct kde_points {
    double *x;
    double *w;
    double *below;
    size_t n;
    size_t groups;
};

/*
 * The sample sorted and equal values merged. Values of weight 0 are left out, and so are those
 * with less than 1e-100 of all weight, which could vanish by underflow. Owns its arrays; end
 * with kde_points_fini. The sample must have passed kde_sample_check.
 * STATUS_EXHAUSTED where there is no memory; *points is then untouched.
 */
NODISCARD enum status kde_points_sort(const struct kde_sample *sample, struct kde_points *points);

/* How a value that lies between nodes is dealt out to them. */
enum kde_binning {
    KDE_BINNING_LINEAR, /* to the two nodes around it: keeps mass and mean, no weight < 0 */
    KDE_BINNING_CUBIC   /* to four nodes with Lagrange's weights: keeps three moments; weights
                           between -1/16 and 1 */
};

/*
 * The sample replaced by nodes `spacing` apart from its minimum on (and one node beyond each
 * end), empty nodes left out (Wand 1994, Journal of Computational and Graphical Statistics 3,
 * 433). Adding up kernels over nodes is interpolating the kernel at each value: the error is,
 * with t = spacing/scale, at most t^2/8 max|K''| per unit of weight for linear binning (t/4
 * times the jump of K' where a corner of K meets a value) and 3/128 t^4 max|K''''| for cubic.
 * Args: min, max  of the values;  spacing > 0 with (max - min)/spacing <= KDE_NODES_MAX.
 * One pass over the sample. Ownership and failure as above.
 */
#define KDE_NODES_MAX 2097152.0
NODISCARD enum status kde_points_bin(const struct kde_sample *sample, double min, double max,
                                     double spacing, enum kde_binning binning,
                                     struct kde_points *points);

/* Puts the mirror image at `at` beside the points; the weights become halves, so that they sum to
 * 1 again. STATUS_EXHAUSTED without memory; *points is then as before. */
NODISCARD enum status kde_points_mirror(struct kde_points *points, double at);

/* Frees the arrays. */
void kde_points_fini(struct kde_points *points);

/* The first index whose x is >= bound (n where there is none). Binary search. */
size_t kde_points_seek(const struct kde_points *points, double bound);

#endif
