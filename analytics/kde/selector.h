#ifndef ANALYTICS_KDE_SELECTOR_H
#define ANALYTICS_KDE_SELECTOR_H

#include <stdbool.h>

#include "analytics/kde/bandwidth.h"
#include "base/status.h"

/*
 * Bandwidths from the data, all of them the Gaussian kernel's standard deviation h. With n
 * values, s and A as in bandwidth.h and the pair sums of pairs.h:
 *   ucv     minimises (1/2 + sum ucv(h)/n) / (n h sqrt(pi)), unbiased (least squares) cross
 *           validation: Rudemo 1982, Scandinavian Journal of Statistics 9, 65; Bowman 1984,
 *           Biometrika 71, 353
 *   bcv     minimises (1 + sum bcv(h)/(32 n)) / (2 n h sqrt(pi)), biased cross validation:
 *           Scott and Terrell 1987, Journal of the American Statistical Association 82, 1131
 *   sj-ste  solves h = (c / S(a2 h^(5/7)))^(1/5), c = 1/(2 sqrt(pi) n), S(g) and T(g) the sums
 *           of phi4 and phi6 over all pairs, each value with itself too, over n (n - 1) g^5 and
 *           -n (n - 1) g^7 times sqrt(2 pi), a2 = 1.357 (S(a)/T(b))^(1/7), a = 1.24 A n^(-1/7),
 *           b = 1.23 A n^(-1/9), with A = min(s, IQR/1.349) here: Sheather and Jones 1991,
 *           Journal of the Royal Statistical Society B 53, 683, "solve the equation"
 *   sj-dpi  (c / S((2.394/(n T(b)))^(1/7)))^(1/5), the same, "direct plug-in"
 * They are R's bw.ucv, bw.bcv and bw.SJ with every pair in place of bins (up to
 * KDE_PAIRS_EXACT_MAX values; above it bins an eightieth of the reference bandwidth wide, R's
 * are a thousandth of the range), minimised to 1e-7 and solved
 * to 1e-9. The two
 * cross validations look between hmax/10 and hmax = 1.144 s n^(-1/5), for the lowest of all
 * minima there, and warn (KDE_WARNING_AT_BOUND) where that is an end; sj-ste begins there, with
 * A for s, and goes further where it must.
 */

/*
 * True for the rules above. *h is then found by kde_selector_choose, which ORs its warnings.
 * STATUS_INVALID where the spread that the rule goes by is below 1/KDE_MAGNITUDE_MAX or rounding
 * leaves no solution (none is known), STATUS_EXHAUSTED without memory, STATUS_BUSY where the
 * watch said so; *h is then untouched. The sample has passed kde_sample_check, its values differ
 * and *summary is its own.
 */
bool kde_selector_is_rule(enum kde_rule rule);
NODISCARD enum status kde_selector_choose(enum kde_rule rule, const struct kde_sample *sample,
                                          const struct kde_summary *summary,
                                          const struct kde_watch *watch, double *h,
                                          unsigned *warnings);

#endif
