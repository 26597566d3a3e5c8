#ifndef ANALYTICS_DEA_MOVE_H
#define ANALYTICS_DEA_MOVE_H

/* RADIAL, SUPER and DIRECTIONAL of model.h. Internal to analytics/. */

#include "analytics/dea/model_run.h"

/*
 * Scores one unit, whose arrays are in place, and sets its state.
 * Returns STATUS_OK; STATUS_EXHAUSTED where nothing was proved; STATUS_BUSY.
 */
NODISCARD enum status dea_move_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out);

/* The first stage alone, also for CROSS and COST: *score, NAN where *state is not DEA_MODEL_SCORED. Returns as above. */
NODISCARD enum status dea_move_score(struct dea_model_run *run, size_t unit, enum dea_model_state *state,
                                     double *score);

#endif
