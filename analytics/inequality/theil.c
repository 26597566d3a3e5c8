/*
 * Theil's indices and what of them lies within and between groups.
 */
#include "analytics/inequality/theil.h"

#include <math.h>

#include "analytics/inequality/groups.h"
#include "analytics/inequality/order.h"
#include "analytics/inequality/sum.h"

double inequality_theil_t(const struct inequality_order *order)
{
    struct inequality_sum sum = { 0, 0 };
    for (size_t i = 0; i < order->n; i++) {
        double ratio = order->x[i] / order->mean;
        if (ratio > 0) {
            inequality_add(&sum, inequality_part(order, i) * ratio * inequality_log(order, i));
        }
    }
    return inequality_total(&sum);
}

double inequality_theil_l(const struct inequality_order *order)
{
    struct inequality_sum sum = { 0, 0 };
    for (size_t i = 0; i < order->n; i++) {
        inequality_add(&sum, -inequality_part(order, i) * inequality_log(order, i));
    }
    return inequality_total(&sum);
}

struct inequality_parts inequality_theil_t_parts(const struct inequality_groups *groups)
{
    struct inequality_sum within = { 0, 0 };
    struct inequality_sum between = { 0, 0 };
    for (size_t g = 0; g < groups->count; g++) {
        double share = groups->part[g] * groups->mean[g];
        if (groups->part[g] > 0 && groups->mean[g] > 0) {
            inequality_add(&within, share * inequality_theil_t(groups->orders[g]));
            inequality_add(&between, share * log(groups->mean[g]));
        }
    }
    return (struct inequality_parts){ inequality_total(&within), inequality_total(&between) };
}

struct inequality_parts inequality_theil_l_parts(const struct inequality_groups *groups)
{
    struct inequality_sum within = { 0, 0 };
    struct inequality_sum between = { 0, 0 };
    for (size_t g = 0; g < groups->count; g++) {
        if (groups->part[g] > 0) {
            inequality_add(&within, groups->part[g] * inequality_theil_l(groups->orders[g]));
            inequality_add(&between, -groups->part[g] * log(groups->mean[g]));
        }
    }
    return (struct inequality_parts){ inequality_total(&within), inequality_total(&between) };
}
