/*
 * Cross-efficiency. The weights of a judge are the multipliers of programs with a column for each unit: the multiplier
 * form itself would have a row for each.
 *
 *   best weights with a secondary goal   max (min) u sum(Y_j)   where v sum(X_j) = 1, u y_o >= theta v x_o, u Y_j <= v X_j
 *   and what is solved                   min (max) t   where t sum(X_j) + theta q x_o - X lambda >= 0 and
 *                                        Y lambda - q y_o >= sum(Y_j), lambda, q >= 0, t free
 *
 * (sums over the units but o; for the minimum lambda and q change their signs and the rows are at most). theta is relaxed by a hair, lest its last
 * digit leave no weights at all.
 */
#include "analytics/dea/cross.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/dea/move.h"

/* How much of its best score a judge may give away, for rounding's sake. */
#define THETA_RELAXED 1e-11

/* A judge's weights, in the work's scale. */
struct weights {
    double value[DEA_ROWS_MAX];
};

/* What all units got so far. */
struct tally {
    double *sum;    /* of all judges */
    size_t *judges; /* how many gave a number */
    double *own;    /* the unit's own CRS score; NAN while there is none */
};

/* Sums of each row over the units but one. */
static void sums_find(const struct dea_model_run *run, size_t except, double *sums)
{
    const struct dea_work *work = &run->work;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        sums[i] = 0;
    }
    for (size_t k = 0; k < work->columns; k++) {
        const size_t j = run->table.order[k];
        for (size_t i = 0; i + 1 < work->rows && j != except; i++) {
            sums[i] += work->matrix[j * work->rows + i];
        }
    }
}

static void program_write(struct dea_model_run *run, size_t unit, double theta)
{
    const struct dea_work *work = &run->work;
    const bool is_aggressive = run->options->is_aggressive;
    const double *own = dea_work_column(work, unit);
    const double sign = is_aggressive ? -1 : 1; /* of lambda and q */
    struct dea_table *table = &run->table;
    double sums[DEA_ROWS_MAX];
    sums_find(run, work->column_of[unit], sums);
    dea_table_begin(table, work->rows, DEA_CRS);
    double *t = dea_table_column_add(table, sign);
    table->is_free[0] = true;
    double *q = dea_table_column_add(table, 0);
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_input = i < work->inputs;
        table->relation[i] = is_aggressive ? LP_ROW_AT_MOST : LP_ROW_AT_LEAST;
        table->bound[i] = is_input ? 0 : sums[i];
        t[i] = is_input ? sums[i] : 0;
        q[i] = (is_input ? theta : -1) * sign * own[i];
    }
    dea_table_units_add(table, DEA_TABLE_NONE);
    for (size_t j = 2; j < table->columns; j++) {
        for (size_t i = 0; i + 1 < work->rows; i++) {
            table->matrix[j * table->rows + i] *= i < work->inputs ? -sign : sign;
        }
        table->matrix[j * table->rows + work->rows - 1] = 0;
    }
}

static enum status weights_find(struct dea_model_run *run, size_t unit, double theta, struct weights *weights)
{
    program_write(run, unit, theta * (1 - THETA_RELAXED));
    const enum status status = dea_table_solve(&run->table);
    if (status != STATUS_OK || run->table.solution.outcome != LP_OPTIMAL) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        weights->value[i] = fabs(run->table.solution.dual[i]);
    }
    return STATUS_OK;
}

/* What a judge gives each unit; a judge that looks at nothing the unit has gives no number. */
static void rate(const struct dea_model_run *run, size_t judge, const struct weights *weights, struct tally *tally)
{
    const struct dea_work *work = &run->work;
    for (size_t u = 0; u < run->problem->unit_count; u++) {
        if (work->states[u] != DEA_UNIT_SCORED) {
            continue;
        }
        const double *column = dea_work_column(work, u);
        double taken = 0;
        double made = 0;
        for (size_t i = 0; i + 1 < work->rows; i++) {
            *(i < work->inputs ? &taken : &made) += weights->value[i] * column[i];
        }
        const double rating = u == judge ? tally->own[u] : fmin(1, made / taken);
        if (taken > 0 && isfinite(rating)) {
            tally->sum[u] += rating;
            tally->judges[u]++;
        }
    }
}

static enum status judge(struct dea_model_run *run, size_t unit, struct tally *tally)
{
    struct weights weights;
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    double theta = NAN;
    enum status status = dea_move_score(run, unit, &state, &theta);
    if (status != STATUS_OK || state != DEA_MODEL_SCORED) {
        return status;
    }
    tally->own[unit] = theta = fmin(1, theta);
    if (run->work.columns == 1) { /* nobody else to please */
        tally->sum[unit] += theta;
        tally->judges[unit]++;
        return STATUS_OK;
    }
    status = weights_find(run, unit, theta, &weights);
    if (status != STATUS_OK) {
        tally->own[unit] = NAN; /* who gives no ratings gets no score */
        return status;
    }
    rate(run, unit, &weights, tally);
    return STATUS_OK;
}

static void results_write(const struct dea_model_run *run, const struct tally *tally, struct dea_model_result *result)
{
    for (size_t u = 0; u < result->unit_count; u++) {
        struct dea_model_unit *unit = &result->units[u];
        const double count = (double) tally->judges[u];
        switch (run->work.states[u]) {
        case DEA_UNIT_NO_INPUTS:
            unit->state = DEA_MODEL_NO_INPUTS;
            continue;
        case DEA_UNIT_NO_OUTPUTS:
            unit->state = DEA_MODEL_NO_OUTPUTS;
            continue;
        case DEA_UNIT_SCORED:
        case DEA_UNIT_UNCERTIFIED:
            break;
        }
        if (tally->judges[u] == 0 || isnan(tally->own[u])) {
            continue; /* stays uncertified */
        }
        unit->state = DEA_MODEL_SCORED;
        unit->score = tally->sum[u] / count;
        unit->parts[0] = tally->own[u];
        const double others = (tally->sum[u] - tally->own[u]) / (count - 1);
        unit->parts[1] = count > 1 ? (tally->own[u] - others) / others : 0;
    }
}

/* Judges in the order of their figures, so that sums do not depend on that of the units. */
static enum status judge_all(struct dea_model_run *run, struct tally *tally)
{
    const struct dea_model_options *options = run->options;
    for (size_t u = 0; u < run->problem->unit_count; u++) {
        tally->own[u] = NAN;
    }
    for (size_t k = 0; k < run->work.columns; k++) {
        const size_t unit = run->work.unit_of[run->table.order[k]];
        if (options->is_cancelled != NULL && options->is_cancelled(options->cancel_context)) {
            return STATUS_BUSY;
        }
        if (run->work.states[unit] == DEA_UNIT_SCORED && judge(run, unit, tally) == STATUS_BUSY) {
            return STATUS_BUSY;
        }
    }
    return STATUS_OK;
}

enum status dea_cross_solve(struct dea_model_run *run, struct dea_model_result *result)
{
    const size_t n = run->problem->unit_count;
    struct tally tally = {
        .sum = calloc(n, sizeof *tally.sum),
        .judges = calloc(n, sizeof *tally.judges),
        .own = calloc(n, sizeof *tally.own),
    };
    enum status status = STATUS_EXHAUSTED;
    if (tally.sum != NULL && tally.judges != NULL && tally.own != NULL) {
        status = judge_all(run, &tally);
    }
    if (status == STATUS_OK) {
        results_write(run, &tally, result);
    }
    free(tally.own);
    free(tally.judges);
    free(tally.sum);
    return status;
}
