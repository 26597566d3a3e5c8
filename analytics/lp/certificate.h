#ifndef ANALYTICS_LP_CERTIFICATE_H
#define ANALYTICS_LP_CERTIFICATE_H

/* Proofs of what a solver claims, from the program's own numbers; they share no code with the solvers. */

#include "analytics/lp/lp.h"

/*
 * In: x and dual as claimed for an optimum.
 * Out: x without the wrong signs and dual likewise (what that costs shows in the check), objective, reduced if it is
 * wanted, and check (lp.h).
 */
void lp_certificate_optimum(const struct lp_problem *problem, struct lp_solution *solution);

/*
 * Whether dual proves that nothing obeys the rows: dual . matrix <= 0 (= 0 where free) to LP_TOLERANCE and to a
 * thousandth of what dual . bound > 0 stands out by, each beside its largest term; or beyond rounding (proof.h), which is_certain
 * says. Writes check; dual may lose multipliers that only stand in the way.
 */
bool lp_certificate_infeasible(const struct lp_problem *problem, struct lp_solution *solution);

/* Whether x is a direction that obeys the rows with bounds 0 and in which cost falls, by the same measures; is_certain as above. */
bool lp_certificate_ray(const struct lp_problem *problem, struct lp_solution *solution);

/* Whether every part of the check holds to LP_TOLERANCE, and so the objective; a NaN does not. */
bool lp_check_holds(const struct lp_check *check);

#endif
