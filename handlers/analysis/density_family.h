#ifndef HANDLERS_ANALYSIS_DENSITY_FAMILY_H
#define HANDLERS_ANALYSIS_DENSITY_FAMILY_H

#include <stddef.h>

#include "base/status.h"
#include "handlers/analysis/density_change.h"
#include "handlers/analysis/density_draw.h"

/*
 * Corrects p-values for how many there are (analytics/kde/holm.h). A group's curves are one family: the dip test and the
 * critical-bandwidth test, by its calibrated p-value, of all its years. A group's changes are another: height, width and
 * standard deviation between all its years; the moves of its mean (shift.h), which are told in any case, are a third. So
 * the families, which the words of `reading` go by, do not depend on which other groups were asked for.
 */

/* Of the curves, drawing->years of them to a group. STATUS_EXHAUSTED without memory. */
enum status density_family_of_curves(struct arena *arena, const struct density_drawing *drawing) NODISCARD;

/* Of the changes of one group. */
enum status density_family_of_changes(struct arena *arena, struct density_change *changes, size_t count) NODISCARD;

#endif
