/* What the models share: a run's table, kinds of rows, values, what is written of a row. Read model.c for who runs them. */
#include "analytics/dea/model_run.h"

#include <math.h>
#include <string.h>

#include "analytics/dea/frame_find.h"

size_t dea_model_peers_max(const struct dea_problem *problem)
{
    return problem->input_count + problem->output_count + 2; /* as many as a basis has rows */
}

/*
 * Who is on the frontier of free disposal is all that matters where more of an input and less of an output is always possible.
 * Undesirable outputs are not like that: beside others, less of them is better, or costs something.
 */
static bool has_frame(const struct dea_model_run *run)
{
    const struct dea_model_options *options = run->options;
    return !options->is_frameless && options->solver != DEA_SOLVER_GLPK && options->is_undesirable == NULL &&
           run->work.columns > DEA_FRAME_COLUMNS_MIN;
}

enum status dea_model_run_init(struct dea_model_run *run, const struct dea_problem *problem,
                               const struct dea_model_options *options, struct dea_crew *crew)
{
    memset(run, 0, sizeof *run);
    run->problem = problem;
    run->options = options;
    run->except = DEA_TABLE_NONE;
    enum status status = dea_work_init(&run->work, problem, DEA_INPUT);
    if (status != STATUS_OK) {
        return status;
    }
    status = dea_work_sort(&run->work);
    if (status == STATUS_OK && has_frame(run)) {
        crew->due += run->work.columns;
        status = dea_frame_find(&run->work.frame, &run->work, crew);
    }
    if (status != STATUS_OK) {
        dea_work_fini(&run->work);
    }
    return status;
}

void dea_model_run_fini(struct dea_model_run *run)
{
    dea_work_fini(&run->work);
}

enum status dea_model_run_share(struct dea_model_run *share, const struct dea_model_run *run, struct dea_crew *crew)
{
    const struct dea_model_options *options = run->options;
    *share = *run;
    /* Beside the units: moves, a slack for each row, two columns for each limit; abatement doubles the units. */
    const size_t units = run->work.columns * (options->is_undesirable != NULL ? 2 : 1);
    const enum status status = dea_table_init(&share->table, &run->work, units + run->work.rows + 4 + 2 * DEA_LIMITS_MAX);
    if (status != STATUS_OK) {
        return status;
    }
    share->table.is_glpk = options->solver == DEA_SOLVER_GLPK;
    lp_solver_watch(share->table.solver, options->is_cancelled != NULL ? dea_crew_is_stopped : NULL, crew);
    return STATUS_OK;
}

void dea_model_run_share_fini(struct dea_model_run *share)
{
    dea_table_fini(&share->table);
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
