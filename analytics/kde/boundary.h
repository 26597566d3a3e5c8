#ifndef ANALYTICS_KDE_BOUNDARY_H
#define ANALYTICS_KDE_BOUNDARY_H

#include "analytics/kde/bandwidth.h"
#include "analytics/kde/sample.h"
#include "base/status.h"

struct kde_curve;
struct kde_extremes;
struct kde_refusal;

/* What a curve is estimated of: the sample itself, or its logarithms above the bound. */
struct kde_inner {
    struct kde_sample sample; /* weights borrowed; values borrowed, or logarithms */
    struct kde_summary summary;
    double *logarithms; /* owned; NULL where the values are the sample's own */
};

/*
 * Looks at a checked sample with its summary through the boundary of the options. End with
 * kde_inner_fini. STATUS_INVALID with KDE_FAULT_BELOW_BOUNDARY (index) or
 * KDE_FAULT_BOUNDARY_KERNEL, STATUS_EXHAUSTED without memory; *inner is then untouched.
 */
NODISCARD enum status kde_inner_make(const struct kde_sample *sample, const struct kde_summary *summary,
                                     const struct kde_options *options, struct kde_inner *inner,
                                     struct kde_refusal *refusal);
void kde_inner_fini(struct kde_inner *inner);

/* The place in the values' unit of a place among the points, and back (x above the bound). */
double kde_boundary_outwards(const struct kde_curve *curve, double y);
double kde_boundary_inwards(const struct kde_curve *curve, double x);

/* Turns of the points' curve made turns of the curve: halves of a mirror folded, with a drop to 0 at the bound;
 * places of logarithms carried back, heights with them. Nothing is done where there is no boundary. */
void kde_boundary_carry(const struct kde_curve *curve, struct kde_extremes *extremes);

#endif
