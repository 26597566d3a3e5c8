#ifndef TESTS_UNIT_ANALYTICS_KDE_HELP_H
#define TESTS_UNIT_ANALYTICS_KDE_HELP_H

/* What the tests of density estimation share; included after cmocka.h. */
#include <math.h>
#include <stdint.h>

#include "analytics/kde/kde.h"

static const double PI = 3.14159265358979323846;

/* Pseudo-random numbers in [0, 1): a linear congruential generator, so that runs are equal. */
static uint64_t seed = 1;

static inline double next_uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static inline double next_normal(void)
{
    const double radius = sqrt(-2.0 * log(1.0 - next_uniform()));
    return radius * cos(2.0 * PI * next_uniform());
}

/* K(u) straight from the textbook. */
static inline double textbook(enum kde_kernel kernel, double u)
{
    const double inside = fabs(u) < 1.0 ? 1.0 : 0.0;
    switch (kernel) {
    case KDE_KERNEL_GAUSSIAN:
        return exp(-0.5 * u * u) / sqrt(2.0 * PI);
    case KDE_KERNEL_EPANECHNIKOV:
        return inside * 0.75 * (1.0 - u * u);
    case KDE_KERNEL_TRIANGULAR:
        return inside * (1.0 - fabs(u));
    case KDE_KERNEL_UNIFORM:
        return inside * 0.5;
    case KDE_KERNEL_BIWEIGHT:
        return inside * 15.0 / 16.0 * pow(1.0 - u * u, 2.0);
    case KDE_KERNEL_TRIWEIGHT:
        return inside * 35.0 / 32.0 * pow(1.0 - u * u, 3.0);
    case KDE_KERNEL_COSINE:
        return inside * 0.5 * (1.0 + cos(PI * u));
    case KDE_KERNEL_OPTCOSINE:
        return inside * PI / 4.0 * cos(PI * u / 2.0);
    }
    return 0.0;
}

static inline struct kde_options numbered(enum kde_kernel kernel, enum kde_convention convention,
                                   double bandwidth)
{
    struct kde_options options = kde_options_default();
    options.kernel = kernel;
    options.convention = convention;
    options.rule = KDE_RULE_NUMBER;
    options.bandwidth = bandwidth;
    return options;
}

static inline struct kde_curve *make(const double *values, const double *weights, size_t n,
                              const struct kde_options *options)
{
    const struct kde_sample sample = {.values = values, .weights = weights, .n = n};
    struct kde_refusal refusal = {KDE_FAULT_NONE, 0};
    struct kde_curve *curve = NULL;
    assert_int_equal(kde_curve_create(&sample, options, &curve, &refusal), STATUS_OK);
    return curve;
}

/* Evaluates a curve that nobody watches; the warnings. */
static inline unsigned warnings_of(const struct kde_curve *curve, const struct kde_grid *grid, double *density)
{
    unsigned warnings = 0;
    assert_int_equal(kde_curve_evaluate(curve, grid, density, &warnings), STATUS_OK);
    return warnings;
}

static inline void assert_near(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance)) {
        fail_msg("found %.17g, wanted %.17g within %g", found, wanted, tolerance);
    }
}

#endif
