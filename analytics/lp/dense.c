/*
 * Hands a program to the simplex: rows that say something, columns where they stand or in a panel with their costs as one
 * more row, a free column twice, once for each sign, and the last one. Read simplex.c next.
 */
#include "analytics/lp/dense.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/lp/shortlist.h"
#include "analytics/lp/simplex.h"

/* What a column must gain: beside the terms of its gain where no element is below 0, all of which are taken so much worse;
 * else, of size 1, beside the largest multiplier. */
#define GAIN_MIN 1e-12

struct lp_dense {
    struct lp_watch watch;
    struct lp_panel own;             /* all of the program's rows, and what a column gains by its cost alone */
    size_t cost_row;                 /* of our own panel: first or last. The sums of gains begin or end with the cost, and which
                                      * of two columns that gain the same is taken must not change from year to year */
    size_t first_row;                /* the panel's of the program's first row */
    struct lp_shortlist *list;
    size_t *mirror;                  /* of each column beyond the problem's, which stands for negative amounts: its column */
    size_t mirror_capacity;
    const struct lp_program *program;
    const struct lp_panel *panel;    /* the program's or our own */
    size_t rows;
    size_t row[LP_SIMPLEX_ROWS_MAX]; /* the program's, of each row that is not free */
    enum lp_relation relation[LP_SIMPLEX_ROWS_MAX];
    double bound[LP_SIMPLEX_ROWS_MAX];
    double last[LP_SIMPLEX_ROWS_MAX];
    double unit[LP_SIMPLEX_ROWS_MAX];
    size_t start[LP_SIMPLEX_ROWS_MAX];
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
        free(dense->mirror);
        lp_shortlist_free(dense->list);
        lp_panel_fini(&dense->own);
        free(dense);
    }
}

void lp_dense_watch(struct lp_dense *dense, const struct lp_watch *watch)
{
    dense->watch = *watch;
}

/* The columns come first, then those that stand for negative amounts, then the last one. */
static size_t ids_count(const struct lp_dense *dense)
{
    return dense->panel->count + (dense->program->last != NULL ? 1 : 0);
}

/* Which column of the problem an id below the panel's count stands for. */
static size_t source_of(const struct lp_dense *dense, size_t id)
{
    const size_t columns = dense->program->problem.columns;
    return id < columns ? id : dense->mirror[id - columns];
}

/* Makes room for the program's columns and these mirrors. */
static enum status own_open(struct lp_dense *dense, size_t mirrors)
{
    const struct lp_problem *problem = &dense->program->problem;
    const size_t needed = problem->columns + mirrors;
    if (dense->mirror_capacity < mirrors) {
        size_t *mirror = realloc(dense->mirror, mirrors * sizeof *mirror);
        if (mirror == NULL) {
            return STATUS_EXHAUSTED;
        }
        dense->mirror = mirror;
        dense->mirror_capacity = mirrors;
    }
    if (dense->own.rows == problem->rows + 1 && dense->own.capacity >= needed) {
        lp_panel_clear(&dense->own);
        return STATUS_OK;
    }
    lp_panel_fini(&dense->own);
    return lp_panel_init(&dense->own, problem->rows + 1, needed);
}

static void own_add(struct lp_dense *dense, size_t j, double sign)
{
    const struct lp_problem *problem = &dense->program->problem;
    const double cost = problem->cost != NULL ? sign * problem->cost[j] : 0;
    double values[LP_SIMPLEX_ROWS_MAX + 1];
    values[dense->cost_row] = -cost - (dense->program->is_positive ? GAIN_MIN * fabs(cost) : 0);
    for (size_t i = 0; i < problem->rows; i++) {
        values[dense->first_row + i] = sign * problem->matrix[j * problem->rows + i];
    }
    lp_panel_set(&dense->own, dense->own.count, values);
}

static enum status own_fill(struct lp_dense *dense)
{
    const struct lp_problem *problem = &dense->program->problem;
    size_t mirrors = 0;
    for (size_t j = 0; problem->is_free != NULL && j < problem->columns; j++) {
        mirrors += problem->is_free[j];
    }
    const enum status status = own_open(dense, mirrors);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t j = 0; j < problem->columns; j++) {
        own_add(dense, j, 1);
    }
    for (size_t j = 0; mirrors > 0 && j < problem->columns; j++) {
        if (problem->is_free[j]) {
            dense->mirror[dense->own.count - problem->columns] = j;
            own_add(dense, j, -1);
        }
    }
    return STATUS_OK;
}

