#ifndef ANALYTICS_KDE_CRITICAL_H
#define ANALYTICS_KDE_CRITICAL_H

#include <stddef.h>
#include <stdint.h>

#include "analytics/kde/watch.h"
#include "base/status.h"

/*
 * The critical-bandwidth test of unimodality (Silverman 1981, Journal of the Royal Statistical
 * Society B 43, 97). The number of modes of a Gaussian curve falls as its bandwidth grows;
 * critical is the smallest bandwidth at which there is one mode. If it has to be large, one mode
 * fits badly: p_value is (1 + k) / (1 + KDE_CRITICAL_REPLICATES), never 0, k being how many of the samples drawn from the
 * curve at that bandwidth
 *   y_i = m + (x_J - m + h e) / sqrt(1 + h^2/s^2),  J random, e standard normal, m and s^2 the
 *   mean and the variance (divisor n) of the values, so that the variance stays
 * have a curve of more than one mode at the same bandwidth. In large samples this p-value is too
 * large (conservative); calibrated_p is the least level a at which the calibrated test of Hall and York
 * 2001, Statistica Sinica 11, 515, rejects: with k of the samples having a critical bandwidth above l(a) h,
 * (1 + k) / (1 + KDE_CRITICAL_REPLICATES) is at most a, with
 *   l(a) = (0.94029 a^3 - 1.59914 a^2 + 0.17695 a + 0.48971) /
 *          (a^3 - 1.77793 a^2 + 0.36162 a + 0.42423)
 * Of the levels j / (1 + KDE_CRITICAL_REPLICATES), since so many samples can tell no others apart; 1 where no smaller one does. A
 * sample's critical bandwidth is sought to 0.0015 h from above, which is some 0.003 of a level at 5 %, to the safe
 * side. The samples of this test are x_J + h e, not drawn in. It is
 * meant for an interval that holds the distribution's bulk; here it is the whole line, where a lone
 * value far out makes a mode of its own. Both p-values come of the same random numbers.
 *
 * Small samples are another matter: the variance of samples that are not drawn in outweighs the
 * calibration. Share of samples rejected at 5 %, of 150 each (a share is good to some 0.03):
 *   n                                10             30             50
 *   normal                plain    0.01           0.02           0.01
 *                    calibrated    0              0.01           0.01
 *   uniform               plain    0.03           0.15           0.18
 *                    calibrated    0              0.07           0.12
 *   two normals,          plain    0.05           0.49           0.74
 *   4 sd apart       calibrated    0              0.27           0.56
 * Ten values are too few for either to see two groups; flat distributions with sharp ends are
 * rejected too often, which the dip test (0.05 of them) does not do.
 */
struct kde_critical {
    double bandwidth; /* in the unit of the values; good to 1e-5 of itself */
    double p_value;      /* these two in [1 / (1 + KDE_CRITICAL_REPLICATES), 1] */
    double calibrated_p;
};

#define KDE_CRITICAL_REPLICATES 500
#define KDE_CRITICAL_SEED UINT64_C(1981)

/* The test takes n times some 100 places for each of two times KDE_CRITICAL_REPLICATES samples, a few times over. */
#define KDE_CRITICAL_MAX 1000

/*
 * The critical bandwidth alone, and the test. values in any order, finite, at least two of them
 * different, 2 <= n <= KDE_CRITICAL_MAX; weights are not looked at. STATUS_EXHAUSTED without
 * memory, STATUS_BUSY where the watch said so; the result is then untouched. Pure.
 */
NODISCARD enum status kde_critical_bandwidth(const double *values, size_t n, double *bandwidth);
NODISCARD enum status kde_critical_test(const double *values, size_t n, const struct kde_watch *watch,
                                        struct kde_critical *critical);

#endif
