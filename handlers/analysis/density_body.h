#ifndef HANDLERS_ANALYSIS_DENSITY_BODY_H
#define HANDLERS_ANALYSIS_DENSITY_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/density_draw.h"
#include "json/bind.h"
#include "json/faults.h"

/* What bodies of POST /density have, be they of a sample (density_sample.h) or of units over years (density_units.h). */
struct density_body {
    json_t *values, *weights; /* of a sample */

    json_t *years; /* of units */
    struct bind_array units;
    int relative_to;

    json_t *bandwidth, *tests, *thresholds; /* of both */
    int kernel, convention, boundary;
    int64_t points;
    double adjust, cut, from, to, lower;
};

/* A member that is a number of MIN to MAX. */
#define DENSITY_BODY_NUMBER_ROW(M, MIN, MAX) \
    { #M, BIND_NUMBER, false, BIND_OFFSET(struct density_body, M, double), MIN, MAX, NULL, NULL }

/* The rows of the members that both have. */
#define DENSITY_BODY_ROWS \
    BIND_CHOICE_ROW(struct density_body, kernel, false, density_kernels), \
    BIND_VALUE_ROW(struct density_body, bandwidth, false), \
    BIND_INTEGER_ROW(struct density_body, points, false, DENSITY_POINTS_MIN, DENSITY_POINTS_MAX), \
    DENSITY_BODY_NUMBER_ROW(adjust, 0, DENSITY_ADJUST_MAX), \
    DENSITY_BODY_NUMBER_ROW(cut, 0, DENSITY_CUT_MAX), \
    DENSITY_BODY_NUMBER_ROW(from, -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX), \
    DENSITY_BODY_NUMBER_ROW(to, -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX), \
    BIND_CHOICE_ROW(struct density_body, convention, false, density_conventions), \
    BIND_CHOICE_ROW(struct density_body, boundary, false, density_boundaries), \
    DENSITY_BODY_NUMBER_ROW(lower, -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX), \
    BIND_VALUE_ROW(struct density_body, tests, false), \
    BIND_VALUE_ROW(struct density_body, thresholds, false)

/*
 * Those members, bound from the document, into settings:
 *   kernel?, convention?, adjust?, boundary?, lower?, points?, cut?, from?, to?   as in the query of the GET
 *   tests?, thresholds?   arrays of what the query has between commas; permutation only where has_changes
 *   bandwidth?   the name of a rule or a number
 * What is wrong is added to *faults; the settings are of no use then. STATUS_EXHAUSTED without memory.
 */
enum status density_body_settings(struct arena *arena, const json_t *document, const struct density_body *body, bool has_changes,
                                  struct density_settings *settings, struct faults *faults) NODISCARD;

#endif