static void rows_take(struct lp_dense *dense)
{
    const struct lp_program *program = dense->program;
    dense->rows = 0;
    for (size_t i = 0; i < program->problem.rows; i++) {
        if (program->problem.relation[i] == LP_ROW_FREE) {
            continue;
        }
        const size_t k = dense->rows++;
        dense->row[k] = i;
        dense->relation[k] = program->problem.relation[i];
        dense->bound[k] = program->problem.bound[i];
        dense->last[k] = program->last != NULL ? program->last[i] : 0;
        dense->unit[k] = program->unit != NULL ? program->unit[i] : 1;
    }
}

/* The panel is known by now. */
static const size_t *start_take(struct lp_dense *dense)
{
    const size_t *start = dense->program->start;
    for (size_t k = 0; start != NULL && k < dense->rows; k++) {
        const size_t id = start[dense->row[k]];
        dense->start[k] = id;
        if (id == LP_START_LAST) {
            dense->start[k] = dense->panel->count;
        } else if (id == LP_START_SLACK) {
            dense->start[k] = ids_count(dense) + k;
        }
    }
    return start != NULL ? dense->start : NULL;
}

static void column_read(const void *context, size_t id, double *values)
{
    const struct lp_dense *dense = context;
    const struct lp_problem *problem = &dense->program->problem;
    if (id >= dense->panel->count) {
        memcpy(values, dense->last, dense->rows * sizeof *values);
        return;
    }
    const double *column = problem->matrix + source_of(dense, id) * problem->rows;
    for (size_t k = 0; k < dense->rows; k++) {
        values[k] = column[dense->row[k]];
    }
    for (size_t k = 0; id >= problem->columns && k < dense->rows; k++) {
        values[k] = -values[k];
    }
}

static double column_cost(const void *context, size_t id)
{
    const struct lp_dense *dense = context;
    const struct lp_problem *problem = &dense->program->problem;
    if (id >= dense->panel->count) {
        return dense->program->last_cost;
    }
    const double cost = problem->cost != NULL ? problem->cost[source_of(dense, id)] : 0;
    return id < problem->columns ? cost : -cost;
}

/* What the last column gains beyond rounding; it has no size to go by but that of its terms. */
static double last_gain(const struct lp_dense *dense, const double *dual, bool has_cost)
{
    const double cost = has_cost ? dense->program->last_cost : 0;
    double value = -cost - GAIN_MIN * fabs(cost);
    for (size_t k = 0; k < dense->rows; k++) {
        const double term = dual[k] * dense->last[k];
        value += term - GAIN_MIN * fabs(term);
    }
    return value;
}

/* Writes a weight for each row of the panel that says something; returns what a gain must be above. */
static double weights_take(const struct lp_dense *dense, const double *dual, double *weight)
{
    double largest = 1;
    if (dense->program->is_positive) {
        for (size_t k = 0; k < dense->rows; k++) {
            weight[dense->row[k]] = dual[k] - GAIN_MIN * fabs(dual[k]);
        }
        return 0;
    }
    for (size_t k = 0; k < dense->rows; k++) {
        weight[dense->row[k]] = dual[k];
        largest = fmax(largest, fabs(dual[k]));
    }
    return GAIN_MIN * largest;
}

static size_t column_price(const void *context, const double *dual, bool has_cost, bool is_first, double *gain)
{
    const struct lp_dense *dense = context;
    const struct lp_panel *panel = dense->panel;
    double weight[LP_SIMPLEX_ROWS_MAX + 1];
    memset(weight, 0, panel->rows * sizeof *weight);
    if (panel == &dense->own && has_cost) {
        weight[dense->cost_row] = 1;
    }
    const double floor = weights_take(dense, dual, weight + dense->first_row);
    const size_t found = lp_shortlist_price(dense->list, panel, weight, floor, is_first, gain);
    if (dense->program->last == NULL || (is_first && found < panel->count)) {
        return found; /* the count when none was */
    }
    const double value = last_gain(dense, dual, has_cost);
    if (value > 0 && (found == panel->count || value > *gain)) {
        *gain = value;
        return panel->count;
    }
    return found < panel->count ? found : ids_count(dense);
}

