#ifndef ANALYTICS_INEQUALITY_INEQUALITY_H
#define ANALYTICS_INEQUALITY_INEQUALITY_H

#include <stdbool.h>

#include "analytics/inequality/order.h"

/*
 * All indices of one sample, and why one has no value. The others of the room: gini.h (and Lorenz's curve), theil.h and
 * dagum.h (parts within and between groups), polarization.h, markov.h (moves between states).
 */
enum inequality_index {
    INEQUALITY_GINI,
    INEQUALITY_THEIL_T,
    INEQUALITY_THEIL_L,
    INEQUALITY_CV,       /* standard deviation over mean, sqrt(sum p (x / mu - 1)^2): divisor n (Pearson 1896) */
    INEQUALITY_MAX_MIN,  /* the largest value over the smallest */
    INEQUALITY_ATKINSON, /* 1 - (sum p (x / mu)^(1 - e))^(1 / (1 - e)); e = 1: 1 - exp(-L) (Atkinson 1970, Journal of
                          * Economic Theory 2, 244). With a value of 0 and e >= 1 it is 1, the limit. */
    INEQUALITY_HHI,      /* sum s^2, s = p x / mu the share of the whole that a value has (Hirschman 1945, Herfindahl
                          * 1950): 1 / n (equal shares) to 1 */
    INEQUALITY_WOLFSON,
    INEQUALITY_ESTEBAN_RAY,
    INEQUALITY_COUNT
};

/* Why there is no value. */
enum inequality_reason {
    INEQUALITY_DEFINED,
    INEQUALITY_NEGATIVE_VALUES, /* the index knows none */
    INEQUALITY_ZERO_MEAN,       /* or one below 0: nothing is relative to it */
    INEQUALITY_ZERO_VALUES,     /* their logarithm, or dividing by them */
    INEQUALITY_ZERO_MEDIAN,
    INEQUALITY_NOT_FINITE,      /* too large for a double */
    INEQUALITY_REASONS
};

/* "gini", ... and "negative_values", ...: as answers have them. */
const char *inequality_index_name(enum inequality_index index);
const char *inequality_reason_name(enum inequality_reason reason);

struct inequality_options {
    double epsilon; /* Atkinson's aversion to inequality, >= 0 */
    double alpha;   /* Esteban and Ray's, > 0 to 1.6 */
};

/* Invariant: value[i] is finite where reason[i] is INEQUALITY_DEFINED, else NAN. */
struct inequality_result {
    double value[INEQUALITY_COUNT];
    enum inequality_reason reason[INEQUALITY_COUNT];
};

/* Pure; cannot fail; any thread. Linear in n. */
void inequality_measure(const struct inequality_order *order, const struct inequality_options *options, struct inequality_result *result);

/* Why an index, and whatever is made like it of groups, has no value: by the values alone. */
enum inequality_reason inequality_reason_of(const struct inequality_order *order, enum inequality_index index);

#endif
