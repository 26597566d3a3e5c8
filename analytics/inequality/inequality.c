/*
 * One call for all indices. The simple ones are here.
 */
#include "analytics/inequality/inequality.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "analytics/inequality/gini.h"
#include "analytics/inequality/polarization.h"
#include "analytics/inequality/sum.h"
#include "analytics/inequality/theil.h"

const char *inequality_index_name(enum inequality_index index)
{
    static const char *const names[INEQUALITY_COUNT] = { "gini", "theil_t", "theil_l", "cv", "max_min", "atkinson", "hhi", "wolfson",
                                                         "esteban_ray" };
    assert(index < INEQUALITY_COUNT);
    return names[index];
}

const char *inequality_reason_name(enum inequality_reason reason)
{
    static const char *const names[INEQUALITY_REASONS] = { "defined", "negative_values", "zero_mean", "zero_values", "zero_median",
                                                           "not_finite" };
    assert(reason < INEQUALITY_REASONS);
    return names[reason];
}

enum inequality_reason inequality_reason_of(const struct inequality_order *order, enum inequality_index index)
{
    bool knows_negative = index == INEQUALITY_CV || index == INEQUALITY_ESTEBAN_RAY;
    if (order->has_negative && !knows_negative) {
        return INEQUALITY_NEGATIVE_VALUES;
    }
    if (!(order->mean > 0)) {
        return INEQUALITY_ZERO_MEAN;
    }
    if (order->has_zero && (index == INEQUALITY_THEIL_L || index == INEQUALITY_MAX_MIN)) {
        return INEQUALITY_ZERO_VALUES;
    }
    if (index == INEQUALITY_WOLFSON && !(inequality_median_scaled(order) > 0)) {
        return INEQUALITY_ZERO_MEDIAN;
    }
    return INEQUALITY_DEFINED;
}

static double cv(const struct inequality_order *order)
{
    struct inequality_sum sum = { 0, 0 };
    for (size_t i = 0; i < order->n; i++) {
        double away = (order->x[i] - order->mean) / order->mean;
        inequality_add(&sum, inequality_part(order, i) * away * away);
    }
    return sqrt(inequality_total(&sum));
}

static double hhi(const struct inequality_order *order)
{
    struct inequality_sum sum = { 0, 0 };
    for (size_t i = 0; i < order->n; i++) {
        double share = inequality_part(order, i) * (order->x[i] / order->mean);
        inequality_add(&sum, share * share);
    }
    return inequality_total(&sum);
}

/* In logarithms of the mean power and expm1, so that little inequality is not lost beside 1. */
static double atkinson(const struct inequality_order *order, double epsilon)
{
    struct inequality_sum sum = { 0, 0 };
    double power = 1 - epsilon;
    if (order->has_zero && epsilon >= 1) {
        return 1;
    }
    if (power == 0) {
        return -expm1(-inequality_theil_l(order));
    }
    for (size_t i = 0; i < order->n; i++) {
        double less = order->raw[i] > 0 ? expm1(power * inequality_log(order, i)) : -1;
        inequality_add(&sum, inequality_part(order, i) * less);
    }
    return -expm1(log1p(inequality_total(&sum)) / power);
}

static double measure(const struct inequality_order *order, const struct inequality_options *options, enum inequality_index index)
{
    switch (index) {
    case INEQUALITY_GINI:
        return inequality_gini(order);
    case INEQUALITY_THEIL_T:
        return fmax(inequality_theil_t(order), 0);
    case INEQUALITY_THEIL_L:
        return fmax(inequality_theil_l(order), 0);
    case INEQUALITY_CV:
        return cv(order);
    case INEQUALITY_MAX_MIN:
        return order->raw[order->n - 1] / order->raw[0];
    case INEQUALITY_ATKINSON:
        return fmax(atkinson(order, options->epsilon), 0);
    case INEQUALITY_HHI:
        return hhi(order);
    case INEQUALITY_WOLFSON:
        return inequality_wolfson(order);
    case INEQUALITY_ESTEBAN_RAY:
        return inequality_esteban_ray(order, options->alpha);
    case INEQUALITY_COUNT:
        break;
    }
    return NAN;
}

void inequality_measure(const struct inequality_order *order, const struct inequality_options *options, struct inequality_result *result)
{
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        enum inequality_index index = (enum inequality_index)i;
        result->reason[i] = inequality_reason_of(order, index);
        result->value[i] = result->reason[i] == INEQUALITY_DEFINED ? measure(order, options, index) : NAN;
        if (result->reason[i] == INEQUALITY_DEFINED && !isfinite(result->value[i])) {
            result->reason[i] = INEQUALITY_NOT_FINITE;
            result->value[i] = NAN;
        }
    }
}
