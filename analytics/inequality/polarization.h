#ifndef ANALYTICS_INEQUALITY_POLARIZATION_H
#define ANALYTICS_INEQUALITY_POLARIZATION_H

struct inequality_groups;
struct inequality_order;

/*
 * Wolfson's index of a hollowed middle, 4 (mu / m) (1/2 - L(1/2) - G/2), m the median, L Lorenz's curve
 * (Wolfson 1994, American Economic Review 84, 353). At least 0, and 0 where all are equal. No negative value, median above 0.
 */
double inequality_wolfson(const struct inequality_order *order);

/*
 * Esteban and Ray's polarization, sum_i sum_j p_i^(1 + alpha) p_j |y_i - y_j| with y = x / mu and K = 1 (Esteban and Ray
 * 1994, Econometrica 62, 819); alpha is in (0, 1.6], how much those of one group feel as one. Each value is a group
 * of its own here, equal ones too; _groups takes the groups that there are, each at its mean. Mean above 0.
 */
double inequality_esteban_ray(const struct inequality_order *order, double alpha);
double inequality_esteban_ray_groups(const struct inequality_groups *groups, double alpha);

#endif
