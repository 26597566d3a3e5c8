#ifndef ANALYTICS_KDE_DIP_H
#define ANALYTICS_KDE_DIP_H

#include <stddef.h>
#include <stdint.h>

#include "analytics/kde/watch.h"
#include "base/status.h"

/*
 * The dip of a sample: the largest distance between its distribution function and the unimodal
 * one nearest to it (Hartigan and Hartigan 1985, Annals of Statistics 13, 70), by the algorithm
 * of Hartigan 1985, Applied Statistics 34, 320 (AS 217), with the corrections of R's diptest.
 * Between 1/(2n) and 1/4; 1/(2n) where there is nothing to see; no unit.
 */

/* The dip of n >= 1 values in ascending order; room has 4 (n + 1) places. */
double kde_dip_sorted(const double *x, size_t n, size_t *room);

/* How many uniform samples a p-value is the share of, and the seed they come from. */
#define KDE_DIP_REPLICATES 2000
#define KDE_DIP_SEED UINT64_C(1985)

/* Larger samples are compared with samples of this size, by the square root of n times the dip,
 * whose distribution has its limit then (Hartigan and Hartigan, theorem 3). */
#define KDE_DIP_SAMPLE_MAX 5000

struct kde_dip {
    double statistic;
    double p_value;
};

/*
 * The dip test of unimodality: p_value is (1 + how many of KDE_DIP_REPLICATES uniform samples of
 * the same size have at least this dip) / (1 + KDE_DIP_REPLICATES). Among unimodal distributions
 * the uniform one is the hardest in the limit, so that for most others the test is conservative.
 * values in any order, all finite, n >= 1; weights are not looked at. STATUS_EXHAUSTED without
 * memory, STATUS_BUSY where the watch said so; *dip is then untouched. Pure.
 */
NODISCARD enum status kde_dip_test(const double *values, size_t n, const struct kde_watch *watch,
                                   struct kde_dip *dip);

#endif
