#ifndef ANALYTICS_DEA_BOOTSTRAP_H
#define ANALYTICS_DEA_BOOTSTRAP_H

/*
 * How far efficiency scores may be from the truth, by the homogeneous smoothed bootstrap. Scores are too favourable by
 * construction: the frontier is that of the best units seen, and better ones could exist. Pure, like dea.h.
 *
 * Sources.
 *   Simar, Wilson, Management Science 44 (1998) 49: the bootstrap, steps below.
 *   Silverman, "Density Estimation for Statistics and Data Analysis" (1986), pp. 45-48, 53: bandwidth, smoothing with the
 *   variance kept.
 *   Daraio, Simar, "Advanced Robust and Nonparametric Efficiency Analysis" (2007), pp. 58-63: the bandwidth from scores that
 *   are not 1, reflected, and scaled back to the scores' own number and spread.
 *   Simar, Wilson, J. Productivity Analysis 13 (2000) 49: intervals from the differences to the score, which correct for
 *   bias by themselves.
 *   Philox: Salmon, Moraes, Dror, Shaw, SC '11: random numbers as a function of a counter and a key.
 *
 * All is done with distances d >= 1: phi, or 1 / theta. n units have one.
 *   1. d_i, as dea.h finds them, kept as they are.
 *   2. h: of the d_i > 1 + 1e-6 and their reflections 2 - d_i, 2 m numbers with standard deviation s_R and interquartile
 *      range q_R (type 7), h_R = 0.9 min(s_R, q_R / 1.349) (2 m)^(-1/5); h = h_R (2 m / n)^(1/5) s / s_R, s being the standard
 *      deviation of all n distances. (q_R counts only where it is above 1e-6.)
 *   3. For each replication: beta_i drawn with replacement from the 2 n numbers d_j, 2 - d_j; e_i = beta_i + h z_i, z_i
 *      standard normal; e*_i = mean(beta) + (e_i - mean(beta)) / sqrt(1 + h^2 / v), v the variance of the 2 n numbers (divisor
 *      2 n - 1); d*_i = e*_i, or 2 - e*_i where that is below 1.
 *   4. The reference set of the replication: unit i with its outputs times d_i / d*_i (output orientation) or its inputs times
 *      d*_i / d_i. Each unit's own figures are judged by it: the distance d^_ib, which may be below 1.
 *   5. bias_i = mean_b d^_ib - d_i; corrected distance d_i - bias_i; interval [d_i - u, d_i - l], l and u the quantiles
 *      (1 - level) / 2 and (1 + level) / 2 of d^_ib - d_i over b (type 7).
 * The distances by NIRS and NDRS, in 1 and in 4: that of CRS where its optimum has sum(lambda) <= 1 (>= 1), else that of VRS. An
 * optimum of NIRS whose sum is below 1 and an optimum of CRS whose sum is above it have a point of the sum 1 between them that is at
 * least as good as the former, distances being concave along the way; so it is for a unit that is not among the reference units.
 * Scores are the distances' reciprocals, so an interval's ends change places. Where d_i - bias_i or an end is not above 0,
 * there is no such number.
 *
 * What the intervals are worth. Under constant returns, 60 samples of 40 and of 150 units of one input and output, 95 % intervals held the
 * truth 56 times; under variable returns, where the frontier is curved, 45 times with 20 units, 47 with 40, 53 with 150:
 * with few units they are too narrow, as the sources find too. By NIRS, 60 samples below y = x^0.6: 51 times with 20 units and with
 * 40; by NDRS, below y = x - 1: 54 and 53 times.
 *
 * Draws. Replication b takes of Philox4x32-10 with the key (seed's low and high half) the blocks (counter words) (i, b, 0, 0),
 * 4 words w0..w3: j = floor((w0 + 2^32 w1) / 2^64 * 2 n) picks beta_i, d_j below n, else 2 - d_(j - n); z_i =
 * sqrt(-2 ln a) cos(2 pi c) with a = (w2 + 0.5) / 2^32, c = (w3 + 0.5) / 2^32. Units are counted among those that have a
 * distance. So a draw depends on seed, replication and unit alone, and any thread may work out any replication.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/dea/dea.h"
#include "base/status.h"

#define DEA_REPLICATIONS_MIN 100
#define DEA_REPLICATIONS_MAX 10000
#define DEA_BOOTSTRAP_PROGRAMS_MAX 5000000 /* units times replications */

struct dea_bootstrap_options {
    enum dea_orientation orientation;
    enum dea_frontier frontier; /* not DEA_FDH: these steps are made for convex frontiers */
    enum dea_solver_kind solver; /* of the replications' programs */
    size_t replications;  /* DEA_REPLICATIONS_MIN to DEA_REPLICATIONS_MAX */
    uint64_t seed;
    double level;         /* of the intervals, above 0 and below 1 */
    size_t threads;       /* 1 to 64; the answer is the same from any number */
    bool (*is_cancelled)(void *);                        /* as in dea_options: on the calling thread */
    void (*progress)(void *, size_t done, size_t count); /* as there; replications */
    void *context;
};

/* Of one unit. The score stays what it was given as, whatever becomes of the rest, which is NAN for a unit without a score,
 * where a replication's program could not be proved, and where dea_bootstrap says that nothing varies. */
struct dea_interval {
    double score;     /* as dea.h has it; NAN: it has none */
    double corrected; /* for bias */
    double bias;      /* score - corrected */
    double low, high; /* of the interval */
};

struct dea_bootstrap {
    struct dea_interval *units; /* unit_count of them */
    size_t unit_count;
    double bandwidth;   /* h; 0: fewer than two scores, or all are the same, so that there is nothing to draw from */
    size_t counted;     /* units with a score, n above */
    struct dea_certificate certificate; /* of all programs */
};

/*
 * scores: one for each unit of problem, in (0, 1], NAN where it has none: those of dea_solve by the same orientation and
 * frontier, without which the steps above mean nothing.
 * Out: *bootstrap, to be given to dea_bootstrap_free; untouched on failure.
 * Returns STATUS_OK; STATUS_INVALID when dea_problem_check refuses, an option is outside its range, a score is outside (0, 1],
 * or units times replications exceed DEA_BOOTSTRAP_PROGRAMS_MAX; STATUS_BUSY when is_cancelled said so; STATUS_EXHAUSTED when
 * memory is short: 8 bytes for each unit and replication.
 */
NODISCARD enum status dea_bootstrap_run(const struct dea_problem *problem, const double *scores,
                                        const struct dea_bootstrap_options *options, struct dea_bootstrap **bootstrap);

/* Frees; NULL is nothing. */
void dea_bootstrap_free(struct dea_bootstrap *bootstrap);

#endif
