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

/* What all judges say. By the work's column. */
struct court {
    const struct dea_model_run *run;
    struct dea_model_result *result;
    double *own;      /* the judge's own CRS score; NAN while there is none */
    double *weights;  /* rows of each, in the work's scale */
    bool *is_judging; /* it has weights, or nobody else to please */
};

/* Sums of each row over the units but one. */
static void sums_find(const struct dea_model_run *run, size_t except, double *sums)
{
    const struct dea_work *work = &run->work;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        sums[i] = 0;
    }
    for (size_t k = 0; k < work->columns; k++) {
        for (size_t i = 0; i + 1 < work->rows && k != except; i++) {
            sums[i] += work->matrix[k * work->rows + i];
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
        table->unit_scale[i] = is_input ? -sign : sign;
    }
    table->unit_scale[work->rows - 1] = 0;
    dea_table_units_add(table, DEA_TABLE_NONE);
}

static enum status weights_find(struct dea_model_run *run, size_t unit, double theta, double *weights)
{
    program_write(run, unit, theta * (1 - THETA_RELAXED));
    const enum status status = dea_table_solve(&run->table);
    if (status != STATUS_OK || run->table.solution.outcome != LP_OPTIMAL) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        weights[i] = fabs(run->table.solution.dual[i]);
    }
    return STATUS_OK;
}

/* One judge's own score and weights. */
static enum status judge(void *memory, size_t k)
{
    struct dea_model_hand *hand = memory;
    struct dea_model_run *run = &hand->run;
    struct court *court = hand->context;
    const size_t unit = run->work.unit_of[k];
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    double theta = NAN;
    court->own[k] = NAN;
    if (run->work.states[unit] != DEA_UNIT_SCORED) {
        return STATUS_OK;
    }
    enum status status = dea_move_score(run, unit, &state, &theta);
    if (status == STATUS_OK && state == DEA_MODEL_SCORED) {
        theta = fmin(1, theta);
        status = run->work.columns > 1 ? weights_find(run, unit, theta, court->weights + k * run->work.rows) : STATUS_OK;
        court->is_judging[k] = status == STATUS_OK;
        court->own[k] = court->is_judging[k] ? theta : NAN; /* who gives no ratings gets no score */
    }
    court->result->units[unit].certificate = dea_model_certificate(hand);
    return status == STATUS_BUSY ? status : STATUS_OK;
}

/* What a judge gives a unit; a judge that looks at nothing the unit has gives no number. */
static double rating_of(const struct court *court, size_t judge, size_t unit)
{
    const struct dea_work *work = &court->run->work;
    const double *weights = court->weights + judge * work->rows;
    const double *column = work->matrix + unit * work->rows;
    double taken = 0;
    double made = 0;
    if (work->columns == 1) {
        return court->own[unit];
    }
    for (size_t i = 0; i + 1 < work->rows; i++) {
        *(i < work->inputs ? &taken : &made) += weights[i] * column[i];
    }
    if (!(taken > 0)) {
        return NAN;
    }
    return work->first_of[unit] == work->first_of[judge] ? court->own[unit] : fmin(1, made / taken);
}

/* The ratings of a unit, summed in the order of the judges' figures, so that sums do not depend on that of the units. */
static enum status unit_sum(void *memory, size_t k)
{
    const struct court *court = *(struct court **) memory;
    const struct dea_work *work = &court->run->work;
    struct dea_model_unit *unit = &court->result->units[work->unit_of[k]];
    double sum = 0;
    size_t judges = 0;
    if (work->states[work->unit_of[k]] != DEA_UNIT_SCORED) {
        unit->state = DEA_MODEL_NO_OUTPUTS;
        return STATUS_OK;
    }
    for (size_t j = 0; j < work->columns; j++) {
        const double rating = court->is_judging[j] ? rating_of(court, j, k) : NAN;
        if (isfinite(rating)) {
            sum += rating;
            judges++;
        }
    }
    if (judges == 0 || isnan(court->own[k])) {
        return STATUS_OK; /* stays uncertified */
    }
    unit->state = DEA_MODEL_SCORED;
    unit->score = sum / (double) judges;
    unit->parts[0] = court->own[k];
    const double others = (sum - court->own[k]) / (double) (judges - 1);
    unit->parts[1] = judges > 1 ? (court->own[k] - others) / others : 0;
    return STATUS_OK;
}

static enum status sum_begin(void *memory, void *context)
{
    *(struct court **) memory = context;
    return STATUS_OK;
}

/* All judge, then all are told. */
static enum status court_hold(struct court *court, struct dea_model_team *team)
{
    const struct dea_crew_work sums = {.count = court->run->work.columns,
                                       .at_once = DEA_MODEL_UNITS_AT_ONCE,
                                       .hand_size = sizeof court,
                                       .begin = sum_begin,
                                       .item = unit_sum,
                                       .context = court};
    const enum status status = dea_model_team_run(team, sums.count, judge, court);
    return status == STATUS_OK ? dea_crew_run(&team->crew, &sums) : status;
}

enum status dea_cross_solve(struct dea_model_team *team, struct dea_model_result *result)
{
    const struct dea_model_run *run = &team->run;
    const size_t n = run->work.columns + 1;
    struct court court = {
        .run = run,
        .result = result,
        .own = calloc(n, sizeof *court.own),
        .weights = calloc(n * run->work.rows, sizeof *court.weights),
        .is_judging = calloc(n, sizeof *court.is_judging),
    };
    enum status status = STATUS_EXHAUSTED;
    if (court.own != NULL && court.weights != NULL && court.is_judging != NULL) {
        status = court_hold(&court, team);
    }
    for (size_t u = 0; u < result->unit_count && status == STATUS_OK; u++) {
        if (run->work.states[u] == DEA_UNIT_NO_INPUTS) {
            result->units[u].state = DEA_MODEL_NO_INPUTS;
        }
    }
    free(court.is_judging);
    free(court.weights);
    free(court.own);
    return status;
}
