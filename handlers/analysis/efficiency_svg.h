#ifndef HANDLERS_ANALYSIS_EFFICIENCY_SVG_H
#define HANDLERS_ANALYSIS_EFFICIENCY_SVG_H

#include "analytics/dea/dea.h"
#include "handlers/analysis/dea_svg.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/exchange.h"

/*
 * Appends the scores as a picture to the reply (dea_svg.h), the best first: crste, vrste, what lies between them (scale) and
 * returns to scale; where there are intervals the score of the frontier, the corrected one and the interval.
 */
void efficiency_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_result *result);

/* How it was made, in English: to which side it is oriented; what dashed lines are, NULL where there are none. */
extern const char *const efficiency_svg_sides[]; /* by enum dea_orientation */
const char *efficiency_svg_dashed(const struct svg_rows *chart);

/* What a unit is called in the caller's language; a picture of the sheet's units, without rows, whose title is
 * "Efficiency of the provinces, 2011". */
const char *efficiency_svg_name(const struct efficiency_sheet *sheet, size_t unit, bool is_chinese);
struct dea_picture efficiency_svg_picture(struct exchange *exchange, const struct efficiency_sheet *sheet, const char *what);

#endif
