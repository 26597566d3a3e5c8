#ifndef ANALYTICS_KDE_BANDWIDTH_H
#define ANALYTICS_KDE_BANDWIDTH_H

#include <stdbool.h>

#include "analytics/kde/kernel.h"
#include "analytics/kde/watch.h"
#include "base/status.h"

struct kde_refusal;
struct kde_sample;
struct kde_summary;

/*
 * How the bandwidth is found. With s the standard deviation (divisor n - 1), IQR the distance
 * of the type 7 quartiles and A = min(s, IQR/1.34), or s alone where the IQR is 0 (with
 * KDE_WARNING_IQR_ZERO):
 *   silverman  0.9  A n^(-1/5)   the kernel's standard deviation; Silverman 1986, (3.31);
 *                                R's bw.nrd0
 *   scott      1.06 A n^(-1/5)   the same; Scott 1992, Multivariate Density Estimation; R's
 *                                bw.nrd (which answers 0 where the IQR is 0)
 *   eviews     0.9  A n^(-1/5) k half the kernel's width (for the Gaussian its standard
 *                                deviation), k = kde_kernel_canonical: all kernels then smooth
 *                                as much as the Gaussian does
 *   ucv, bcv, sj-ste, sj-dpi     the kernel's standard deviation: selector.h
 * Rules ignore weights, as in R.
 */
enum kde_rule {
    KDE_RULE_NUMBER,    /* the caller's number */
    KDE_RULE_SILVERMAN,
    KDE_RULE_SCOTT,
    KDE_RULE_EVIEWS,
    KDE_RULE_UCV,
    KDE_RULE_BCV,
    KDE_RULE_SJ_STE,
    KDE_RULE_SJ_DPI
};

#define KDE_RULE_COUNT 8

/*
 * The unit in which a bandwidth is told, in both directions: a number that the caller gives
 * means this, and struct kde_bandwidth.value is in it. It never changes what a rule chooses,
 * only how the choice is told. For the Gaussian both are its standard deviation.
 */
enum kde_convention {
    KDE_CONVENTION_SD,        /* the kernel's standard deviation, as in R */
    KDE_CONVENTION_HALF_WIDTH /* half the width of the kernel's support, as in EViews */
};

#define KDE_CONVENTION_COUNT 2

/*
 * What is done where the values cannot go below a bound and the curve must not either
 * (Silverman 1986, section 2.10). Either way all of the mass lies above the bound, exactly.
 *   none     nothing: the curve may reach below the bound
 *   reflect  the sample and its mirror image, f(x) = g(x) + g(2 lower - x) from lower up: for
 *            distributions that do not vanish at the bound; f' = 0 there
 *   log      the curve is estimated of y = log(x - lower) and carried back, f(x) = g(y)/(x - lower):
 *            for skewed values above the bound; a rule's bandwidth and a number for it are then
 *            of y. Not for the uniform and the triangular kernel, whose corners it would bend.
 */
enum kde_boundary { KDE_BOUNDARY_NONE, KDE_BOUNDARY_REFLECT, KDE_BOUNDARY_LOG };

#define KDE_BOUNDARY_COUNT 3

/* Names as the interface spells them ("number", "silverman", "half-width", ...). Never NULL;
 * the finders answer false and leave the target untouched where there is no such name. */
const char *kde_rule_name(enum kde_rule rule);
bool kde_rule_find(const char *name, enum kde_rule *rule);
const char *kde_convention_name(enum kde_convention convention);
bool kde_convention_find(const char *name, enum kde_convention *convention);
const char *kde_boundary_name(enum kde_boundary boundary);
bool kde_boundary_find(const char *name, enum kde_boundary *boundary);

/* What a caller asks for. adjust multiplies the bandwidth, however found (R's adjust). */
struct kde_options {
    enum kde_kernel kernel;
    enum kde_convention convention;
    enum kde_rule rule;
    double bandwidth; /* read where rule is KDE_RULE_NUMBER */
    double adjust;    /* 1 for none; > 0 */
    enum kde_boundary boundary;
    double lower;     /* the bound, finite; read where there is one */
    struct kde_watch watch; /* goes with the curve; it changes no number */
};

/* gaussian, sd, silverman, adjust 1, no boundary, nobody who watches. */
struct kde_options kde_options_default(void);

/*
 * A bandwidth in three units, all in the unit of the values.
 * Invariants: 1. all are positive and finite; 2. sd = scale * kde_kernel_sd(kernel);
 * 3. value is sd or scale, as the convention says.
 */
struct kde_bandwidth {
    double value; /* in the caller's convention */
    double sd;    /* the kernel's standard deviation */
    double scale; /* what divides x - x_i: half the width, for the Gaussian the sd */
};

/*
 * Chooses the bandwidth for a sample (checked, *summary its own) and ORs warnings into *warnings.
 * STATUS_INVALID with *refusal: KDE_FAULT_FEW_VALUES (n < 2) or KDE_FAULT_NO_SPREAD (all values
 * equal) where a rule was asked for, KDE_FAULT_BANDWIDTH, KDE_FAULT_ADJUST,
 * KDE_FAULT_BANDWIDTH_RANGE, KDE_FAULT_BANDWIDTH_TINY, KDE_FAULT_RULE; STATUS_EXHAUSTED without
 * memory and STATUS_BUSY where options->watch said so (the rules of selector.h only). On all of
 * them *bandwidth and *warnings are untouched. Pure; any thread.
 */
NODISCARD enum status kde_bandwidth_choose(const struct kde_options *options,
                                           const struct kde_sample *sample,
                                           const struct kde_summary *summary,
                                           struct kde_bandwidth *bandwidth, unsigned *warnings,
                                           struct kde_refusal *refusal);

#endif
