#ifndef ANALYTICS_LP_SIMPLEX_H
#define ANALYTICS_LP_SIMPLEX_H

/*
 * A dense primal simplex for programs with few rows and any number of columns. Internal to analytics/.
 *
 *   minimise cost . x   with   columns x + logicals = bound,   x >= 0
 *
 * The basis is no larger than the rows, so its inverse is kept outright, changed by each pivot and made anew every 32
 * (Dantzig, "Linear Programming and Extensions" (1963), chapter 9: the revised simplex with explicit inverse). The cost of
 * a pivot is pricing: one product of the multipliers with all columns, which the owner of the columns does, in
 * whatever layout and order suits them. Ties in the ratio test are broken lexicographically (Dantzig, Orden, Wolfe,
 * Pacific J. Math. 5 (1955) 183), since the corners of these programs are degenerate, the first above all, and
 * without that it cycles; with the tie rule of Bland (Math. Oper. Res. 2 (1977) 103) besides, slower, on request.
 *
 * All comparisons are made beside the terms that the number is the sum of: no unit of rows or columns plays a part.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/lp/lp.h"

/* One row more than callers may have, for lp.c's own programs. */
#define LP_SIMPLEX_ROWS_MAX (LP_ROWS_MAX + 1)

/* Whoever has the columns. */
struct lp_columns {
    size_t rows;
    size_t count;
    const void *context;
    /* Writes a column's rows elements. */
    void (*read)(const void *context, size_t column, double *values);
    double (*cost)(const void *context, size_t column);
    /*
     * The column that gains most, dual . column - cost (cost 0 where has_cost says so), or is_first the first that gains
     * anything, beyond rounding; ties go to the lower one. Returns count when none gains, else writes the gain, > 0.
     */
    size_t (*price)(const void *context, const double *dual, bool has_cost, bool is_first, double *gain);
};

struct lp_simplex_program {
    struct lp_columns columns;
    const enum lp_relation *relation; /* none free */
    const double *bound;
    const double *unit;               /* what counts as one of a row's slack; > 0 */
    /* NULL, or a basis to begin with: for each row a column, or count + row for that row's slack. Not used where it is
     * singular or its point breaks a sign. */
    const size_t *start;
    double enough;                    /* the second phase ends at a point that costs no more; -INFINITY: never */
    bool (*is_cancelled)(void *);     /* NULL, or asked now and then */
    void *cancel_context;
};

enum lp_simplex_end {
    LP_SIMPLEX_OPTIMAL,
    LP_SIMPLEX_INFEASIBLE,
    LP_SIMPLEX_UNBOUNDED,
    LP_SIMPLEX_ENOUGH,
    LP_SIMPLEX_LOST,
    LP_SIMPLEX_CANCELLED
};

/*
 * Claims, none of them checked:
 *   optimal     basis and value: the columns in use (below count; others are slacks) and how much; dual
 *   infeasible  dual: Farkas'
 *   unbounded   value: of the basis, the direction; entering: the column or slack that grows by 1 along it
 *   enough      basis and value
 *   lost        the pivots ran out or the basis became singular
 */
struct lp_simplex {
    size_t rows;
    size_t pivots;   /* of the last program */
    size_t entering;
    size_t basis[LP_SIMPLEX_ROWS_MAX];
    double value[LP_SIMPLEX_ROWS_MAX];
    double dual[LP_SIMPLEX_ROWS_MAX];
    /* Its own: */
    bool is_bland;
    bool has_cost;                                             /* in the second phase */
    size_t fresh;                                              /* pivots since the inverse was made */
    double exact[LP_SIMPLEX_ROWS_MAX];                         /* values before those within rounding of 0 became 0 */
    double cost[LP_SIMPLEX_ROWS_MAX];                          /* of the basis */
    double sign[LP_SIMPLEX_ROWS_MAX];                          /* of the rows' artificials */
    double column[LP_SIMPLEX_ROWS_MAX];                        /* the entering one, then in terms of the basis: */
    double step[LP_SIMPLEX_ROWS_MAX];
    double inverse[LP_SIMPLEX_ROWS_MAX * LP_SIMPLEX_ROWS_MAX];   /* row after row */
    double reference[LP_SIMPLEX_ROWS_MAX * LP_SIMPLEX_ROWS_MAX]; /* the basis that ties are broken by, column after column */
    size_t reference_row[LP_SIMPLEX_ROWS_MAX]; /* the only row of a column of it, or rows where it has more */
    double work[LP_SIMPLEX_ROWS_MAX * LP_SIMPLEX_ROWS_MAX];
};

/* Solves cold: nothing of an earlier program is read. */
enum lp_simplex_end lp_simplex_solve(struct lp_simplex *simplex, const struct lp_simplex_program *program, bool is_bland);

#endif
