#ifndef ANALYTICS_INEQUALITY_DAGUM_H
#define ANALYTICS_INEQUALITY_DAGUM_H

#include <stddef.h>

struct inequality_groups;

/*
 * Two groups, j the one with the larger mean (of equal ones the first): gini is G_jh, the mean of |x - y| over
 * mu_j + mu_h for x of j and y of h; affluence is Dagum's relative economic affluence D_jh = (d - p) / (d + p), d the mean of x - y
 * where x > y and p that of y - x where y > x: 1 where the groups do not overlap, 0 where they have one mean.
 */
struct inequality_pair {
    size_t higher, lower; /* groups */
    double gini;
    double affluence;
};

/*
 * Gini's index as a sum of three (Dagum 1997, Empirical Economics 22, 515), with P_g the parts of the weight and
 * S_g = P_g mu_g / mu the shares:
 *   within          sum_g G_gg P_g S_g
 *   between         sum_{j > h} G_jh (P_j S_h + P_h S_j) D_jh, the net differences between the groups
 *   transvariation  sum_{j > h} G_jh (P_j S_h + P_h S_j) (1 - D_jh), from the overlap of the groups
 * within + between + transvariation = G. No negative value, mean above 0. Time: the number of groups times that of values.
 */
struct inequality_dagum {
    double within;
    double between;
    double transvariation;
};

/* pairs has count (count - 1) / 2 elements, (0, 1), (0, 2), ... (1, 2), ...; NULL: they are not wanted. */
struct inequality_dagum inequality_dagum(const struct inequality_groups *groups, struct inequality_pair *pairs);

#endif
