/* Cost efficiency: the cheapest inputs for a unit's outputs, beside what it pays. Read model.h for the program. */
#include "analytics/dea/cost.h"

#include <math.h>
#include <string.h>

#include "analytics/dea/move.h"

static double price_of(const struct dea_model_run *run, size_t unit, size_t input)
{
    const size_t row = run->options->has_own_prices ? unit : 0;
    return run->options->prices[row * run->work.inputs + input];
}

/* What the unit's inputs cost; with shares, what each scaled input has of that. */
static double cost_of(const struct dea_model_run *run, size_t unit, double *shares)
{
    double cost = 0;
    for (size_t i = 0; i < run->work.inputs; i++) {
        cost += price_of(run, unit, i) * dea_model_value(run, unit, i);
    }
    for (size_t i = 0; i < run->work.inputs; i++) {
        shares[i] = ldexp(price_of(run, unit, i) / cost, run->work.exponent[i]);
    }
    return cost;
}

static void program_write(struct dea_model_run *run, size_t unit, const double *shares)
{
    const struct dea_work *work = &run->work;
    struct dea_table *table = &run->table;
    dea_table_begin(table, work->rows, run->options->frontier);
    memcpy(table->unit_cost, shares, work->inputs * sizeof *shares);
    dea_table_units_add(table, run->except);
    for (size_t i = work->inputs; i + 1 < work->rows; i++) {
        table->relation[i] = LP_ROW_AT_LEAST;
        table->bound[i] = dea_work_column(work, unit)[i];
    }
}

/* The inputs that the cheapest way takes, written as targets; what they differ by is no slack. */
static void targets_write(const struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        const double value = dea_model_value(run, unit, i);
        const double activity = ldexp(dea_table_activity(&run->table, i), run->work.exponent[i]);
        out->slacks[i] = NAN;
        out->targets[i] = i < run->work.inputs ? activity : fmax(value, activity);
    }
}

enum status dea_cost_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    double shares[DEA_INPUTS_MAX];
    double technical = NAN;
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    enum status status = dea_move_score(run, unit, &state, &technical); /* options say input side, no limits */
    if (status != STATUS_OK || state != DEA_MODEL_SCORED) {
        out->state = state;
        return status;
    }
    const double cost = cost_of(run, unit, shares);
    if (!isnormal(cost)) {
        return STATUS_EXHAUSTED;
    }
    program_write(run, unit, shares);
    status = dea_table_solve(&run->table);
    if (status != STATUS_OK || run->table.solution.outcome != LP_OPTIMAL) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    out->state = DEA_MODEL_SCORED;
    out->score = fmin(1, run->table.solution.objective);
    out->efficiency = out->score >= 1 - DEA_TOLERANCE ? DEA_EFFICIENT_STRONG : DEA_EFFICIENT_NO;
    out->parts[0] = cost;
    out->parts[1] = cost * out->score;
    out->parts[2] = technical;
    out->parts[3] = fmin(1, out->score / technical);
    targets_write(run, unit, out);
    return dea_table_peers(&run->table, 1, out->peers, dea_model_peers_max(run->problem), &out->peers_length);
}
