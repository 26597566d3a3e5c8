#ifndef ANALYTICS_DEA_CERTIFICATE_H
#define ANALYTICS_DEA_CERTIFICATE_H

/*
 * The proof that an answer is optimal, from the data alone: a feasible primal point, feasible multipliers, and equal
 * objectives (weak duality does the rest, complementary slackness included). The solver's basis plays no part.
 *
 * A radial program is proved by dea_bounds_check instead, in shares of the judged unit's values; what follows is for
 * the programs on a face, whose answers are slacks.
 */

#include "analytics/dea/program.h"

/*
 * In: program; solution's extra, lambda and dual as a solver claims them.
 * Out: solution's lambda and extra with negative values set to 0 and dual with wrong signs set to 0 (what that costs
 * shows in the check), objective and reduced recomputed, and check:
 *   primal_infeasibility  the largest amount by which a row or a sign is broken. The columns are scaled to a maximum
 *       near 1, so this is a share of that maximum (of the unit's target, in a face's own scale). Where a row's
 *       multiplier, relative to the objective, is above 1 (a unit far smaller than the largest), the amount counts
 *       that much more: it moves the score so far.
 *   dual_infeasibility  the largest -reduced over all columns and the extra one, relative to max(1, |objective|).
 *   duality_gap  |objective - dual . bound|, relative to max(1, |objective|).
 * A NaN anywhere gives an infinite violation.
 */
void dea_certificate_check(const struct dea_program *program, struct dea_solution *solution);

/* What one proved, added to what all did. */
void dea_certificate_add(struct dea_certificate *all, const struct dea_certificate *one);

#endif
