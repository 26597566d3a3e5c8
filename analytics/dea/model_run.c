/* What the models share: a run's table, kinds of rows, values, what is written of a row. Read model.c for who runs them. */
#include "analytics/dea/model_run.h"

#include <math.h>
#include <string.h>

size_t dea_model_peers_max(const struct dea_problem *problem)
{
    return problem->input_count + problem->output_count + 2; /* as many as a basis has rows */
}

/* The rows' means anew, summed in the order of the table, so that not even their last digit depends on that of the units. */
static void means_order(struct dea_model_run *run)
{
    struct dea_work *work = &run->work;
    for (size_t i = 0; i < work->rows; i++) {
        work->mean[i] = 0;
        for (size_t k = 0; k < work->columns; k++) {
            work->mean[i] += work->matrix[run->table.order[k] * work->rows + i] / (double) work->columns;
        }
    }
}

enum status dea_model_run_init(struct dea_model_run *run, const struct dea_problem *problem,
                               const struct dea_model_options *options)
{
    memset(run, 0, sizeof *run);
    run->problem = problem;
    run->options = options;
    run->except = DEA_TABLE_NONE;
    enum status status = dea_work_init(&run->work, problem, DEA_INPUT);
    if (status != STATUS_OK) {
        return status;
    }
    /* Beside the units: moves, a slack for each row, two columns for each limit; abatement doubles the units. */
    const size_t units = run->work.columns * (options->is_undesirable != NULL ? 2 : 1);
    status = dea_table_init(&run->table, &run->work, units + run->work.rows + 4 + 2 * DEA_LIMITS_MAX);
    if (status != STATUS_OK) {
        dea_work_fini(&run->work);
        return status;
    }
    run->table.is_glpk = options->solver == DEA_SOLVER_GLPK;
    means_order(run);
    lp_solver_watch(run->table.solver, options->is_cancelled, options->cancel_context);
    return STATUS_OK;
}

void dea_model_run_fini(struct dea_model_run *run)
{
    dea_table_fini(&run->table);
    dea_work_fini(&run->work);
}

bool dea_model_is_fixed(const struct dea_model_run *run, size_t row)
{
    return run->options->is_fixed != NULL && row < run->work.inputs && run->options->is_fixed[row];
}

bool dea_model_is_undesirable(const struct dea_model_run *run, size_t row)
{
    return run->options->is_undesirable != NULL && row >= run->work.inputs && row + 1 < run->work.rows &&
           run->options->is_undesirable[row - run->work.inputs];
}

double dea_model_value(const struct dea_model_run *run, size_t unit, size_t row)
{
    const struct dea_problem *problem = run->problem;
    return row < problem->input_count ? problem->inputs[unit * problem->input_count + row]
                                      : problem->outputs[unit * problem->output_count + row - problem->input_count];
}

void dea_model_row_write(const struct dea_model_run *run, size_t unit, struct dea_model_unit *out, size_t row,
                         double moved, double slack)
{
    const bool is_less = row < run->work.inputs || dea_model_is_undesirable(run, row);
    out->slacks[row] = ldexp(slack, run->work.exponent[row]);
    out->targets[row] = dea_model_value(run, unit, row) + moved + (is_less ? -1 : 1) * out->slacks[row];
    out->targets[row] = fmax(0, out->targets[row]);
}
