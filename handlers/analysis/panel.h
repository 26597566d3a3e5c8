#ifndef HANDLERS_ANALYSIS_PANEL_H
#define HANDLERS_ANALYSIS_PANEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "handlers/analysis/figures.h"

/*
 * Stored figures as units with inputs and outputs: every province in every year. Row year * provinces + province has the
 * numbers of both; NAN where there is none, and is_missing tells of rows that have such.
 */
struct analysis_panel {
    const char **inputs, **outputs; /* their names */
    const char **ids, **labels;     /* of the provinces: codes and belts */
    const struct province **provinces;
    double *input_values, *output_values;
    bool *is_missing;
    struct analysis_left_out *left_out; /* the rows that are missing, in their order */
    size_t left_out_count;
};

/* figures are those of sides->all. All lies in the arena or the basis. */
enum status analysis_panel_make(struct arena *arena, const struct analysis_basis *basis, const struct analysis_sides *sides,
                                const struct analysis_figures *figures, struct analysis_panel *panel) NODISCARD;

#endif
