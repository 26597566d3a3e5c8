#ifndef HANDLERS_ANALYSIS_INEQUALITY_MOVES_H
#define HANDLERS_ANALYSIS_INEQUALITY_MOVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/inequality/markov.h"
#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/inequality_write.h"

/* How states are cut: quantiles of each year, or multiples of each year's mean. */
struct inequality_cuts {
    size_t states;
    bool is_by_mean;
    double multiples[MARKOV_STATES_MAX - 1]; /* states - 1, ascending */
};

enum { INEQUALITY_STATES_DEFAULT = 4 };

/* Values of units over years. columns[y] has one for each unit, NAN where there is none; weights[y] as many, or NULL without. */
struct inequality_panel {
    const char *const *ids;
    size_t unit_count;
    const char *const *groups; /* names, ascending */
    size_t group_count;        /* 0: nothing is told by group */
    const size_t *group_of;    /* of each unit, below group_count; not looked at where that is 0 */
    const int64_t *years;      /* ascending */
    size_t year_count;
    double **columns;
    double **weights;
    double *means; /* of each year */
};

/*
 * Classes of all units in each year of the panel and the moves between neighbouring years, and between the first and the
 * last where others lie between: of all units and of those of each group. The years are those of the sheet.
 */
enum status inequality_moves_make(struct arena *arena, const struct inequality_panel *panel, const struct inequality_cuts *cuts,
                                  struct inequality_sheet *sheet) NODISCARD;

#endif
