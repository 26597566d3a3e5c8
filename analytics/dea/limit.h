#ifndef ANALYTICS_DEA_LIMIT_H
#define ANALYTICS_DEA_LIMIT_H

/*
 * What no unit at all can exceed: the dual side of bounds.h over a panel of columns, four or eight at a time. The sums of
 * each column are made as bounds.c makes them, row after row. Internal to analytics/.
 */

#include <stdbool.h>

#include "analytics/lp/panel.h"

/* Weights v on inputs and u on outputs, and which of them move with the score. */
struct dea_limit {
    size_t inputs;        /* rows 0 to below inputs */
    size_t outputs_end;   /* outputs are the rows from inputs to below this */
    const double *weight; /* one for each row, >= 0, finite */
    const double *own;    /* of the judged unit; VRS only */
    bool is_output;       /* outputs move; VRS only */
    double rounding;      /* VRS only: counted against the proof for each unit of its terms */
};

/*
 * CRS: the least of v X_j / u Y_j over the columns that make anything, if below limit, else limit. A sum that is no number
 * gives NAN.
 */
double dea_limit_constant(const struct lp_panel *panel, const struct dea_limit *what, double limit);

/*
 * VRS: the least, if below limit, of  v X_j + u (y_o - Y_j)  when inputs move, of  -(u Y_j + v (x_o - X_j))  when outputs
 * do, each less rounding times the sum of its terms' sizes. NAN likewise.
 */
double dea_limit_variable(const struct lp_panel *panel, const struct dea_limit *what, double limit);

#endif
