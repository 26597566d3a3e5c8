#ifndef ANALYTICS_INEQUALITY_THEIL_H
#define ANALYTICS_INEQUALITY_THEIL_H

#include <stddef.h>

struct inequality_groups;
struct inequality_order;

/*
 * Theil's two indices (Theil 1967, Economics and Information Theory, ch. 4), p_i the parts and mu the mean:
 *   T = sum_i p_i (x_i / mu) ln(x_i / mu)      0 ln 0 = 0; no negative value
 *   L = sum_i p_i ln(mu / x_i)                 the mean logarithmic deviation; values above 0 only
 * Both >= 0 (rounding aside), 0 where all are equal. The mean is above 0.
 */
double inequality_theil_t(const struct inequality_order *order);
double inequality_theil_l(const struct inequality_order *order);

/* An index as a sum: what lies within the groups and what between their means. */
struct inequality_parts {
    double within;
    double between;
};

/*
 * The exact decompositions (Bourguignon 1979, Econometrica 47, 901; Shorrocks 1980, Econometrica 48, 613), with P_g the
 * part of the weight and S_g = P_g mu_g / mu the share of group g:
 *   T: within = sum S_g T_g, between = sum S_g ln(mu_g / mu)
 *   L: within = sum P_g L_g, between = sum P_g ln(mu / mu_g)
 * Preconditions as of the whole; a group of zeros alone adds nothing to T.
 */
struct inequality_parts inequality_theil_t_parts(const struct inequality_groups *groups);
struct inequality_parts inequality_theil_l_parts(const struct inequality_groups *groups);

#endif
