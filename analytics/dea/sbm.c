/*
 * Models that are all slacks: Tone's measure and the additive one. Read model.h for the programs.
 *
 * The measure is a fraction, made linear by Charnes and Cooper: with t = 1 / (1 + mean of s+/y_o) and Lambda = t lambda,
 * S = t s, rho = t - mean of S-/x_o where t + mean of S+/y_o = 1. The slacks are the rows' own, so that they need no
 * columns: S- = t x_o - X Lambda, and the like.
 */
#include "analytics/dea/sbm.h"

#include <math.h>

/* Below this share of what the unit has a slack is rounding. */
#define SLACK_MIN 1e-9

/* A score that is 1 but for the rounding of some hundred operations is written as 1. */
#define ROUNDING 1e-12

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

/* What a row's slack in units of the row's own value adds to the mean: 0 where it does not count. */
static double share_of(const struct dea_model_run *run, size_t unit, size_t row)
{
    const bool is_input = row < run->work.inputs;
    const size_t from = is_input ? 0 : run->work.inputs;
    const size_t to = is_input ? run->work.inputs : run->work.rows - 1;
    if (!row_counts(run, unit, row)) {
        return 0;
    }
    return 1 / ((double) terms_count(run, unit, from, to) * dea_work_column(&run->work, unit)[row]);
}

/* Adds a row's slack, t own - X Lambda or its negative, times its share, to what a unit costs or has in the last row. */
static void slack_add(struct dea_model_run *run, size_t unit, size_t row)
{
    const bool is_input = row < run->work.inputs;
    const bool is_less = is_input || dea_model_is_undesirable(run, row);
    const double share = (is_less ? 1 : -1) * share_of(run, unit, row);
    *(is_input ? &run->table.unit_cost[row] : &run->table.unit_extra[row]) = is_input ? share : -share;
}

/*
 * What t adds to the cost, 1 less its part of the inputs' slacks, and to the last row. Each term is 1 over their number, so
 * the sums are written as fractions of counts: added up, what should be 0 would be a rounding error, and the row nothing.
 */
static void t_write(struct dea_model_run *run, size_t unit)
{
    const struct dea_work *work = &run->work;
    const size_t outputs = terms_count(run, unit, work->inputs, work->rows - 1);
    size_t bad = 0;
    for (size_t i = work->inputs; i + 1 < work->rows; i++) {
        bad += row_counts(run, unit, i) && dea_model_is_undesirable(run, i);
    }
    run->table.cost[0] = terms_count(run, unit, 0, work->inputs) > 0 ? 0 : 1;
    run->table.matrix[work->rows] = outputs > 0 ? 2 * (double) bad / (double) outputs : 1;
}

/* Column of t, then of the units; one row more. */
static void measure_write(struct dea_model_run *run, size_t unit)
{
    const struct dea_work *work = &run->work;
    struct dea_table *table = &run->table;
    const size_t last = work->rows;
    dea_table_begin(table, work->rows + 1, run->options->frontier);
    double *t = dea_table_column_add(table, 1);
    t[work->rows - 1] = table->relation[work->rows - 1] != LP_ROW_FREE ? -1 : 0;
    table->bound[work->rows - 1] = 0;
    t_write(run, unit);
    table->relation[last] = LP_ROW_EQUAL;
    table->bound[last] = 1;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_less = i < work->inputs || dea_model_is_undesirable(run, i);
        table->relation[i] = is_less ? LP_ROW_AT_MOST : LP_ROW_AT_LEAST;
        slack_add(run, unit, i);
        t[i] = -dea_work_column(work, unit)[i];
    }
    dea_table_units_add(table, run->except);
}

/* What does not count has no weight that could tell its slack from rounding. */
static void measured_slacks_write(const struct dea_model_run *run, size_t unit, double t, struct dea_model_unit *out)
{
    const struct dea_work *work = &run->work;
    double weight[DEA_ROWS_MAX] = {0};
    for (size_t i = 0; i + 1 < work->rows; i++) {
        weight[i] = share_of(run, unit, i);
    }
    const double rounding = dea_table_rounding(&run->table, weight);
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_less = i < work->inputs || dea_model_is_undesirable(run, i);
        const double slack = (is_less ? -1 : 1) * dea_table_activity(&run->table, i) / t;
        const bool is_seen = slack > SLACK_MIN * dea_work_column(work, unit)[i] && (weight[i] <= 0 || slack * t * weight[i] > rounding);
        dea_model_row_write(run, unit, out, i, 0, is_seen && !dea_model_is_fixed(run, i) ? slack : 0);
    }
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
    out->score = table->solution.objective >= 1 - ROUNDING ? 1 : table->solution.objective;
    out->efficiency = out->score >= 1 - DEA_TOLERANCE ? DEA_EFFICIENT_STRONG : DEA_EFFICIENT_NO;
    measured_slacks_write(run, unit, t, out);
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
    double weight[DEA_ROWS_MAX] = {0};
    dea_table_begin(table, work->rows, run->options->frontier);
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_input = i < work->inputs;
        weight[i] = weight_of(run, i, top);
        table->relation[i] = is_input ? LP_ROW_AT_MOST : LP_ROW_AT_LEAST;
        table->bound[i] = own[i];
        table->unit_cost[i] = (is_input ? 1 : -1) * weight[i];
    }
    dea_table_units_add(table, run->except);
    const enum status status = dea_table_solve(table);
    if (status != STATUS_OK || table->solution.outcome != LP_OPTIMAL) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    const double rounding = dea_table_rounding(table, weight);
    double sum = 0;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const double activity = dea_table_activity(table, i);
        double slack = i < work->inputs ? own[i] - activity : activity - own[i];
        const bool is_kept = slack > SLACK_MIN * fmax(own[i], activity) && slack * weight[i] > rounding;
        slack = is_kept ? slack : 0;
        sum += slack * weight[i];
        dea_model_row_write(run, unit, out, i, 0, slack);
    }
    out->state = DEA_MODEL_SCORED;
    out->score = run->options->is_normalised ? sum : ldexp(sum, top);
    out->efficiency = sum > 0 ? DEA_EFFICIENT_NO : DEA_EFFICIENT_STRONG;
    return dea_table_peers(table, 1, out->peers, dea_model_peers_max(run->problem), &out->peers_length);
}
