#ifndef HANDLERS_ANALYSIS_INEQUALITY_UNITS_H
#define HANDLERS_ANALYSIS_INEQUALITY_UNITS_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/inequality_write.h"
#include "json/faults.h"

/* Whether the body of POST /inequality is a panel: an object with units or years. */
bool inequality_units_are(const json_t *document);

/*
 * Reads such a body into a sheet, the same that GET makes of stored figures:
 *   years     1 to 64 different years
 *   units     objects with id, group? (of all units or of none) and values: a number of -1e15 to 1e15, or null, for each year;
 *             and, all of them or none, weight (for all years) or weights (one for each). A unit counts in a year
 *             if its value is a number and its weight above 0; in each year one does
 *   relative_to?   none or mean
 *   states?, bounds?, epsilon?, alpha?   as in the query of the GET
 * Units times years are bounded by INEQUALITY_PANEL_MAX. What is wrong is added to *faults; the sheet is of no use then.
 * STATUS_EXHAUSTED without memory. All lies in the arena.
 */
enum status inequality_units_read(struct arena *arena, json_t *document, struct faults *faults, struct inequality_sheet *sheet) NODISCARD;

#endif
