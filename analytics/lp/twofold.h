#ifndef ANALYTICS_LP_TWOFOLD_H
#define ANALYTICS_LP_TWOFOLD_H

/* Sums of products as if in twice the precision (Dot2: Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26 (2005) 1955). Internal to analytics/. */

#include <float.h>
#include <math.h>

struct lp_twofold {
    double high;
    double low;
    double size;    /* sum of the terms' absolute values */
    double largest; /* of them */
    double count;
};

static inline void lp_twofold_add(struct lp_twofold *sum, double a, double b)
{
    const double product = a * b;
    const double size = fabs(product);
    const double high = sum->high + product;
    const double part = high - sum->high;
    sum->low += (sum->high - (high - part)) + (product - part) + fma(a, b, -product);
    sum->high = high;
    sum->size += size;
    sum->largest = size > sum->largest ? size : sum->largest;
    sum->count += 1;
}

static inline double lp_twofold_value(const struct lp_twofold *sum)
{
    return sum->high + sum->low;
}

/* No less than what rounding may have made of the value, but for its last digit. */
static inline double lp_twofold_rounding(const struct lp_twofold *sum)
{
    return sum->count * sum->count * DBL_EPSILON * DBL_EPSILON * sum->size;
}

#endif
