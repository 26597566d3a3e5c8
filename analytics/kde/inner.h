#ifndef ANALYTICS_KDE_INNER_H
#define ANALYTICS_KDE_INNER_H

#include "analytics/kde/bandwidth.h"
#include "analytics/kde/sample.h"
#include "base/status.h"

struct kde_options;
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

#endif
