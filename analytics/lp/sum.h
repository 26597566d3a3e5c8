#ifndef ANALYTICS_LP_SUM_H
#define ANALYTICS_LP_SUM_H

/* A sum and the size of the largest of its terms, which says what its rounding may be. Internal to analytics/. */

#include <math.h>

struct lp_sum {
    double value;
    double largest;
};

static inline void lp_sum_add(struct lp_sum *sum, double term)
{
    sum->value += term;
    sum->largest = fmax(sum->largest, fabs(term));
}

#endif
