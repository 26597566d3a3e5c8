#ifndef ANALYTICS_KDE_PERMUTATION_H
#define ANALYTICS_KDE_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

#include "analytics/kde/watch.h"
#include "base/status.h"

/*
 * Whether two samples, where they lie aside, differ in shape by more than chance: in the height of the main peak, in its
 * width and in the standard deviation. Each sample is centred at its mean. If both came of one distribution, a unit that
 * is in both (a province in two years) might as well have had its two values the other way round, and the values of
 * units that are in one only might have been dealt to either sample; so the pairs are swapped or not by the toss of a
 * coin, what is left is dealt again, and the p-value is (1 + how many of R such samples differ
 * at least as much) / (1 + R), where to differ is the ratio of the two numbers or its
 * reciprocal, whichever is larger (Pitman 1937, Supplement to the Journal of the Royal Statistical Society 4, 119; of
 * centred values: Boos, Janssen and Veraverbeke 1989, Journal of Statistical Planning and Inference 21, 327; of the
 * curves of two samples: Bowman and Azzalini 1997, Applied Smoothing Techniques for Data Analysis, chapter 6). Of pairs
 * from normal distributions the test of the standard deviations is, in large samples, that of Pitman and Morgan (1939,
 * Biometrika 31, 9 and 13). With means estimated the level is right in the limit only.
 * Share of samples rejected at 5 %, of 1,000 of 10 values and 300 of 30 each:
 *                                           n = 10               n = 30
 *                                        height width   sd    height width   sd
 *   normal, pairs correlated 0.95          0.06  0.05  0.06     0.05  0.05  0.07
 *   normal, no pairs                       0.05  0.04  0.05     0.03  0.03  0.03
 *   uniform, no pairs                      0.05  0.04  0.04     0.04  0.05  0.02
 *   exponential, correlated 0.92           0.06  0.06  0.05     0.07  0.06  0.05
 *   exponential, no pairs                  0.08  0.06  0.11     0.07  0.06  0.07
 *   sd halved, normal, correlated 0.95     0.73  0.38  0.95     0.99  0.81  1.00
 *   sd halved, normal, no pairs            0.28  0.19  0.41     0.77  0.52  0.95
 * So ten pairs show a change of the spread where there is one, and of the peak if it is large; a change of the peak's
 * width is told from chance in larger samples only.
 *
 * The curves are Gaussian with Silverman's rule (bandwidth.h), whatever the caller drew. The main peak is the highest
 * place of a curve, its width the full width at half height.
 */
struct kde_permutation {
    double height_ratio; /* later over earlier, of these curves */
    double height_p;
    double width_ratio;
    double width_p;
    double sd_ratio;
    double sd_p;
    size_t replicates; /* R */
};

#define KDE_PERMUTATION_REPLICATES 499
#define KDE_PERMUTATION_REPLICATES_MAX 1999

/*
 * The most that R should be, where so many p-values are judged together (holm.h): as many that the least there can be,
 * 1 / (1 + R), is at most 0.025 when it is multiplied by their number, so that one can still be told from chance at 5 %; not
 * fewer than KDE_PERMUTATION_REPLICATES, which is enough for 12, nor more than KDE_PERMUTATION_REPLICATES_MAX, which is for
 * 50. Of 100 and more none can be told from chance.
 */
static inline size_t kde_permutation_replicates(size_t tests)
{
    size_t wanted = tests > 1 ? 40 * tests - 1 : 0;
    wanted = wanted < KDE_PERMUTATION_REPLICATES_MAX ? wanted : KDE_PERMUTATION_REPLICATES_MAX;
    return wanted > KDE_PERMUTATION_REPLICATES ? wanted : KDE_PERMUTATION_REPLICATES;
}

#define KDE_PERMUTATION_SEED UINT64_C(1937)

/* Each of the samples; what a test takes grows with the square. */
#define KDE_PERMUTATION_MAX 200

/* Two samples, the first `pairs` values of each those of the same units in the same order. Borrowed for the call. */
struct kde_two {
    const double *earlier;
    const double *later;
    size_t earlier_count;
    size_t later_count;
    size_t pairs;
};

/*
 * The test by at most so many replicates, 1 or more, of which the watch is told. After KDE_PERMUTATION_REPLICATES it ends where
 * all three p-values are above 0.05, so that no correction could make them small: R is either number (to stop early where a
 * p-value is large: Besag and Clifford 1991, Biometrika 78, 301). All values finite and of at most KDE_MAGNITUDE_MAX, each count
 * 2 .. KDE_PERMUTATION_MAX, pairs <= both.
 * STATUS_INVALID where a sample has no spread (its values are equal, or its bandwidth is below 1e-12 of the
 * largest distance from a mean), STATUS_EXHAUSTED without memory, STATUS_BUSY
 * where the watch said so; *test is then untouched. Pure; the same bits for the same values in the same order.
 */
NODISCARD enum status kde_permutation_test(const struct kde_two *two, size_t replicates,
                                           const struct kde_watch *watch, struct kde_permutation *test);

#endif
