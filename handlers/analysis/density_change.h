#ifndef HANDLERS_ANALYSIS_DENSITY_CHANGE_H
#define HANDLERS_ANALYSIS_DENSITY_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "analytics/kde/change.h"
#include "analytics/kde/permutation.h"
#include "base/status.h"
#include "handlers/analysis/density_draw.h"
#include "json/write.h"

/* What changed between two curves of a group, and whether chance alone would make as much (permutation.h). */
struct density_change {
    const struct density_series *earlier, *later;
    struct kde_change found;
    double mean_shift_error; /* the standard error of found.mean_shift (shift.h): paired, where units are in both */
    size_t mean_shift_freedom; /* degrees of freedom of its test; 0 where there is none */
    double mean_shift_p;     /* how often chance alone moves the mean so far */
    bool has_test;
    size_t pairs;        /* members of both */
    struct kde_permutation test;
    double mean_shift_holm, height_holm, width_holm, sd_holm; /* the p-values corrected (density_family.h) */
};

/*
 * The changes of a drawn drawing whose series are by group, then by year, drawing->years of them: neighbouring years, and
 * the first with the last where others lie between. *changes is in the arena. The test is made where it is wanted
 * (density_more.h) and can be: without weights, of samples that spread. STATUS_EXHAUSTED without memory, STATUS_BUSY
 * where the settings' watch said so.
 */
enum status density_changes_find(struct arena *arena, struct density_drawing *drawing, struct density_change **changes,
                                 size_t *count) NODISCARD;

/* How many shares of the watch's whole that takes; the samples are there, the curves need not be. */
size_t density_changes_share(const struct density_drawing *drawing);

/* The member changes, an array. */
void density_changes_write(struct json_writer *w, const struct density_change *changes, size_t count, bool is_chinese);

#endif
