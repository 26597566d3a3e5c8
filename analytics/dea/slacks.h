#ifndef ANALYTICS_DEA_SLACKS_H
#define ANALYTICS_DEA_SLACKS_H

/* What remains after the radial movement, by the methods of enum dea_slacks. Internal to analytics/. */

#include "analytics/dea/face.h"
#include "analytics/dea/work.h"

/* Slacks below this in the face's scale are rounding and become 0. */
#define DEA_SLACK_ZERO 1e-10

struct dea_projection {
    double slack[DEA_ROWS_MAX]; /* in the work's scale; inputs, then outputs */
    bool has_slack;             /* proved: some optimal point has slack, also where the method reports none */
};

/*
 * Finds the slacks of the unit whose face was just taken. Afterwards face->solution.lambda is a point that reaches
 * the targets (for one-stage and none: some optimal point of the radial program).
 * Returns STATUS_OK, or STATUS_EXHAUSTED when a program's answer could not be proved.
 */
NODISCARD enum status dea_slacks_find(const struct dea_work *work, struct dea_face *face, enum dea_slacks method,
                                      struct dea_projection *projection);

#endif
