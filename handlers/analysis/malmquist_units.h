#ifndef HANDLERS_ANALYSIS_MALMQUIST_UNITS_H
#define HANDLERS_ANALYSIS_MALMQUIST_UNITS_H

#include <stdbool.h>

#include <jansson.h>

#include "handlers/analysis/malmquist_write.h"
#include "handlers/exchange.h"
#include "json/faults.h"

/*
 * Reads the body of POST /efficiency/malmquist into a sheet:
 *   inputs, outputs   1 to 20 names each, none twice, none of them "id", "group" or "period"
 *   dmus              objects with id, period (an integer), group? and for every name a number, as in POST /efficiency; one
 *                     for each unit and period, of at least two periods. A unit that lacks a period is missing there
 *   orientation?, distances?
 * Units times periods times numbers are bounded by EFFICIENCY_CELLS_MAX. False: the problem is the reply.
 */
bool malmquist_units_read(struct exchange *exchange, json_t *document, struct faults *faults,
                          struct malmquist_sheet *sheet);

#endif
