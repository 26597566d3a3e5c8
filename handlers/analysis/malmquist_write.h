#ifndef HANDLERS_ANALYSIS_MALMQUIST_WRITE_H
#define HANDLERS_ANALYSIS_MALMQUIST_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/dea/malmquist.h"
#include "base/buffer.h"
#include "handlers/analysis/write.h"

struct province;

/* One question. All is borrowed. */
struct malmquist_sheet {
    const char *const *inputs;  /* panel.input_count names */
    const char *const *outputs; /* panel.output_count names */
    const char *const *ids;     /* panel.unit_count ids */
    const char *const *labels;  /* each unit's belt or group, NULL where it has none */
    const int64_t *periods;     /* panel.period_count, ascending */
    struct dea_panel panel;     /* with groups where means by group are wanted */
    const char *const *groups;  /* the names of panel.groups; one more than named_groups where some have none */
    size_t named_groups;
    enum dea_orientation orientation;
    enum dea_solver_kind solver;
    bool has_distances;         /* the scores behind the indices are wanted */

    /* stored figures only */
    const struct province *const *provinces; /* the units' provinces, or NULL for a caller's own units */
    int64_t revision;
    const struct analysis_left_out *left_out;
    size_t left_out_count;
};

/* Appends the answer, one JSON object, to out. */
void malmquist_write(struct buffer *out, const struct malmquist_sheet *sheet, const struct dea_changes *changes);

#endif
