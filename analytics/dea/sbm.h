#ifndef ANALYTICS_DEA_SBM_H
#define ANALYTICS_DEA_SBM_H

/* SBM and ADDITIVE of model.h. Internal to analytics/. */

#include "analytics/dea/model_run.h"

/*
 * Each scores one unit, whose arrays are in place, and sets its state.
 * Returns STATUS_OK; STATUS_EXHAUSTED where nothing was proved; STATUS_BUSY.
 */
NODISCARD enum status dea_sbm_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out);
NODISCARD enum status dea_additive_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out);

#endif
