#ifndef ANALYTICS_DEA_RADIAL_H
#define ANALYTICS_DEA_RADIAL_H

/* The first stage: how far a unit is from the frontier along its own ray. Internal to analytics/. */

#include "analytics/dea_program.h"
#include "analytics/dea_work.h"

struct dea_radial {
    double factor;     /* theta in (0, 1] or phi >= 1; exactly 1 where it is within 1e-12 of 1 */
    double score;      /* theta or 1 / phi */
    double lambda_sum;
};

/*
 * Solves the radial program of a unit in the state DEA_UNIT_SCORED (dea.h has the programs).
 * Out: radial; program, as it was solved; solution, whose dual and reduced describe the optimal face.
 * Returns STATUS_OK, or STATUS_EXHAUSTED when no answer could be proved; a score not above DEA_TOLERANCE counts as
 * none, because at the precision proved it cannot be told from 0.
 */
NODISCARD enum status dea_radial_solve(const struct dea_work *work, size_t unit, enum dea_frontier frontier,
                                       struct dea_program *program, struct dea_solution *solution,
                                       struct dea_radial *radial);

#endif
