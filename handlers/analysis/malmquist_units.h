#ifndef HANDLERS_ANALYSIS_MALMQUIST_UNITS_H
#define HANDLERS_ANALYSIS_MALMQUIST_UNITS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/malmquist_write.h"
#include "json/faults.h"

/*
 * Reads the body of POST /efficiency/malmquist into a sheet:
 *   inputs, outputs   1 to 20 names each, none twice, none of them "id", "group" or "period"
 *   dmus              objects with id, period (an integer), group? and for every name a number, as in POST /efficiency; one
 *                     for each unit and period, of at least two periods. A unit that lacks a period is missing there
 *   orientation?, solver?, distances?
 * Units times periods times numbers are bounded by EFFICIENCY_CELLS_MAX. What is wrong is added to *faults; the sheet is
 * of no use then. STATUS_EXHAUSTED without memory. The sheet points into arena and document.
 */
enum status malmquist_units_read(struct arena *arena, json_t *document, struct faults *faults, struct malmquist_sheet *sheet) NODISCARD;

#endif
