/*
 * Lays a program out for the simplex: rows that say something, a panel of columns with their costs as one more row, and
 * a free column twice, once for each sign. Read simplex.c next.
 */
#include "analytics/lp/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/lp/panel.h"
#include "analytics/lp/shortlist.h"
#include "analytics/lp/simplex.h"

/* What a column of size 1 must gain, beside the largest multiplier. */
#define GAIN_MIN 1e-12

struct lp_dense {
    struct lp_watch watch;
    struct lp_panel panel;      /* the last row holds the costs */
    struct lp_shortlist *list;
    size_t *source;             /* of each column of the panel: the program's */
    size_t rows;
    size_t row[LP_SIMPLEX_ROWS_MAX]; /* the program's, of each row that is not free */
    size_t first_mirror;        /* from this column on they stand for negative amounts */
    struct lp_simplex simplex;
};

struct lp_dense *lp_dense_create(void)
{
    struct lp_dense *dense = calloc(1, sizeof *dense);
    if (dense == NULL) {
        return NULL;
    }
    dense->list = lp_shortlist_create();
    if (dense->list == NULL) {
        free(dense);
        return NULL;
    }
    return dense;
}

void lp_dense_free(struct lp_dense *dense)
{
    if (dense != NULL) {
        free(dense->source);
        lp_shortlist_free(dense->list);
        lp_panel_fini(&dense->panel);
        free(dense);
    }
}

void lp_dense_watch(struct lp_dense *dense, const struct lp_watch *watch)
{
    dense->watch = *watch;
}

static void column_add(struct lp_dense *dense, const struct lp_problem *problem, size_t j, double sign)
{
    double values[LP_SIMPLEX_ROWS_MAX + 1];
    for (size_t i = 0; i < dense->rows; i++) {
        values[i] = sign * problem->matrix[j * problem->rows + dense->row[i]];
    }
    values[dense->rows] = problem->cost != NULL ? sign * problem->cost[j] : 0;
    dense->source[dense->panel.count] = j;
    lp_panel_set(&dense->panel, dense->panel.count, values);
}

/* Makes room for the program. */
static enum status panel_open(struct lp_dense *dense, const struct lp_problem *problem)
{
    size_t needed = problem->columns;
    for (size_t j = 0; problem->is_free != NULL && j < problem->columns; j++) {
        needed += problem->is_free[j];
    }
    if (dense->panel.rows == dense->rows + 1 && dense->panel.capacity >= needed) {
        lp_panel_clear(&dense->panel);
        return STATUS_OK;
    }
    size_t *source = realloc(dense->source, needed * sizeof *source);
    if (source == NULL) {
        return STATUS_EXHAUSTED;
    }
    dense->source = source;
    lp_panel_fini(&dense->panel);
    return lp_panel_init(&dense->panel, dense->rows + 1, needed);
}

static enum status panel_fill(struct lp_dense *dense, const struct lp_problem *problem)
{
    dense->rows = 0;
    lp_shortlist_clear(dense->list);
    for (size_t i = 0; i < problem->rows; i++) {
        if (problem->relation[i] != LP_ROW_FREE) {
            dense->row[dense->rows] = i;
            dense->rows++;
        }
    }
    const enum status status = panel_open(dense, problem);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t j = 0; j < problem->columns; j++) {
        column_add(dense, problem, j, 1);
    }
    dense->first_mirror = problem->columns;
    for (size_t j = 0; problem->is_free != NULL && j < problem->columns; j++) {
        if (problem->is_free[j]) {
            column_add(dense, problem, j, -1);
        }
    }
    return STATUS_OK;
}

static void column_read(const void *context, size_t column, double *values)
{
    const struct lp_dense *dense = context;
    double all[LP_SIMPLEX_ROWS_MAX + 1];
    lp_panel_read(&dense->panel, column, all);
    memcpy(values, all, dense->rows * sizeof *values);
}

static double column_cost(const void *context, size_t column)
{
    const struct lp_dense *dense = context;
    double all[LP_SIMPLEX_ROWS_MAX + 1];
    lp_panel_read(&dense->panel, column, all);
    return all[dense->rows];
}

