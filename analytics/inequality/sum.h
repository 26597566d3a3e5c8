#ifndef ANALYTICS_INEQUALITY_SUM_H
#define ANALYTICS_INEQUALITY_SUM_H

#include <math.h>

/* A sum whose error does not grow with its length: Neumaier 1974, Zeitschrift fuer angewandte Mathematik und Mechanik 54, 39. */
struct inequality_sum {
    double sum;
    double rest;
};

static inline void inequality_add(struct inequality_sum *s, double value)
{
    double sum = s->sum + value;
    s->rest += fabs(s->sum) >= fabs(value) ? (s->sum - sum) + value : (value - sum) + s->sum;
    s->sum = sum;
}

/* Where the sum is infinite, so is the result. */
static inline double inequality_total(const struct inequality_sum *s)
{
    return isfinite(s->sum) ? s->sum + s->rest : s->sum;
}

#endif
