#ifndef ANALYTICS_DEA_RADIAL_H
#define ANALYTICS_DEA_RADIAL_H

/* The first stage: how far a unit is from the frontier along its own ray. Internal to analytics/. */

#include "analytics/dea/program.h"
#include "analytics/dea/work.h"

struct dea_radial {
    double factor;     /* theta in (0, 1] or phi >= 1, right to 1e-9 of itself; exactly 1 where within 1e-12 of 1 */
    double score;      /* theta or 1 / phi */
    double lambda_sum;
};

/*
 * Solves the radial program of a unit in the state DEA_UNIT_SCORED (dea.h has the programs).
 * Out: radial; program, whose relation has LP_ROW_EQUAL where only equals can be peers (pins.h); solution, whose
 * dual and reduced describe the optimal face as bounds.h has them.
 * Returns STATUS_OK, or STATUS_EXHAUSTED when no answer could be proved, or factor or score is beyond a normal double.
 */
NODISCARD enum status dea_radial_solve(struct dea_work *work, size_t unit, enum dea_frontier frontier,
                                       struct dea_program *program, struct dea_solution *solution,
                                       struct dea_radial *radial);

/*
 * The same for a unit that is not among the reference units, so that its factor may lie on either side of 1 (theta above
 * 1, phi below): a unit of another period, or one whose reference set was drawn anew.
 * In: own, its scaled column (dea_work_scale) with some input and some output; first, a column that can fill the rows by
 * itself, or 0 where none is known.
 * Returns STATUS_ABSENT where no lambda makes what the unit makes without what it lacks: under CRS that is known from the
 * data. Under VRS other reasons may make the program infeasible; it then ends as STATUS_EXHAUSTED.
 */
NODISCARD enum status dea_radial_solve_outside(struct dea_work *work, const double *own, size_t first,
                                               enum dea_frontier frontier, struct dea_program *program,
                                               struct dea_solution *solution, struct dea_radial *radial);

/* The program of phi under VRS for a column of the work beside all, for frame.c. */
void dea_radial_build(const struct dea_work *work, size_t column, struct dea_program *program);

#endif