static size_t column_price(const void *context, const double *dual, bool has_cost, bool is_first, double *gain)
{
    const struct lp_dense *dense = context;
    double weight[LP_SIMPLEX_ROWS_MAX + 1];
    double largest = 1;
    for (size_t i = 0; i < dense->rows; i++) {
        weight[i] = dual[i];
        largest = fmax(largest, fabs(dual[i]));
    }
    weight[dense->rows] = has_cost ? -1 : 0;
    return lp_shortlist_price(dense->list, &dense->panel, weight, GAIN_MIN * largest, is_first, gain);
}

static void amount_add(const struct lp_dense *dense, size_t id, double value, struct lp_solution *solution)
{
    if (id < dense->panel.count) {
        solution->x[dense->source[id]] += id < dense->first_mirror ? value : -value;
    }
}

static void claim_write(const struct lp_dense *dense, const struct lp_problem *problem, struct lp_solution *solution)
{
    memset(solution->x, 0, problem->columns * sizeof *solution->x);
    memset(solution->dual, 0, sizeof solution->dual);
    for (size_t k = 0; k < dense->rows; k++) {
        amount_add(dense, dense->simplex.basis[k], dense->simplex.value[k], solution);
        solution->dual[dense->row[k]] = dense->simplex.dual[k];
    }
    if (solution->outcome == LP_UNBOUNDED) {
        amount_add(dense, dense->simplex.entering, 1, solution);
    }
}

/* Without rows that say anything, all is 0, or nothing stops a column of negative cost. */
static void solve_without_rows(const struct lp_problem *problem, struct lp_solution *solution)
{
    memset(solution->x, 0, problem->columns * sizeof *solution->x);
    memset(solution->dual, 0, sizeof solution->dual);
    solution->outcome = LP_OPTIMAL;
    for (size_t j = 0; problem->cost != NULL && j < problem->columns; j++) {
        const bool is_free = problem->is_free != NULL && problem->is_free[j];
        if (problem->cost[j] < 0 || (is_free && problem->cost[j] > 0)) {
            solution->x[j] = problem->cost[j] < 0 ? 1 : -1;
            solution->outcome = LP_UNBOUNDED;
            return;
        }
    }
}

enum status lp_dense_solve(struct lp_dense *dense, const struct lp_problem *problem, bool is_bland,
                           struct lp_solution *solution)
{
    enum lp_relation relation[LP_SIMPLEX_ROWS_MAX];
    double bound[LP_SIMPLEX_ROWS_MAX];
    double unit[LP_SIMPLEX_ROWS_MAX];
    const enum status status = panel_fill(dense, problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (dense->rows == 0) {
        solve_without_rows(problem, solution);
        return STATUS_OK;
    }
    for (size_t k = 0; k < dense->rows; k++) {
        relation[k] = problem->relation[dense->row[k]];
        bound[k] = problem->bound[dense->row[k]];
        unit[k] = 1;
    }
    const struct lp_simplex_program program = {
        .columns = {dense->rows, dense->panel.count, dense, column_read, column_cost, column_price},
        .relation = relation,
        .bound = bound,
        .unit = unit,
        .enough = -INFINITY,
        .is_cancelled = dense->watch.is_cancelled,
        .cancel_context = dense->watch.context,
    };
    switch (lp_simplex_solve(&dense->simplex, &program, is_bland)) {
    case LP_SIMPLEX_OPTIMAL:
        solution->outcome = LP_OPTIMAL;
        break;
    case LP_SIMPLEX_INFEASIBLE:
        solution->outcome = LP_INFEASIBLE;
        break;
    case LP_SIMPLEX_UNBOUNDED:
        solution->outcome = LP_UNBOUNDED;
        break;
    case LP_SIMPLEX_ENOUGH:
    case LP_SIMPLEX_LOST:
        return STATUS_EXHAUSTED;
    case LP_SIMPLEX_CANCELLED:
        return STATUS_BUSY;
    }
    claim_write(dense, problem, solution);
    return STATUS_OK;
}