static void amount_add(const struct lp_dense *dense, size_t id, double value, struct lp_claim *claim)
{
    if (id < dense->panel->count) {
        claim->x[source_of(dense, id)] += id < dense->program->problem.columns ? value : -value;
    } else if (id < ids_count(dense)) {
        claim->last = value;
    }
}

static void claim_clear(const struct lp_program *program, struct lp_claim *claim)
{
    memset(claim->x, 0, program->problem.columns * sizeof *claim->x);
    memset(claim->dual, 0, program->problem.rows * sizeof *claim->dual);
    claim->last = 0;
}

static void claim_write(const struct lp_dense *dense, struct lp_claim *claim)
{
    claim_clear(dense->program, claim);
    for (size_t k = 0; k < dense->rows; k++) {
        amount_add(dense, dense->simplex.basis[k], dense->simplex.value[k], claim);
        claim->dual[dense->row[k]] = dense->simplex.dual[k];
    }
    if (claim->outcome == LP_UNBOUNDED) {
        amount_add(dense, dense->simplex.entering, 1, claim);
    }
}

/* Without rows that say anything, all is 0, or nothing stops a column of negative cost. */
static void solve_without_rows(const struct lp_program *program, struct lp_claim *claim)
{
    const struct lp_problem *problem = &program->problem;
    claim_clear(program, claim);
    claim->outcome = LP_UNBOUNDED;
    for (size_t j = 0; problem->cost != NULL && j < problem->columns; j++) {
        const bool is_free = problem->is_free != NULL && problem->is_free[j];
        if (problem->cost[j] < 0 || (is_free && problem->cost[j] > 0)) {
            claim->x[j] = problem->cost[j] < 0 ? 1 : -1;
            return;
        }
    }
    if (program->last != NULL && program->last_cost < 0) {
        claim->last = 1;
        return;
    }
    claim->outcome = LP_OPTIMAL;
}

/* Finds the panel to price; that of the program must be of its columns. */
static enum status panel_take(struct lp_dense *dense)
{
    const struct lp_program *program = dense->program;
    lp_shortlist_clear(dense->list);
    dense->panel = program->panel != NULL ? program->panel : &dense->own;
    dense->first_row = 0;
    if (program->panel == NULL) {
        dense->cost_row = program->is_positive ? 0 : program->problem.rows;
        dense->first_row = program->is_positive ? 1 : 0;
        return own_fill(dense);
    }
    assert(program->problem.cost == NULL && program->problem.is_free == NULL);
    assert(program->panel->count == program->problem.columns && program->panel->rows == program->problem.rows);
    return STATUS_OK;
}

enum status lp_dense_solve(struct lp_dense *dense, const struct lp_program *program, bool is_bland, struct lp_claim *claim)
{
    dense->program = program;
    rows_take(dense);
    if (dense->rows == 0) {
        solve_without_rows(program, claim);
        return STATUS_OK;
    }
    const enum status status = panel_take(dense);
    if (status != STATUS_OK) {
        return status;
    }
    const struct lp_simplex_program asked = {
        .columns = {dense->rows, ids_count(dense), dense, column_read, column_cost, column_price},
        .relation = dense->relation,
        .bound = dense->bound,
        .unit = dense->unit,
        .start = start_take(dense),
        .enough = program->has_enough ? program->enough : -INFINITY,
        .is_cancelled = dense->watch.is_cancelled,
        .cancel_context = dense->watch.context,
    };
    switch (lp_simplex_solve(&dense->simplex, &asked, is_bland)) {
    case LP_SIMPLEX_OPTIMAL:
        claim->outcome = LP_OPTIMAL;
        break;
    case LP_SIMPLEX_INFEASIBLE:
        claim->outcome = LP_INFEASIBLE;
        break;
    case LP_SIMPLEX_UNBOUNDED:
        claim->outcome = LP_UNBOUNDED;
        break;
    case LP_SIMPLEX_ENOUGH:
        return STATUS_CONFLICT;
    case LP_SIMPLEX_LOST:
        return STATUS_EXHAUSTED;
    case LP_SIMPLEX_CANCELLED:
        return STATUS_BUSY;
    }
    claim_write(dense, claim);
    return STATUS_OK;
}
