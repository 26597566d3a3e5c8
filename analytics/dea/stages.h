#ifndef ANALYTICS_DEA_STAGES_H
#define ANALYTICS_DEA_STAGES_H

/* Coelli's several stages of slacks for RADIAL of model.h, where inputs are fixed. Internal to analytics/. */

#include "analytics/dea/model_run.h"

/*
 * Writes slacks, targets and peers of a unit that was scored and has slack anew. The run has a face.
 * Returns STATUS_OK; STATUS_EXHAUSTED where nothing was proved; STATUS_BUSY.
 */
NODISCARD enum status dea_stages_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out);

#endif
