#ifndef HANDLERS_ANALYSIS_DENSITY_MORE_H
#define HANDLERS_ANALYSIS_DENSITY_MORE_H

#include <stdbool.h>
#include <stddef.h>

#include "analytics/kde/critical.h"
#include "analytics/kde/dip.h"
#include "analytics/kde/kde.h"
#include "base/status.h"
#include "handlers/analysis/watch.h"
#include "json/faults.h"
#include "json/write.h"

/*
 * What is told of a curve besides its shape: quantiles, tails, and the tests of whether it has
 * one mode.
 */

/* Of all curves the same; the middle is the median. */
enum { DENSITY_QUANTILES = 7, DENSITY_QUANTILE_LOW = 0, DENSITY_QUANTILE_MEDIAN = 3, DENSITY_QUANTILE_HIGH = 6 };
extern const double density_shares[DENSITY_QUANTILES];

enum { DENSITY_THRESHOLDS_MAX = 16, DENSITY_THRESHOLDS_BYTES = 400, DENSITY_FEW_TESTED = 50 };

/* The words of tests=, in this order; ends with NULL. */
extern const char *const density_tests[];

/* What is wanted. Zeroed: no thresholds, and of samples of at most DENSITY_FEW_TESTED values the dip test and, of changes,
 * the permutation test (density_change.h), which take a few milliseconds each. */
struct density_wishes {
    bool is_chosen; /* the tests were named; else see above */
    bool wants_dip;
    bool wants_critical;
    bool wants_permutation;
    double thresholds[DENSITY_THRESHOLDS_MAX];
    size_t threshold_count;
};

/* Takes a word of density_tests; false: it is none, or does not go with those before ("none" goes alone). */
bool density_test_take(const char *word, struct density_wishes *wishes);

/* Takes "0.8,1.2" apart. False: not 1 to DENSITY_THRESHOLDS_MAX numbers of -1e15 to 1e15 between commas. */
bool density_thresholds_read(const char *text, struct density_wishes *wishes);

/* What became of it. */
struct density_more {
    double quantiles[DENSITY_QUANTILES];
    double below[DENSITY_THRESHOLDS_MAX];
    bool has_dip;
    bool has_critical;
    struct kde_dip dip;
    struct kde_critical critical;
    double dip_holm, critical_holm; /* the p-values corrected (density_family.h), which comes last */
};

/* Fills *more for a curve and its sample, and ORs what has to be borne in mind. STATUS_EXHAUSTED without memory,
 * STATUS_BUSY where the curve's watch said so. */
enum status density_more_find(const struct kde_curve *curve, const struct kde_sample *sample,
                              const struct density_wishes *wishes, struct analysis_watch *watch, struct density_more *more,
                              unsigned *warnings) NODISCARD;

/* How many shares of the watch's whole that takes. */
size_t density_more_share(const struct density_wishes *wishes);

/* The members quantiles, tails and tests. */
void density_more_write(struct json_writer *w, const struct density_wishes *wishes, const struct density_more *more);

#endif
