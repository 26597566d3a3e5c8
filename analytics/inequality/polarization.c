/*
 * Polarization: of two halves (Wolfson), of many groups (Esteban and Ray).
 */
#include "analytics/inequality/polarization.h"

#include <math.h>
#include <stddef.h>

#include "analytics/inequality/groups.h"
#include "analytics/inequality/order.h"
#include "analytics/inequality/sum.h"

/*
 * With x(p) the value at the share p of the weight, 1/2 - L(1/2) and G are integrals of x(p) / mu over p, by sgn(2p - 1) / 2 and
 * by 2p - 1, and so the index is 2 / m times that of (1 - |2p - 1|) |x(p) - m|: of terms of one sign, where the difference of
 * the two would lose all digits if the halves are much alike. The value that the half cuts is the median itself.
 */
double inequality_wolfson(const struct inequality_order *order)
{
    struct inequality_sum sum = { 0, 0 };
    struct inequality_sum above = { 0, 0 };
    double median = inequality_median_scaled(order);
    double half = order->total / 2;
    for (size_t i = 0; i < order->n && order->cumulated[i] <= half; i++) {
        double ends = (i > 0 ? order->cumulated[i - 1] : 0) + order->cumulated[i];
        inequality_add(&sum, (median - order->x[i]) / median * inequality_part(order, i) * (ends / order->total));
    }
    for (size_t i = order->n - 1; order->x[i] > median; i--) {
        double ends = inequality_total(&above);
        inequality_add(&above, order->weight[i]);
        ends += inequality_total(&above);
        inequality_add(&sum, (order->x[i] - median) / median * inequality_part(order, i) * (ends / order->total));
    }
    return 2 * inequality_total(&sum);
}

/* sum_j p_j |y_i - y_j| is what lies below and what lies above, each added up from its own end: no difference cancels. */
double inequality_esteban_ray(const struct inequality_order *order, double alpha)
{
    struct inequality_sum sum = { 0, 0 };
    struct inequality_sum far = { 0, 0 };
    for (size_t i = 1; i < order->n; i++) {
        double step = (order->x[i] - order->x[i - 1]) / order->mean;
        inequality_add(&far, step * (order->cumulated[i - 1] / order->total));
        inequality_add(&sum, pow(inequality_part(order, i), 1 + alpha) * inequality_total(&far));
    }
    struct inequality_sum above = { 0, 0 };
    far = (struct inequality_sum){ 0, 0 };
    for (size_t i = order->n - 1; i > 0; i--) {
        double step = (order->x[i] - order->x[i - 1]) / order->mean;
        inequality_add(&above, order->weight[i]);
        inequality_add(&far, step * (inequality_total(&above) / order->total));
        inequality_add(&sum, pow(inequality_part(order, i - 1), 1 + alpha) * inequality_total(&far));
    }
    return inequality_total(&sum);
}

double inequality_esteban_ray_groups(const struct inequality_groups *groups, double alpha)
{
    struct inequality_sum sum = { 0, 0 };
    for (size_t g = 0; g < groups->count; g++) {
        for (size_t h = 0; h < groups->count; h++) {
            if (g != h && groups->part[g] > 0 && groups->part[h] > 0) {
                inequality_add(&sum, pow(groups->part[g], 1 + alpha) * groups->part[h] * fabs(groups->mean[g] - groups->mean[h]));
            }
        }
    }
    return inequality_total(&sum);
}
