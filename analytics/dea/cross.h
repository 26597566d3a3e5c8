#ifndef ANALYTICS_DEA_CROSS_H
#define ANALYTICS_DEA_CROSS_H

/* CROSS of model.h. Internal to analytics/. */

#include "analytics/dea/model_run.h"

/* Scores all units; those of which nothing was proved stay DEA_MODEL_UNCERTIFIED. Returns STATUS_OK, STATUS_BUSY or
 * STATUS_EXHAUSTED (no memory). The crew is told of each unit twice: when it has judged, and when it has been. */
NODISCARD enum status dea_cross_solve(struct dea_model_team *team, struct dea_model_result *result);

#endif
