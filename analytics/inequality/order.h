#ifndef ANALYTICS_INEQUALITY_ORDER_H
#define ANALYTICS_INEQUALITY_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * n values in any order and unit and, where not NULL, n weights (>= 0, only their ratios matter): how many people, square
 * kilometres or whatever else stand behind each value. Both arrays are the caller's and only read. With x = X / w and the
 * weights w, an index tells how unevenly the amounts X lie over w ("by population", "by area").
 */
struct inequality_sample {
    const double *values;
    const double *weights;
    size_t n;
};

/*
 * The sample put in order, which all indices start from; read only, any number of threads.
 * Invariants: 1. n >= 1; 2. x ascends; equal values ascend by their weights, so that no index depends on the order of the
 * sample; 3. weight[i] > 0: values of weight 0 are left out; 4. total is the sum of the weights as cumulated, and
 * cumulated[i] that of weight[0..i]; both are exact without weights, and in units of 2^weight_exponent; 5. x is scaled by
 * 2^-exponent so that the largest
 * magnitude is in [0.5, 1) and no sum overflows; the indices are free of the unit.
 */
struct inequality_order {
    size_t n;
    double *x;         /* scaled; what is smaller by 2^-1022 loses digits */
    double *raw;       /* as they came */
    double *weight;
    double *cumulated;
    double total;
    double mean;       /* sum w x / sum w, scaled; exactly x where all are equal */
    int exponent;      /* of the values' scale, and of the weights' */
    int weight_exponent;
    bool has_zero, has_negative; /* of the values as they came */
};

/* Copies and sorts. STATUS_INVALID: n is 0, a value or weight is not finite, a weight is negative, or all are 0.
 * STATUS_EXHAUSTED: no memory. *order is untouched then; else it is given to inequality_order_free. */
enum status inequality_order_create(const struct inequality_sample *sample, struct inequality_order **order) NODISCARD;
void inequality_order_free(struct inequality_order *order);

/* p[i] = w[i] / sum w */
static inline double inequality_part(const struct inequality_order *order, size_t i)
{
    return order->weight[i] / order->total;
}

/* The mean of the values in their own unit. */
double inequality_mean(const struct inequality_order *order);

/*
 * The median in the values' unit: the value at which the cumulated weight passes one half of the total, and the middle of
 * two where it is exactly one half between them. Without weights the usual one (quantile types 2 and 7 alike).
 */
double inequality_median(const struct inequality_order *order);

/* The same in the scale of x, where the middle of two is no smaller than a double can be. */
double inequality_median_scaled(const struct inequality_order *order);

/* ln(x[i] / mean), also where the quotient is too small for a double. x[i] and the mean are above 0. */
double inequality_log(const struct inequality_order *order, size_t i);

#endif
