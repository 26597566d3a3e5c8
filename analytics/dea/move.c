/*
 * Models that move a unit by one factor: radial scores with fixed inputs and limits on weights, super-efficiency, and the
 * directional distance. The move is one column; afterwards the largest normalised sum of slacks is looked for on the
 * optimal face. Read model.h for the programs.
 */
#include "analytics/dea/move.h"

#include <math.h>
#include <string.h>

#include "analytics/dea/slacks.h"

/* A factor that is 1, or a distance that is 0, but for the rounding of some hundred operations is written as such. */
#define ROUNDING 1e-12

/* What the move does to the unit, once it is solved. */
struct move {
    enum dea_frontier frontier;
    bool is_directional;
    size_t column; /* of the table */
    double factor; /* theta, phi or beta */
    bool is_at_unit; /* it is none: slack is sought where the unit is, not on the face that the program has found */
};

static bool row_moves(const struct dea_model_run *run, size_t row)
{
    const enum dea_side side = run->options->side;
    if (row < run->work.inputs) {
        return side != DEA_SIDE_OUTPUT && !dea_model_is_fixed(run, row);
    }
    return side != DEA_SIDE_INPUT;
}

/* Whether the unit has anything of what is to move. */
static bool can_move(const struct dea_model_run *run, size_t unit)
{
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        if (row_moves(run, i) && dea_work_column(&run->work, unit)[i] > 0) {
            return true;
        }
    }
    return false;
}

/* X (lambda + mu): what a unit takes in stays when all its outputs are abated. */
static void abatement_add(struct dea_model_run *run, size_t except)
{
    struct dea_table *table = &run->table;
    if (run->options->is_undesirable == NULL || run->options->frontier == DEA_CRS) {
        return;
    }
    for (size_t k = 0; k < run->work.columns; k++) {
        if (k != except) {
            const double *unit = run->work.matrix + k * run->work.rows;
            double *column = dea_table_column_add(table, 0);
            memcpy(column, unit, run->work.inputs * sizeof *column);
            column[run->work.rows - 1] = 1;
        }
    }
}

/* Enforces weight a >= factor * weight b (dea_limit): in shares of the scaled rows. */
static void trade_add(struct dea_model_run *run, bool is_output, size_t a, size_t b, double factor)
{
    const size_t first = is_output ? run->work.inputs : 0;
    const double sign = is_output ? -1 : 1;
    double *column = dea_table_column_add(&run->table, 0);
    column[first + a] = ldexp(sign, -run->work.exponent[first + a]);
    column[first + b] = ldexp(-sign * factor, -run->work.exponent[first + b]);
}

static void limits_add(struct dea_model_run *run)
{
    for (size_t l = 0; l < run->options->limit_count; l++) {
        const struct dea_limit *limit = &run->options->limits[l];
        if (limit->minimum > 0) {
            trade_add(run, limit->is_output, limit->first, limit->second, limit->minimum);
        }
        if (isfinite(limit->maximum)) {
            /* max * second >= first, as second >= first / max */
            trade_add(run, limit->is_output, limit->second, limit->first, 1 / limit->maximum);
        }
    }
}

static void program_write(struct dea_model_run *run, size_t unit, struct move *move)
{
    const struct dea_work *work = &run->work;
    const bool is_super = run->options->model == DEA_MODEL_SUPER;
    const double *own = dea_work_column(work, unit);
    struct dea_table *table = &run->table;
    const size_t except = is_super ? work->first_of[work->column_of[unit]] : run->except;
    move->is_directional = run->options->model == DEA_MODEL_DIRECTIONAL;
    dea_table_begin(table, work->rows, move->frontier);
    const bool is_least = !move->is_directional && run->options->side == DEA_SIDE_INPUT;
    double *column = dea_table_column_add(table, is_least ? 1 : -1);
    move->column = 0;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_input = i < work->inputs;
        table->relation[i] = is_input ? LP_ROW_AT_MOST : LP_ROW_AT_LEAST;
        if (dea_model_is_undesirable(run, i)) {
            table->relation[i] = LP_ROW_EQUAL;
        }
        table->bound[i] = own[i];
        if (!row_moves(run, i)) {
            continue;
        }
        if (move->is_directional) {
            column[i] = is_input || dea_model_is_undesirable(run, i) ? own[i] : -own[i];
        } else {
            column[i] = -own[i];
            table->bound[i] = 0;
        }
    }
    dea_table_units_add(table, except);
    abatement_add(run, except);
    limits_add(run);
}

