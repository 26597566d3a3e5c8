#ifndef HANDLERS_ANALYSIS_INEQUALITY_MOVES_H
#define HANDLERS_ANALYSIS_INEQUALITY_MOVES_H

#include <stdbool.h>
#include <stddef.h>

#include "analytics/inequality/markov.h"
#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/inequality_write.h"
#include "handlers/analysis/unit_panel.h"

/* How states are cut: quantiles of each year, or multiples of each year's mean. */
struct inequality_cuts {
    size_t states;
    bool is_by_mean;
    double multiples[MARKOV_STATES_MAX - 1]; /* states - 1, ascending */
};

enum { INEQUALITY_STATES_DEFAULT = 4 };

/*
 * Classes of all units in each year of the panel and the moves between neighbouring years, and between the first and the
 * last where others lie between: of all units and of those of each group. means: of each year. The years are those of the sheet.
 */
enum status inequality_moves_make(struct arena *arena, const struct unit_panel *panel, const double *means,
                                  const struct inequality_cuts *cuts, struct inequality_sheet *sheet) NODISCARD;

#endif
