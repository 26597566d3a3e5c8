#ifndef ANALYTICS_LP_ERROR_H
#define ANALYTICS_LP_ERROR_H

/*
 * How wrong an objective may be whose certificate is off by rounding. Internal to analytics/.
 *
 * x and dual being any numbers, r_j = cost_j - sum_i dual_i a_ij, m_j what r_j lies below 0 (of a free column, |r_j|) and e_i
 * what x misses row i by, and z the optimum, taken at x* with multipliers y*, weak duality says
 *
 *   dual . bound - sum_j m_j |x*_j|  <=  z  <=  cost . x + sum_i e_i |y*_i|
 *
 * (Neumaier, Shcherbina, Math. Programming 99 (2004) 283; Jansson, SIAM J. Optim. 14 (2004) 914). x* and y* are not known, but
 * what a column, and a multiplier, of some size comes to is:
 *
 *   t_j = min_i R_i / |a_ij|,  R_i the largest of |bound_i| and |a_ij x_j|:     amounts up to t_j show in every row they are in
 *   s_i = min_j C_j / |a_ij|,  C_j the largest of |cost_j| and |dual_i a_ij|:   the same of multipliers and columns
 *
 * t_j >= |x_j| and s_i >= |dual_i|. The error is
 *
 *   (|cost . x - dual . bound| + max(sum_j m_j t_j, sum_i e_i s_i)) / max(worth, |cost . x|)
 *
 * so that |cost . x - z| <= error * max(worth, |cost . x|) * (1 + the largest of |x*_j| / t_j and |y*_i| / s_i): the objective is
 * as good as that, unless the optimum lies out of all proportion to the point. Values and multipliers without limit, which a basis that is
 * singular but for rounding has, make t and s larger, not what they are beside: they hide nothing. Where
 * no row gives t_j, or no column s_i, the miss counts beside the largest of its terms.
 *
 * All sums are made in twice the precision (Dot2: Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26 (2005) 1955), and what is left of
 * their rounding is counted among the misses.
 */

#include "analytics/lp/lp.h"

/* The error of solution's x and dual, whose signs are right, where worth > 0; infinite for what is no number. */
double lp_error_objective(const struct lp_problem *problem, const struct lp_solution *solution);

#endif