static enum dea_model_state state_of(const struct dea_model_run *run)
{
    switch (run->table.solution.outcome) {
    case LP_OPTIMAL:
        return DEA_MODEL_SCORED;
    case LP_INFEASIBLE:
        return DEA_MODEL_INFEASIBLE;
    case LP_UNBOUNDED:
        return DEA_MODEL_UNBOUNDED;
    }
    return DEA_MODEL_UNCERTIFIED;
}

static double score_of(const struct dea_model_run *run, const struct move *move)
{
    return move->is_directional || run->options->side == DEA_SIDE_INPUT ? move->factor : 1 / move->factor;
}

/* By how much the proof of an answer may be wrong: what is not above it cannot be told from 0. */
static double doubt_of(const struct dea_model_run *run)
{
    const struct dea_table *table = &run->table;
    return table->solution.check.primal_infeasibility + table->solution.check.dual_infeasibility +
           table->solution.check.duality_gap;
}

/* The first stage: the program, its answer, what that means. */
static enum status first_stage(struct dea_model_run *run, size_t unit, struct move *move, enum dea_model_state *state)
{
    if (!can_move(run, unit)) {
        *state = run->options->side == DEA_SIDE_OUTPUT ? DEA_MODEL_NO_OUTPUTS : DEA_MODEL_NO_INPUTS;
        return STATUS_OK;
    }
    program_write(run, unit, move);
    const enum status status = dea_table_solve(&run->table);
    if (status != STATUS_OK) {
        return status;
    }
    *state = state_of(run);
    if (*state != DEA_MODEL_SCORED) {
        return STATUS_OK;
    }
    move->factor = run->table.solution.x[move->column];
    const double still = move->is_directional ? 0 : 1;
    if (fabs(move->factor - still) <= ROUNDING) {
        move->factor = still;
    }
    if (move->is_directional) {
        return STATUS_OK;
    }
    if (!(move->factor > doubt_of(run))) {
        /* phi is 0: nothing can be had from what the unit takes in. theta is: by limits, or from what is fixed alone, everything. */
        *state = run->options->side == DEA_SIDE_OUTPUT ? DEA_MODEL_INFEASIBLE : DEA_MODEL_UNBOUNDED;
        return STATUS_OK;
    }
    return isnormal(move->factor) && isnormal(1 / move->factor) ? STATUS_OK : STATUS_EXHAUSTED;
}

static bool row_has_slack(const struct dea_model_run *run, size_t row)
{
    return run->work.mean[row] > 0 && !dea_model_is_fixed(run, row) && !dea_model_is_undesirable(run, row);
}

/* The second stage. The table becomes the face. weight: what each row's slack counts there. */
static enum status second_stage(struct dea_model_run *run, const struct move *move, double *weight)
{
    struct dea_table *table = &run->table;
    if (move->is_at_unit) {
        dea_table_fix(table, move->column, move->factor);
    } else {
        dea_table_face(table, move->column);
    }
    for (size_t i = 0; i < run->work.rows; i++) {
        const bool is_open = i + 1 < run->work.rows && row_has_slack(run, i) && table->relation[i] != LP_ROW_EQUAL;
        weight[i] = is_open ? 1 / run->work.mean[i] : 0;
        const double signed_weight = i < run->work.inputs ? weight[i] : -weight[i];
        for (size_t j = 0; j < table->columns && is_open; j++) {
            table->cost[j] += signed_weight * table->matrix[j * table->rows + i];
        }
    }
    if (table->columns == 0) {
        return STATUS_EXHAUSTED;
    }
    const enum status status = dea_table_solve(table);
    return status == STATUS_OK && table->solution.outcome != LP_OPTIMAL ? STATUS_EXHAUSTED : status;
}

double dea_move_by(const struct dea_model_run *run, double factor, size_t unit, size_t row)
{
    const double value = dea_model_value(run, unit, row);
    if (!row_moves(run, row)) {
        return 0;
    }
    if (run->options->model != DEA_MODEL_DIRECTIONAL) {
        return value * factor - value;
    }
    return row < run->work.inputs || dea_model_is_undesirable(run, row) ? -value * factor : value * factor;
}

static bool rows_write(const struct dea_model_run *run, const struct move *move, size_t unit, const double *weight,
                       struct dea_model_unit *out)
{
    const struct dea_table *table = &run->table;
    const double rounding = dea_table_rounding(table, weight);
    bool has_slack = false;
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        const double activity = dea_table_activity(table, i);
        double slack = i < run->work.inputs ? table->bound[i] - activity : activity - table->bound[i];
        const double size = fmax(table->bound[i], activity);
        slack = row_has_slack(run, i) && slack > DEA_TOLERANCE * size && slack * weight[i] > rounding ? slack : 0;
        has_slack = has_slack || slack > 0;
        dea_model_row_write(run, unit, out, i, dea_move_by(run, move->factor, unit, i), slack);
    }
    return has_slack;
}

