#ifndef ANALYTICS_KDE_SAMPLE_H
#define ANALYTICS_KDE_SAMPLE_H

#include <stddef.h>

#include "base/status.h"

struct kde_refusal;

/*
 * A sample: n values in any order and unit and, where not NULL, n weights (>= 0, finite, sum
 * above 0; only their ratios matter). Both arrays are the caller's and only read.
 */
struct kde_sample {
    const double *values;
    const double *weights;
    size_t n;
};

/*
 * What a sample says of itself. mean, sd and the quartiles ignore the weights, as R's rules
 * do; weighted_mean is the mean of the distribution that the curve describes and equals mean
 * where there are no weights. Values of weight 0 count in all but weighted_mean and effective_n.
 * Quartiles are R's type 7 (Hyndman and Fan 1996, The American Statistician 50, 361): with
 * the values ascending from x[0], linear between them at position (n - 1) p.
 * Invariants: 1. n >= 1; 2. min <= quartile_1 <= quartile_3 <= max;
 * 3. sd is NaN where n = 1, else >= 0, and 0 exactly where min = max.
 */
struct kde_summary {
    size_t n;
    double mean;
    double weighted_mean;
    double sd;          /* with divisor n - 1; right to rounding down to the smallest of doubles */
    double min;
    double max;
    double quartile_1;
    double quartile_3;
    double effective_n; /* (sum w)^2 / sum w^2 (Kish 1965); n without weights */
};

/* The door: STATUS_INVALID with the first fault (empty, value, weight) in *refusal, which is
 * else untouched. */
NODISCARD enum status kde_sample_check(const struct kde_sample *sample,
                                       struct kde_refusal *refusal);

/*
 * Fills *summary from a sample that passed kde_sample_check. Linear in n (quartiles by radix
 * selection, never a full sort of a large sample; no input makes it slow). STATUS_EXHAUSTED
 * where there is no memory for a copy of the values; *summary is then untouched.
 */
NODISCARD enum status kde_sample_summarise(const struct kde_sample *sample,
                                           struct kde_summary *summary);

#endif
