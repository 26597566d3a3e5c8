#ifndef HANDLERS_ANALYSIS_EFFICIENCY_MODEL_SVG_H
#define HANDLERS_ANALYSIS_EFFICIENCY_MODEL_SVG_H

#include "analytics/dea/model.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/exchange.h"

/* Appends the scores of a model other than the plain radial one as a picture to the reply (dea_svg.h), the best first: the score,
 * whether it is efficient, of cross and cost what goes with it. A unit without a score says why. */
void efficiency_model_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_model_result *result);

#endif
