#ifndef ANALYTICS_KDE_SHIFT_H
#define ANALYTICS_KDE_SHIFT_H

#include <stddef.h>

#include "analytics/kde/sample.h"

/*
 * How wide a weighted sample is, and how far chance moves the mean between two samples, of which the second may have units of
 * the first (a province in two years).
 *
 * With w the weights, W their sum, k the number of those above 0 and m the weighted mean:
 *   kde_spread  s, where s^2 = k/(k - 1) sum w (x - m)^2 / W: the standard deviation of the distribution that the curve
 *               describes, of equal weights or none that with divisor n - 1
 * A mean moves with the value of a unit by its influence a = w (x - m)/W (linearisation: Woodruff 1971, Journal of the American
 * Statistical Association 66, 411; of ratios Cochran 1977, Sampling Techniques, 6.3). What a unit in both samples adds to the
 * difference of the means is the difference of its influences, so that what it has in common with itself falls out:
 *   kde_shift_error  e, where e^2 = c sum a^2 over the units of the first only + d sum b^2 over those of the second only + the
 *                    larger of c and d times sum (b - a)^2 over those of both
 * Weights make a sample smaller than its count, and sum a^2 too small. With p = w / W and S = sum p^2 (1 / S is the effective size of
 * Kish 1965, Survey Sampling), sum a^2 of units that vary alike, each by s^2, is a quadratic form with the matrix A,
 *   A_ii = p_i^2 (1 - 2 p_i + S),  A_ij = p_i p_j (S - p_i - p_j),
 * whose expectation is s^2 tr A where s^2 S is looked for, and which is spread like chi-squared with f = (tr A)^2 / tr A^2 degrees of
 * freedom (Satterthwaite 1946, Biometrics Bulletin 2, 110; Bell and McCaffrey 2002, Survey Methodology 28, 169). So c = S / tr A of the
 * first sample, d that of the second. Of equal weights c = k/(k - 1) and f = k - 1; else f is less than k - 1, and 1 at least.
 * Without weights e is sqrt(s^2/n + t^2/m) where no unit is in both (Welch), and sd(y - x)/sqrt(n) where all are (the paired
 * t-test's).
 *   kde_shift_p      how often chance moves the means so far or farther either way: by Student's t with the lesser f of the two, rounded
 *                    down, which without weights is the paired t-test where all units are in both, and where none is the careful side
 *                    of Welch's (Welch 1938, Biometrika 29, 350: there are never fewer). 0 where the error is, 1 if the shift is too
 *   kde_shift_freedom  the lesser f rounded down; 0 where there is none
 *   kde_student      the two-sided p-value of t with so many degrees of freedom, 1 or more (Abramowitz and Stegun 1964, 26.7.3
 *                    and 26.7.4); one step for two degrees of freedom
 */
struct kde_shift_side {
    const struct kde_sample *sample;
    const size_t *units; /* of each value, strictly ascending: equal numbers are the same unit; NULL: of neither side is it known */
    double mean;         /* kde_summary.weighted_mean */
};

/* All are of samples that passed kde_sample_check, pure, and NAN where fewer than two values have a weight above 0. Linear. */
double kde_spread(const struct kde_sample *sample, double mean);
double kde_shift_error(const struct kde_shift_side *from, const struct kde_shift_side *to);
size_t kde_shift_freedom(const struct kde_shift_side *from, const struct kde_shift_side *to);
double kde_shift_p(const struct kde_shift_side *from, const struct kde_shift_side *to, double error);

double kde_student(double t, size_t freedom);

#endif
