#ifndef HANDLERS_ANALYSIS_INEQUALITY_MOVES_H
#define HANDLERS_ANALYSIS_INEQUALITY_MOVES_H

#include "analytics/inequality/markov.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/inequality_write.h"

/* How states are cut: quantiles of each year, or multiples of each year's mean. */
struct inequality_cuts {
    size_t states;
    bool is_by_mean;
    double multiples[MARKOV_STATES_MAX - 1]; /* states - 1, ascending */
};

enum { INEQUALITY_STATES_DEFAULT = 4 };

/*
 * Classes of all provinces in each year of the sheet and the moves between neighbouring years, and between the first and the
 * last where others lie between: of all provinces and, where by_belt, of those of each belt. columns[y] has a value, or NAN,
 * for each province, means[y] the mean of that year.
 */
enum status inequality_moves_make(struct arena *arena, const struct analysis_basis *basis, bool by_belt, const struct inequality_cuts *cuts,
                                  double *const *columns, const double *means, struct inequality_sheet *sheet) NODISCARD;

#endif
