#ifndef ANALYTICS_DEA_OUTLIERS_H
#define ANALYTICS_DEA_OUTLIERS_H

/*
 * How much each unit, by being there, lowers the others' scores: Sousa and Stosic, J. Productivity Analysis 24 (2005) 157,
 * by leaving one out at a time.
 *
 *   leverage of k = sqrt(sum over o other than k of (score of o without k - score of o)^2 / (n - 1))
 *
 * n counts the scored units. A unit is flagged where its leverage is above the mean leverage times ln n, their threshold. Only units that
 * have k as a peer are solved again: whoever reaches his score without k keeps it.
 */

#include <stdbool.h>

#include "analytics/dea/dea.h"
#include "base/status.h"

struct dea_outliers {
    double *leverage; /* of each unit; NAN where the unit is not scored, or one of the scores without it was not proved */
    bool *is_flagged;
    double threshold; /* NAN where there are fewer than 3 scored units */
    struct dea_certificate certificate;
};

/*
 * In: the data, options and result of a dea_solve; the frontier is not FDH.
 * Out: outliers, whose arrays are the caller's, one element for each unit.
 * Returns STATUS_OK; STATUS_INVALID for FDH; STATUS_BUSY when options' is_cancelled said so; STATUS_EXHAUSTED when memory is short.
 * Threads, frame, progress (of this work alone): by options, as in dea_solve.
 */
NODISCARD enum status dea_outliers_find(const struct dea_problem *problem, const struct dea_options *options,
                                        const struct dea_result *result, struct dea_outliers *outliers);

#endif
