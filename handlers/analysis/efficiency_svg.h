#ifndef HANDLERS_ANALYSIS_EFFICIENCY_SVG_H
#define HANDLERS_ANALYSIS_EFFICIENCY_SVG_H

#include "analytics/dea/dea.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/exchange.h"

/*
 * Appends the scores as a picture to the reply, the best first: of up to EFFICIENCY_ROWS_MAX units a row each, with crste,
 * vrste, what lies between them (scale) and returns to scale; of more the scores by rank.
 */
enum { EFFICIENCY_ROWS_MAX = 120 };
void efficiency_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_result *result);

#endif
