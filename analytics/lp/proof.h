#ifndef ANALYTICS_LP_PROOF_H
#define ANALYTICS_LP_PROOF_H

/*
 * That a program has no answer, with every rounding error counted. Internal to analytics/.
 *
 * Infeasible (Farkas). y being multipliers of the right signs, and x any point that obeys the rows, y . bound <= y A x. A column
 * for which y A_j <= 0 takes from the right side; another adds at most y A_j u_j, where u_j is what a row lets x_j be by itself:
 *
 *   u_j = min of bound_i / a_ij   over rows "at most" or "=" that have no negative element
 *
 * So there is no such x where  y . bound - sum of y A_j u_j over y A_j > 0  is above 0. (Jansson, SIAM J. Optim. 14 (2004) 914; Neumaier,
 * Shcherbina, Math. Programming 99 (2004) 283.) A column that no row limits must not have y A_j > 0 at all. That holds for the very
 * numbers of the program.
 *
 * Unbounded. A direction d >= 0 in which cost falls and that leaves every row's left side on the right side of 0, but for a share
 * of 1e-13 of its largest term: data that differ from those given by no more than that (bounds.h of dea has the same measure) have
 * this very direction.
 *
 * All sums are made in twice the precision, and what is left of their rounding is counted.
 */

#include <stdbool.h>

#include "analytics/lp/lp.h"

/* Whether dual, whose signs are right, proves that nothing obeys the rows. Where
 * multipliers stood in the way, and do not help, they are dropped; where only rounding did, they are changed by a few times that. */
bool lp_proof_infeasible(const struct lp_problem *problem, double *dual);

/* Whether x, whose signs are right, is a direction without end. That there is a point to start from is not looked at. */
bool lp_proof_ray(const struct lp_problem *problem, const double *x);

#endif
