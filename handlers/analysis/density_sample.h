#ifndef HANDLERS_ANALYSIS_DENSITY_SAMPLE_H
#define HANDLERS_ANALYSIS_DENSITY_SAMPLE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/density_draw.h"
#include "json/faults.h"

enum { DENSITY_VALUES_MAX = 5000000 };

/*
 * Reads the body of POST /density into a drawing of one series:
 *   values    1 to DENSITY_VALUES_MAX numbers of -1e15 to 1e15
 *   weights?  as many numbers of 0 to 1e15, not all 0
 *   and what density_body.h has
 * What is wrong is added to *faults; the drawing is of no use then. STATUS_EXHAUSTED without memory. The series lies in the arena.
 */
enum status density_sample_read(struct arena *arena, json_t *document, struct faults *faults, struct density_drawing *drawing) NODISCARD;

#endif
