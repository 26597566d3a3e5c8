#ifndef ANALYTICS_KDE_PAIRS_H
#define ANALYTICS_KDE_PAIRS_H

#include <stddef.h>

#include "analytics/kde/points.h"
#include "analytics/kde/watch.h"
#include "base/status.h"

struct kde_sample;

/*
 * Sums over the pairs of a sample, sum_{i < j} t((x_i - x_j)/h), which the bandwidth selectors of
 * selector.h minimise or solve. With q = ((x_i - x_j)/h)^2:
 *   ucv   exp(-q/4) - sqrt(8) exp(-q/2)
 *   bcv   exp(-q/4) (q^2 - 12 q + 12)
 *   phi4  exp(-q/2) (q^2 - 6 q + 3)            the Gaussian's fourth derivative over its height
 *   phi6  exp(-q/2) (q^3 - 15 q^2 + 45 q - 15)  and its sixth
 */
enum kde_pair_term { KDE_PAIR_UCV, KDE_PAIR_BCV, KDE_PAIR_PHI4, KDE_PAIR_PHI6 };

/* Up to this many values every pair is visited; above it, pairs of nodes stand for them. */
#define KDE_PAIRS_EXACT_MAX 2000

/*
 * The pairs of a sample, weights ignored. Where binned, each value is dealt to the two nodes
 * around it (linear binning), counts[k] is how many pairs lie k nodes apart, and what a value
 * would count as a pair with itself is taken out again exactly (Wand 1994, Journal of
 * Computational and Graphical Statistics 3, 433). The sums are then off by about
 * (spacing/h)^2 / 6 of themselves.
 * Invariants: 1. points hold the sample sorted and merged, points.below its counts; 2. counts is
 * NULL and spacing 0 where exact.
 */
struct kde_pairs {
    struct kde_points points;
    double *counts;
    size_t lags;
    double spacing;
    double n;
    double ties; /* pairs of equal values; exact only */
};

/*
 * Makes the pairs of a sample that passed kde_sample_check. Where there are more than
 * KDE_PAIRS_EXACT_MAX values, with nodes `spacing` apart (> 0, the caller ties it to what it
 * looks for, never to the range, which one outlier can stretch) and pairs up to `reach` apart:
 * what is further apart must not matter. End with kde_pairs_fini. STATUS_EXHAUSTED without
 * memory, STATUS_BUSY where the watch said so; *pairs is then untouched.
 */
NODISCARD enum status kde_pairs_make(const struct kde_sample *sample, double spacing, double reach,
                                     const struct kde_watch *watch, struct kde_pairs *pairs);

/* The sum of a term for h > 0. Pure; a fixed order of additions. */
double kde_pairs_sum(const struct kde_pairs *pairs, enum kde_pair_term term, double h);

void kde_pairs_fini(struct kde_pairs *pairs);

#endif
