/*
 * Hands a program to the simplex: rows that say something, the units' columns, and one more for z. Read
 * analytics/lp/simplex.c next.
 *
 * A radial program starts from the judged unit itself, which fills its own rows. That of theta under CRS is asked as
 * that of phi, whose rows nothing at all fills, should the judged unit not be among the columns: multipliers and shares are
 * the same (bounds.h takes them apart again).
 */
#include "analytics/dea/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/lp/shortlist.h"
#include "analytics/lp/simplex.h"

/* A column enters if it gains more than this beside the terms of its gain, all of which are taken so much worse. */
#define GAIN_MIN 1e-12

struct dea_dense {
    struct lp_watch watch;
    const struct dea_program *program;
    struct lp_shortlist *list;
    size_t rows;
    size_t row[DEA_ROWS_MAX]; /* the program's, of each row that is not free */
    enum lp_relation relation[DEA_ROWS_MAX];
    double bound[DEA_ROWS_MAX];
    double extra[DEA_ROWS_MAX];
    double unit[DEA_ROWS_MAX];
    double extra_cost;
    size_t start[DEA_ROWS_MAX];
    struct lp_simplex simplex;
};

struct dea_dense *dea_dense_create(void)
{
    struct dea_dense *dense = calloc(1, sizeof *dense);
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

void dea_dense_free(struct dea_dense *dense)
{
    if (dense != NULL) {
        lp_shortlist_free(dense->list);
        free(dense);
    }
}

void dea_dense_watch(struct dea_dense *dense, const struct lp_watch *watch)
{
    dense->watch = *watch;
}

static enum lp_relation relation_of(enum dea_relation relation)
{
    switch (relation) {
    case DEA_ROW_FREE:
        return LP_ROW_FREE;
    case DEA_ROW_AT_MOST:
        return LP_ROW_AT_MOST;
    case DEA_ROW_AT_LEAST:
        return LP_ROW_AT_LEAST;
    case DEA_ROW_EQUAL:
        return LP_ROW_EQUAL;
    }
    return LP_ROW_FREE;
}

static void rows_take(struct dea_dense *dense, const struct dea_program *program)
{
    const bool is_constant = program->is_radial && program->relation[program->rows - 1] != DEA_ROW_EQUAL;
    const bool is_turned = is_constant && program->extra_cost > 0;
    lp_shortlist_clear(dense->list);
    dense->program = program;
    dense->rows = 0;
    dense->extra_cost = is_turned ? -1 : program->extra_cost;
    for (size_t i = 0; i < program->rows; i++) {
        if (program->relation[i] == DEA_ROW_FREE) {
            continue;
        }
        const size_t k = dense->rows++;
        dense->row[k] = i;
        dense->relation[k] = relation_of(program->relation[i]);
        dense->bound[k] = is_turned ? fabs(program->extra[i]) : program->bound[i];
        dense->extra[k] = is_turned ? -program->bound[i] : program->extra[i];
        const double size = fmax(fabs(program->bound[i]), fabs(program->extra[i]));
        dense->unit[k] = size > 0 ? size : 1;
    }
}

/* The basis at which the judged unit makes what it makes. */
static const size_t *start_find(struct dea_dense *dense)
{
    const struct dea_program *program = dense->program;
    const size_t count = program->columns + 1;
    bool has_factor = false;
    bool has_unit = program->relation[program->rows - 1] == DEA_ROW_EQUAL;
    if (!program->is_radial) {
        return NULL;
    }
    for (size_t k = 0; k < dense->rows; k++) {
        dense->start[k] = count + k;
        if (dense->row[k] == program->rows - 1) {
            dense->start[k] = program->first;
        } else if (!has_unit && dense->bound[k] > 0) {
            dense->start[k] = program->first;
            has_unit = true;
        } else if (!has_factor && dense->extra[k] < 0) {
            dense->start[k] = program->columns;
            has_factor = true;
        }
    }
    return dense->start;
}

static void column_read(const void *context, size_t column, double *values)
{
    const struct dea_dense *dense = context;
    const struct dea_program *program = dense->program;
    if (column == program->columns) {
        memcpy(values, dense->extra, dense->rows * sizeof *values);
        return;
    }
    for (size_t k = 0; k < dense->rows; k++) {
        values[k] = program->matrix[column * program->rows + dense->row[k]];
    }
}

static double column_cost(const void *context, size_t column)
{
    const struct dea_dense *dense = context;
    if (column == dense->program->columns) {
        return dense->program->has_extra ? dense->extra_cost : 0;
    }
    return dense->program->cost != NULL ? dense->program->cost[column] : 0;
}

/* Prices columns that no panel has. */
static size_t columns_price(const struct dea_program *program, const double *weight, bool has_cost, bool is_first,
                            double *gain)
{
    size_t found = program->columns;
    *gain = 0;
    for (size_t j = 0; j < program->columns; j++) {
        const double *column = program->matrix + j * program->rows;
        const double cost = has_cost && program->cost != NULL ? program->cost[j] : 0;
        double value = -cost - GAIN_MIN * fabs(cost);
        for (size_t i = 0; i < program->rows; i++) {
            value += weight[i] * column[i];
        }
        if (value > *gain) {
            *gain = value;
            found = j;
            if (is_first) {
                break;
            }
        }
    }
    return found;
}

static size_t column_price(const void *context, const double *dual, bool has_cost, bool is_first, double *gain)
{
    const struct dea_dense *dense = context;
    const struct dea_program *program = dense->program;
    double weight[DEA_ROWS_MAX] = {0};
    for (size_t k = 0; k < dense->rows; k++) {
        weight[dense->row[k]] = dual[k] - GAIN_MIN * fabs(dual[k]); /* no column has a negative element */
    }
    size_t found = program->panel != NULL && program->cost == NULL
                       ? lp_shortlist_price(dense->list, program->panel, weight, 0, is_first, gain)
                       : columns_price(program, weight, has_cost, is_first, gain);
    if (!program->has_extra || (is_first && found < program->columns)) {
        return found < program->columns ? found : program->columns + 1;
    }
    const double cost = has_cost ? dense->extra_cost : 0;
    double value = -cost - GAIN_MIN * fabs(cost);
    for (size_t k = 0; k < dense->rows; k++) {
        const double term = dual[k] * dense->extra[k];
        value += term - GAIN_MIN * fabs(term);
    }
    if (value > 0 && (found == program->columns || value > *gain)) {
        *gain = value;
        return program->columns;
    }
    return found < program->columns ? found : program->columns + 1;
}

static void solution_write(const struct dea_dense *dense, struct dea_solution *solution)
{
    const struct dea_program *program = dense->program;
    memset(solution->lambda, 0, program->columns * sizeof *solution->lambda);
    memset(solution->dual, 0, sizeof solution->dual);
    solution->extra = 0;
    for (size_t k = 0; k < dense->rows; k++) {
        const size_t id = dense->simplex.basis[k];
        if (id < program->columns) {
            solution->lambda[id] = dense->simplex.value[k];
        } else if (id == program->columns) {
            solution->extra = dense->simplex.value[k];
        }
        solution->dual[dense->row[k]] = dense->simplex.dual[k];
    }
}

enum status dea_dense_solve(struct dea_dense *dense, const struct dea_program *program, bool is_bland,
                            struct dea_solution *solution)
{
    rows_take(dense, program);
    if (dense->rows == 0) {
        return STATUS_EXHAUSTED;
    }
    const struct lp_simplex_program asked = {
        /* Without z nobody prices its column, and it is never read. */
        .columns = {dense->rows, program->columns + 1, dense, column_read, column_cost, column_price},
        .relation = dense->relation,
        .bound = dense->bound,
        .unit = dense->unit,
        .start = start_find(dense),
        .enough = program->enough > 0 ? -program->enough : -INFINITY,
        .is_cancelled = dense->watch.is_cancelled,
        .cancel_context = dense->watch.context,
    };
    switch (lp_simplex_solve(&dense->simplex, &asked, is_bland)) {
    case LP_SIMPLEX_OPTIMAL:
        solution_write(dense, solution);
        return STATUS_OK;
    case LP_SIMPLEX_ENOUGH:
        return STATUS_CONFLICT;
    case LP_SIMPLEX_CANCELLED:
        return STATUS_BUSY;
    case LP_SIMPLEX_INFEASIBLE:
    case LP_SIMPLEX_UNBOUNDED:
    case LP_SIMPLEX_LOST:
        return STATUS_EXHAUSTED;
    }
    return STATUS_EXHAUSTED;
}
