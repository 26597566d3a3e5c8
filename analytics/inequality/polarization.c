/*
 * Polarization: of two halves (Wolfson), of many groups (Esteban and Ray).
 */
#include "analytics/inequality/polarization.h"

#include <math.h>
#include <stddef.h>

#include "analytics/inequality/gini.h"
#include "analytics/inequality/groups.h"
#include "analytics/inequality/order.h"
#include "analytics/inequality/sum.h"

double inequality_wolfson(const struct inequality_order *order)
{
    double median = ldexp(inequality_median(order), -order->exponent);
    return 4 * (order->mean / median) * (inequality_half_gap(order) - inequality_gini(order) / 2);
}

double inequality_esteban_ray(const struct inequality_order *order, double alpha)
{
    struct inequality_sum sum = { 0, 0 };
    struct inequality_sum far = { 0, 0 }; /* sum_j p_j |y_i - y_j|, carried on from value to value */
    for (size_t j = 0; j < order->n; j++) {
        inequality_add(&far, inequality_part(order, j) * ((order->x[j] - order->x[0]) / order->mean));
    }
    for (size_t i = 0; i < order->n; i++) {
        if (i > 0) { /* a step up: nearer to those above by it, farther from those below */
            double step = (order->x[i] - order->x[i - 1]) / order->mean;
            double below = order->cumulated[i - 1] / order->total;
            double above = (order->total - order->cumulated[i - 1]) / order->total;
            inequality_add(&far, step * below);
            inequality_add(&far, -step * above);
        }
        inequality_add(&sum, pow(inequality_part(order, i), 1 + alpha) * inequality_total(&far));
    }
    return inequality_total(&sum);
}

double inequality_esteban_ray_groups(const struct inequality_groups *groups, double alpha)
{
    struct inequality_sum sum = { 0, 0 };
    for (size_t g = 0; g < groups->count; g++) {
        for (size_t h = 0; h < groups->count; h++) {
            inequality_add(&sum, pow(groups->part[g], 1 + alpha) * groups->part[h] * fabs(groups->mean[g] - groups->mean[h]));
        }
    }
    return inequality_total(&sum);
}
