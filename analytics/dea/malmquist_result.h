#ifndef ANALYTICS_DEA_MALMQUIST_RESULT_H
#define ANALYTICS_DEA_MALMQUIST_RESULT_H

/* Making and summing up the answer of malmquist.h. Internal to analytics/. */

#include "analytics/dea/malmquist.h"
#include "base/status.h"

/* Makes an answer for the panel; NULL when memory is short. */
struct dea_changes *dea_changes_create(const struct dea_panel *panel);

/*
 * Counts what was not proved and takes the means, once every change is written. Logarithms are summed in the order of the
 * units' figures, so that the means do not depend on the order in which the units were given. STATUS_OK or STATUS_EXHAUSTED.
 */
NODISCARD enum status dea_changes_summarise(struct dea_changes *changes, const struct dea_panel *panel);

#endif
