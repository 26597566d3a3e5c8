/*
 * Dagum's decomposition. Both groups of a pair are in order, so d and p are one walk through both.
 */
#include "analytics/inequality/dagum.h"

#include <math.h>
#include <stdbool.h>

#include "analytics/inequality/gini.h"
#include "analytics/inequality/groups.h"
#include "analytics/inequality/order.h"
#include "analytics/inequality/sum.h"

/*
 * The mean of max(x - y, 0) over all x of one group and y of the other, in units of the whole's mean: the integral over t
 * of F_other(t) (1 - F_group(t)), a sum over the gaps between neighbours of both. No differences that cancel.
 */
static double surplus(const struct inequality_order *group, double mean, const struct inequality_order *other, double other_mean)
{
    struct inequality_sum sum = { 0, 0 };
    double scale = group->mean > 0 ? mean / group->mean : 0; /* a group of zeros alone stays 0 */
    double other_scale = other->mean > 0 ? other_mean / other->mean : 0;
    struct inequality_sum above = { 0, 0 }; /* of the group, from the top down: its share beyond the gap */
    size_t i = group->n;
    size_t j = other->n;
    double at = 0;
    while (j > 0) {
        double x = i > 0 ? group->x[i - 1] * scale : -INFINITY;
        double y = other->x[j - 1] * other_scale;
        double next = fmax(x, y);
        if (i < group->n && at > next) {
            inequality_add(&sum, (at - next) * (other->cumulated[j - 1] / other->total) * (inequality_total(&above) / group->total));
        }
        at = next;
        if (x >= y) {
            inequality_add(&above, group->weight[--i]);
        } else {
            j--;
        }
    }
    return inequality_total(&sum);
}

/* Whether a mean is so far from the whole's that digits are lost in its unit. */
static bool is_far(double mean)
{
    return mean > 0x1p900 || (mean > 0 && mean < 0x1p-900);
}

static struct inequality_pair compare(const struct inequality_groups *groups, size_t first, size_t second)
{
    bool is_second = groups->mean[second] > groups->mean[first];
    size_t j = is_second ? second : first;
    size_t h = is_second ? first : second;
    double mean_j = groups->mean[j];
    double mean_h = groups->mean[h];
    if (is_far(mean_j) || is_far(mean_h)) { /* what is told of a pair does not depend on the whole's unit */
        const struct inequality_order *a = groups->orders[j];
        const struct inequality_order *b = groups->orders[h];
        const int unit = a->mean > 0 && (a->exponent > b->exponent || !(b->mean > 0)) ? a->exponent : b->exponent;
        mean_j = ldexp(a->mean, a->exponent - unit);
        mean_h = ldexp(b->mean, b->exponent - unit);
    }
    double d = surplus(groups->orders[j], mean_j, groups->orders[h], mean_h);
    double p = surplus(groups->orders[h], mean_h, groups->orders[j], mean_j);
    double means = mean_j + mean_h;
    struct inequality_pair pair = { j, h, means > 0 ? (d + p) / means : 0, d + p > 0 ? (d - p) / (d + p) : 0 };
    pair.affluence = fmax(pair.affluence, 0); /* of equal means rounding may leave less */
    return pair;
}

struct inequality_dagum inequality_dagum(const struct inequality_groups *groups, struct inequality_pair *pairs)
{
    struct inequality_sum within = { 0, 0 };
    struct inequality_sum between = { 0, 0 };
    struct inequality_sum transvariation = { 0, 0 };
    for (size_t g = 0; g < groups->count; g++) {
        double part = groups->part[g];
        if (part > 0 && groups->mean[g] > 0) {
            inequality_add(&within, inequality_gini(groups->orders[g]) * part * part * groups->mean[g]);
        }
        for (size_t h = g + 1; h < groups->count; h++) {
            struct inequality_pair pair = compare(groups, g, h);
            if (part > 0 && groups->part[h] > 0) {
                double weight = part * groups->part[h] * (groups->mean[g] + groups->mean[h]);
                inequality_add(&between, pair.gini * weight * pair.affluence);
                inequality_add(&transvariation, pair.gini * weight * (1 - pair.affluence));
            }
            if (pairs != NULL) {
                *pairs++ = pair;
            }
        }
    }
    return (struct inequality_dagum){ inequality_total(&within), inequality_total(&between), inequality_total(&transvariation) };
}
