#ifndef HANDLERS_ANALYSIS_MALMQUIST_SVG_H
#define HANDLERS_ANALYSIS_MALMQUIST_SVG_H

#include "handlers/analysis/malmquist_write.h"
#include "handlers/exchange.h"

/*
 * Appends the changes as a picture to the reply (dea_svg.h): of each unit the geometric means of tfpch, effch and techch over the
 * steps, the greatest tfpch first; above them, where there are several steps, those of all units by step.
 */
void malmquist_svg(struct exchange *exchange, const struct malmquist_sheet *sheet, const struct dea_changes *changes);

#endif
