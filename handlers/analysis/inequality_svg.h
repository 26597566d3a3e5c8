#ifndef HANDLERS_ANALYSIS_INEQUALITY_SVG_H
#define HANDLERS_ANALYSIS_INEQUALITY_SVG_H

#include "handlers/analysis/inequality_write.h"
#include "handlers/exchange.h"

/* Appends Lorenz's curves as a picture to the reply: a panel for each group, a colour for each year, the Gini beside. The drawing
 * was worked out. */
void inequality_svg(struct exchange *exchange, const struct inequality_sheet *sheet);

#endif
