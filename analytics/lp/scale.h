#ifndef ANALYTICS_LP_SCALE_H
#define ANALYTICS_LP_SCALE_H

/*
 * Powers of two that bring a program's rows, columns, bounds and costs near 1. Exact: scaling changes no digit, unless
 * numbers lie more than 2^1000 apart. Without it solvers fail, or answer wrong, on columns of different size.
 * Internal to analytics/.
 */

#include "analytics/lp/lp.h"

/* scaled = row + column exponent of an entry; x = scaled x times 2^(column + bound), dual likewise row + cost. */
struct lp_scale {
    int row[LP_ROWS_MAX];
    int *column; /* caller's, one for each column */
    int bound;
    int cost;
};

/*
 * Finds the exponents (rows by the geometric mean of their smallest and largest entry, then columns by their largest)
 * and writes the scaled matrix, cost (zeros where there is none) and bound.
 */
void lp_scale_apply(struct lp_scale *scale, const struct lp_problem *problem, double *matrix, double *cost,
                    double *bound);

/* Turns x and dual of the scaled program into those of the program. */
void lp_scale_undo(const struct lp_scale *scale, const struct lp_problem *problem, struct lp_solution *solution);

#endif