static double gap_of(const struct move *move, double score)
{
    return move->is_directional ? score : 1 - score;
}

/* A super-efficient unit is strongly efficient: no other does as well. */
static enum dea_efficiency efficiency_of(const struct move *move, double score, bool has_slack)
{
    const double gap = gap_of(move, score);
    if (gap > DEA_TOLERANCE) {
        return DEA_EFFICIENT_NO;
    }
    return has_slack && gap >= -DEA_TOLERANCE ? DEA_EFFICIENT_WEAK : DEA_EFFICIENT_STRONG;
}

/* Of equals the first was left out, whichever is judged, so that all have one answer. A unit is not named as its own peer. */
static void twin_name(struct dea_model_run *run, size_t unit)
{
    const size_t own = run->work.column_of[unit];
    for (size_t j = 0; j < run->table.columns && run->options->model == DEA_MODEL_SUPER; j++) {
        if (run->table.member[j] == own) {
            run->table.member[j] = run->work.first_of[own];
        }
    }
}

/* A move within the tolerance counts as none; yet even the shortest may have taken all the slack beside the unit. */
static void move_settle(struct move *move, double score)
{
    const double gap = gap_of(move, score);
    if (gap >= 0 && gap <= DEA_TOLERANCE) {
        move->is_at_unit = true;
        move->factor = move->is_directional ? 0 : 1;
    }
}

/* What the first stage says, read off its table. */
static struct dea_move_found found_of(const struct dea_model_run *run, const struct move *move, enum dea_model_state state)
{
    if (state != DEA_MODEL_SCORED) {
        return (struct dea_move_found){state, NAN, NAN, NAN};
    }
    const double score = score_of(run, move);
    const double error = run->table.solution.check.objective_error;
    const bool is_inverse = !move->is_directional && run->options->side == DEA_SIDE_OUTPUT;
    /* The objective is known to a share of itself or of 1, whichever is larger; phi may be below 1 by limits on weights. */
    const double doubt = is_inverse ? error * fmax(1, score) * score : error * fmax(1, score);
    return (struct dea_move_found){state, score, dea_table_activity(&run->table, run->work.rows - 1), doubt};
}

enum status dea_move_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out, struct dea_move_found *found)
{
    struct move move = {.frontier = run->options->frontier};
    enum status status = first_stage(run, unit, &move, &out->state);
    if (status != STATUS_OK || out->state != DEA_MODEL_SCORED) {
        return status;
    }
    *found = found_of(run, &move, out->state);
    out->score = found->score;
    move_settle(&move, out->score);
    double weight[DEA_ROWS_MAX];
    status = second_stage(run, &move, weight);
    if (status != STATUS_OK) {
        return status;
    }
    out->efficiency = efficiency_of(&move, out->score, rows_write(run, &move, unit, weight, out));
    if (out->efficiency == DEA_EFFICIENT_STRONG && run->options->model != DEA_MODEL_SUPER) {
        out->peers[0] = (struct dea_peer){.unit = unit, .lambda = 1};
        out->peers_length = 1;
        return STATUS_OK;
    }
    twin_name(run, unit);
    return dea_table_peers(&run->table, 1, out->peers, dea_model_peers_max(run->problem), &out->peers_length);
}

enum status dea_move_face(struct dea_model_run *run, size_t unit, double *factor)
{
    struct move move = {.frontier = run->options->frontier};
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    const enum status status = first_stage(run, unit, &move, &state);
    if (status != STATUS_OK || state != DEA_MODEL_SCORED) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    move_settle(&move, score_of(run, &move));
    if (move.is_at_unit) {
        dea_table_fix(&run->table, move.column, move.factor);
        dea_table_rest_add(&run->table);
    } else {
        dea_table_face(&run->table, move.column);
    }
    *factor = move.factor;
    return STATUS_OK;
}

enum status dea_move_under(struct dea_model_run *run, size_t unit, enum dea_frontier frontier, struct dea_move_found *found)
{
    struct move move = {.frontier = frontier};
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    const enum status status = first_stage(run, unit, &move, &state);
    *found = found_of(run, &move, status == STATUS_OK ? state : DEA_MODEL_UNCERTIFIED);
    return status;
}

enum status dea_move_score(struct dea_model_run *run, size_t unit, enum dea_model_state *state, double *score)
{
    struct dea_move_found found;
    const enum status status = dea_move_under(run, unit, run->options->frontier, &found);
    *state = found.state;
    *score = found.score;
    return status;
}
