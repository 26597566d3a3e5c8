#ifndef HANDLERS_ANALYSIS_EFFICIENCY_UNITS_H
#define HANDLERS_ANALYSIS_EFFICIENCY_UNITS_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/efficiency_write.h"
#include "json/faults.h"

/* Inputs and outputs times units of one request: bounds memory and the answer's size (each number
 * comes back as a slack and a target). It does not bound the time, which depends on units, numbers and the
 * data (analytics/dea/dea.h): what keeps that in bounds is exchange->job_seconds. */
enum { EFFICIENCY_CELLS_MAX = 200000 };

/* Less than that, and not 0, is taken for a slip: beside ANALYSIS_NUMBER_MAX, the largest, analytics/dea/dea.h would count it as 0. */
#define EFFICIENCY_NUMBER_MIN 1e-280

/* A price is not 0. */
#define EFFICIENCY_PRICE_MIN 1e-15

/*
 * Reads the body of POST /efficiency into a sheet:
 *   inputs, outputs   1 to 20 names each (ids, none twice, none of them "id" or "group")
 *   dmus              1 to 20,000 objects, each with id, group? and for every name a number, 0 or
 *                     1e-280 to 1e15; no other members, no id twice
 *   orientation?, slacks?, frontier?, solver?   as in the query of the GET
 * wants_weights: the table that is wanted is of them.
 * What is wrong is added to *faults; the sheet is of no use then. STATUS_EXHAUSTED without memory. What
 * the sheet points to lives in the arena and in the document.
 */
enum status efficiency_units_read(struct arena *arena, json_t *document, bool wants_weights, struct faults *faults,
                                  struct efficiency_sheet *sheet) NODISCARD;

#endif
