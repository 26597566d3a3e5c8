/*
 * Models that are all slacks: Tone's measure and the additive one. Read model.h for the programs.
 *
 * The measure is a fraction, made linear by Charnes and Cooper: with t = 1 / (1 + mean of s+/y_o) and Lambda = t lambda,
 * S = t s, rho = t - mean of S-/x_o where t + mean of S+/y_o = 1.
 */
#include <math.h>
#include <string.h>

#include "analytics/dea/model_run.h"

/* Below this share of what the unit has a slack is rounding. */
#define SLACK_MIN 1e-9

/* Whether the slack of a row counts. */
static bool row_counts(const struct dea_model_run *run, size_t unit, size_t row)
{
    const enum dea_side side = run->options->side;
    const bool is_input = row < run->work.inputs;
    return side != (is_input ? DEA_SIDE_OUTPUT : DEA_SIDE_INPUT) && !dea_model_is_fixed(run, row) &&
           dea_work_column(&run->work, unit)[row] > 0;
}

static size_t terms_count(const struct dea_model_run *run, size_t unit, size_t from, size_t to)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        count += row_counts(run, unit, i);
    }
    return count;
}

/* Column of t, then of each row's S, then of the units; one row more. */
static void measure_write(struct dea_model_run *run, size_t unit)
{
    const struct dea_work *work = &run->work;
    const double *own = dea_work_column(work, unit);
    struct dea_table *table = &run->table;
    const size_t last = work->rows;
    const double inputs = (double) terms_count(run, unit, 0, work->inputs);
    const double outputs = (double) terms_count(run, unit, work->inputs, work->rows - 1);
    dea_table_begin(table, work->rows + 1, run->options->frontier);
    double *t = dea_table_column_add(table, 1);
    for (size_t i = 0; i + 1 < work->rows; i++) {
        table->relation[i] = LP_ROW_EQUAL;
        t[i] = -own[i];
    }
    t[work->rows - 1] = table->relation[work->rows - 1] != LP_ROW_FREE ? -1 : 0;
    table->bound[work->rows - 1] = 0;
    t[last] = 1;
    table->relation[last] = LP_ROW_EQUAL;
    table->bound[last] = 1;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_counted = row_counts(run, unit, i);
        const bool is_input = i < work->inputs;
        double *slack = dea_table_column_add(table, is_input && is_counted ? -1 / (inputs * own[i]) : 0);
        slack[i] = is_input || dea_model_is_undesirable(run, i) ? 1 : -1;
        slack[last] = !is_input && is_counted ? 1 / (outputs * own[i]) : 0;
    }
    dea_table_units_add(table, run->except);
}

enum status dea_sbm_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    const struct dea_work *work = &run->work;
    struct dea_table *table = &run->table;
    if (terms_count(run, unit, 0, work->rows - 1) == 0) {
        out->state = run->options->side == DEA_SIDE_OUTPUT ? DEA_MODEL_NO_OUTPUTS : DEA_MODEL_NO_INPUTS;
        return STATUS_OK;
    }
    measure_write(run, unit);
    const enum status status = dea_table_solve(table);
    const double t = table->solution.x[0];
    if (status != STATUS_OK) {
        return status;
    }
    if (table->solution.outcome != LP_OPTIMAL || !isnormal(t) || !(table->solution.objective >= 0)) {
        return STATUS_EXHAUSTED;
    }
    out->state = DEA_MODEL_SCORED;
    out->score = fmin(1, table->solution.objective);
    out->efficiency = out->score >= 1 - DEA_TOLERANCE ? DEA_EFFICIENT_STRONG : DEA_EFFICIENT_NO;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const double slack = table->solution.x[1 + i] / t;
        const bool is_kept = !dea_model_is_fixed(run, i) && slack > SLACK_MIN * dea_work_column(work, unit)[i];
        dea_model_row_write(run, unit, out, i, 0, is_kept ? slack : 0);
    }
    return dea_table_peers(table, t, out->peers, dea_model_peers_max(run->problem), &out->peers_length);
}

/* The weight of a slack, the largest about 1: its size in the data, or one over its column's mean. */
static double weight_of(const struct dea_model_run *run, size_t row, int top)
{
    if (dea_model_is_fixed(run, row) || !(run->work.mean[row] > 0)) {
        return 0;
    }
    return run->options->is_normalised ? 1 / run->work.mean[row] : ldexp(1, run->work.exponent[row] - top);
}

enum status dea_additive_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    const struct dea_work *work = &run->work;
    const double *own = dea_work_column(work, unit);
    struct dea_table *table = &run->table;
    int top = work->exponent[0];
    for (size_t i = 0; i + 1 < work->rows; i++) {
        top = work->exponent[i] > top ? work->exponent[i] : top;
    }
    dea_table_begin(table, work->rows, run->options->frontier);
    dea_table_units_add(table, run->except);
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_input = i < work->inputs;
        const double weight = (is_input ? 1 : -1) * weight_of(run, i, top);
        table->relation[i] = is_input ? LP_ROW_AT_MOST : LP_ROW_AT_LEAST;
        table->bound[i] = own[i];
        for (size_t j = 0; j < table->columns; j++) {
            table->cost[j] += weight * table->matrix[j * table->rows + i];
        }
    }
    const enum status status = dea_table_solve(table);
    if (status != STATUS_OK || table->solution.outcome != LP_OPTIMAL) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    double sum = 0;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const double activity = dea_table_activity(table, i);
        double slack = i < work->inputs ? own[i] - activity : activity - own[i];
        const bool is_kept = weight_of(run, i, top) > 0 && slack > SLACK_MIN * fmax(own[i], activity);
        slack = is_kept ? slack : 0;
        sum += slack * weight_of(run, i, top);
        dea_model_row_write(run, unit, out, i, 0, slack);
    }
    out->state = DEA_MODEL_SCORED;
    out->score = run->options->is_normalised ? sum : ldexp(sum, top);
    out->efficiency = sum > 0 ? DEA_EFFICIENT_NO : DEA_EFFICIENT_STRONG;
    return dea_table_peers(table, 1, out->peers, dea_model_peers_max(run->problem), &out->peers_length);
}
