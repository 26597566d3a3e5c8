/*
 * Gini and Lorenz.
 */
#include "analytics/inequality/gini.h"

#include <math.h>

#include "analytics/inequality/order.h"
#include "analytics/inequality/sum.h"

double inequality_gini(const struct inequality_order *order)
{
    struct inequality_sum sum = { 0, 0 };
    struct inequality_sum above = { 0, 0 }; /* added up from the top: total less cumulated would cancel where that is little */
    for (size_t k = order->n - 1; k-- > 0;) {
        inequality_add(&above, order->weight[k + 1]);
        double below = order->cumulated[k] / order->total;
        inequality_add(&sum, (order->x[k + 1] - order->x[k]) * below * (inequality_total(&above) / order->total));
    }
    return inequality_total(&sum) / order->mean;
}

void inequality_lorenz(const struct inequality_order *order, size_t room, struct inequality_point *points, size_t *count)
{
    struct inequality_sum share = { 0, 0 };
    size_t corners = order->n + 1;
    size_t wanted = corners <= room ? corners : room;
    size_t next = 0;
    for (size_t corner = 0; corner < corners; corner++) {
        if (corner > 0) {
            inequality_add(&share, inequality_part(order, corner - 1) * (order->x[corner - 1] / order->mean));
        }
        size_t rank = (size_t)((double)next * (double)(corners - 1) / (double)(wanted - 1) + 0.5);
        if (corner == rank) {
            points[next].population = corner == 0 ? 0 : order->cumulated[corner - 1] / order->total;
            points[next].share = fmin(inequality_total(&share), 1);
            next++;
        }
    }
    points[wanted - 1] = (struct inequality_point){ 1, 1 };
    *count = wanted;
}

double inequality_half_gap(const struct inequality_order *order)
{
    struct inequality_sum gap = { 0, 0 };
    double half = order->total / 2;
    double before = 0;
    for (size_t i = 0; i < order->n && before < half; i++) {
        double part = (fmin(order->cumulated[i], half) - before) / order->total;
        inequality_add(&gap, part * ((order->mean - order->x[i]) / order->mean));
        before = order->cumulated[i];
    }
    return inequality_total(&gap);
}
