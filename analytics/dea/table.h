#ifndef ANALYTICS_DEA_TABLE_H
#define ANALYTICS_DEA_TABLE_H

/*
 * A program of model.h while it is written, and its solution. Internal to analytics/. Rows are those of the work: inputs,
 * outputs, sum(lambda); then what a model adds. Columns are what a model adds, and those of the reference units.
 *
 * Of many units the program begins with the frame of them alone (frame.h). A unit's column is a linear map of what it has, so
 * one product of the work with the multipliers prices all others: whoever would improve the answer, or takes part in the
 * proof that there is none, joins and the program is solved anew, until nobody does. So the answer is proved over all
 * units, whatever the frame is worth; what theory says of it (model.h) decides the time it takes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/dea.h"
#include "analytics/dea/work.h"
#include "analytics/lp/lp.h"
#include "base/status.h"

#define DEA_TABLE_NONE ((size_t) -1)

struct dea_table {
    const struct dea_work *work;
    size_t *member;      /* of each column the work's column whose lambda it is, or DEA_TABLE_NONE */
    double *matrix;
    double *cost;
    bool *is_free;
    double bound[LP_ROWS_MAX];
    enum lp_relation relation[LP_ROWS_MAX];
    size_t rows, columns, columns_max;
    /* How a unit with the values v becomes a column: row i is scale[i] v[i], the row after the work's is extra . v, and its cost is
     * cost . v; 1, 0 and 0 unless set between begin and units_add. */
    double unit_scale[DEA_ROWS_MAX], unit_extra[DEA_ROWS_MAX], unit_cost[DEA_ROWS_MAX];
    bool is_whole;       /* no unit outside is to be priced */
    bool *is_in;         /* by the work's column: it has a column, or is left out */
    double *products;    /* by the work's column, while others are priced */
    size_t *near;        /* the work's columns that are not in it, but on the face of the last solution */
    size_t near_count;
    struct lp_solver *solver;
    bool is_glpk; /* our own simplex is left out */
    struct lp_solution solution;
    struct dea_certificate certificate; /* the worst accepted so far, and counts */
};

/* Room for so many columns, at least the work's. Returns STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_table_init(struct dea_table *table, const struct dea_work *work, size_t columns_max);
void dea_table_fini(struct dea_table *table);

/* Empties the table: rows free with bound 0, the sum's as the frontier says. */
void dea_table_begin(struct dea_table *table, size_t rows, enum dea_frontier frontier);

/* Adds lambda of the frame, or of all reference units where the work has none; never of one (a work's column, or
 * DEA_TABLE_NONE). */
void dea_table_units_add(struct dea_table *table, size_t except);

/* Adds those that are not there yet and are not left out. */
void dea_table_rest_add(struct dea_table *table);

/* Adds a column of zeros, not a lambda, and returns it. */
double *dea_table_column_add(struct dea_table *table, double cost);

/* Solves for all reference units. STATUS_OK: solution.outcome says what was proved. Else as lp_solve. */
NODISCARD enum status dea_table_solve(struct dea_table *table);

/*
 * Turns the program just solved into its optimal face: column moved, if it is not DEA_TABLE_NONE, is put at its value and
 * taken out; so are those that no optimum uses, and units outside join that one might; rows with a multiplier become equations. Costs become 0.
 */
void dea_table_face(struct dea_table *table, size_t moved);

/* Takes the column out at a value that is given, and leaves all else as it is. Costs become 0. */
void dea_table_fix(struct dea_table *table, size_t column, double value);

/* What a row's left side comes to. */
double dea_table_activity(const struct dea_table *table, size_t row);

/*
 * How much of the weighted sum of slacks just maximised may be rounding. weight: of each row's slack in that sum, rows elements. A point
 * that misses rows by r has at most dual r more than any that misses none (weak duality), and a slack is known no better than to 1e-13 of
 * its row's terms (bounds.h). Beside units ten orders of magnitude larger that can be more than what the judged unit has.
 */
double dea_table_rounding(const struct dea_table *table, const double *weight);

/* Writes as peers the lambdas over scale that show in any row. STATUS_EXHAUSTED when they are more than peers_max. */
NODISCARD enum status dea_table_peers(const struct dea_table *table, double scale, struct dea_peer *peers,
                                      size_t peers_max, size_t *length);

#endif
