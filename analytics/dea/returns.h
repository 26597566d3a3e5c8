#ifndef ANALYTICS_DEA_RETURNS_H
#define ANALYTICS_DEA_RETURNS_H

/* What RADIAL of model.h says of scale: crste, vrste, scale and the kind of returns. Internal to analytics/. */

#include "analytics/dea/move.h"

/*
 * Fills the parts and the returns of a unit that was scored; chosen is what its first stage by the options' frontier said. What a frontier
 * has no score for, or none that could be proved, is NAN.
 * Returns STATUS_OK or STATUS_BUSY.
 */
NODISCARD enum status dea_returns_find(struct dea_model_run *run, size_t unit, const struct dea_move_found *chosen,
                                       struct dea_model_unit *out);

#endif
