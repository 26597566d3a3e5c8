#ifndef HANDLERS_ANALYSIS_DENSITY_UNITS_H
#define HANDLERS_ANALYSIS_DENSITY_UNITS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/density_write.h"
#include "json/faults.h"

/*
 * Reads the body of POST /density that is of units over years (unit_panel_is) into a sheet, the same that GET makes of stored
 * figures:
 *   years, units   as unit_panel.h has them
 *   relative_to?   none or mean
 *   and what density_body.h has
 * What is wrong is added to *faults; the sheet is of no use then. STATUS_EXHAUSTED without memory. All lies in the arena.
 */
enum status density_units_read(struct arena *arena, json_t *document, struct faults *faults, struct density_sheet *sheet) NODISCARD;

#endif
