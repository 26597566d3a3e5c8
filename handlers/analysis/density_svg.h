#ifndef HANDLERS_ANALYSIS_DENSITY_SVG_H
#define HANDLERS_ANALYSIS_DENSITY_SVG_H

#include "handlers/analysis/density_write.h"
#include "handlers/exchange.h"

/* Appends the curves as a picture to the reply: a panel for each group, a colour for each year, the peaks as dots, and under
 * each panel the values themselves as marks (where they are not too many). The drawing is drawn. */
void density_svg(struct exchange *exchange, const struct density_sheet *sheet);

#endif
