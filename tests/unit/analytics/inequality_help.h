#ifndef TESTS_UNIT_ANALYTICS_INEQUALITY_HELP_H
#define TESTS_UNIT_ANALYTICS_INEQUALITY_HELP_H

/* What the tests of the indices of inequality share; included after cmocka.h. */
#include <math.h>
#include <stdint.h>

#include "analytics/inequality/inequality.h"

static inline void assert_near(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance)) {
        fail_msg("found %.17g, wanted %.17g within %g", found, wanted, tolerance);
    }
}

/* A sample that must be fit, in order. */
static inline struct inequality_order *put_in_order(const double *values, const double *weights, size_t n)
{
    const struct inequality_sample sample = {values, weights, n};
    struct inequality_order *order = NULL;
    assert_int_equal(inequality_order_create(&sample, &order), STATUS_OK);
    assert_non_null(order);
    return order;
}

/* Pseudo-random numbers in [0, 1): a linear congruential generator, so that runs are equal. */
static uint64_t seed = 1;

static inline double next_uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

#endif
