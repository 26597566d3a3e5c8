#ifndef HANDLERS_ANALYSIS_INEQUALITY_SAMPLE_H
#define HANDLERS_ANALYSIS_INEQUALITY_SAMPLE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/inequality_work.h"
#include "json/faults.h"

enum { INEQUALITY_VALUES_MAX = 1000000, INEQUALITY_GROUP_BYTES_MAX = 100 };

/*
 * Reads the body of POST /inequality into a drawing:
 *   values    1 to INEQUALITY_VALUES_MAX numbers of -1e15 to 1e15
 *   weights?  as many numbers of 0 to 1e15, not all 0
 *   groups?   as many texts, at most INEQUALITY_GROUPS_MAX different ones
 *   epsilon?, alpha?   as in the query of the GET
 * The first series is the whole; one for each group follows, ascending. What is wrong is added to
 * *faults; the drawing is of no use then. STATUS_EXHAUSTED without memory. All lies in the arena.
 */
enum status inequality_sample_read(struct arena *arena, json_t *document, struct faults *faults, struct inequality_drawing *drawing) NODISCARD;

/* Takes epsilon and alpha over where they are in their ranges and leaves the defaults where they are NAN. True: alpha is out of
 * its range, which the tables cannot say; *detail is the sentence. */
bool inequality_options_set(struct arena *arena, double epsilon, double alpha, struct inequality_options *options, const char **detail);

#endif
