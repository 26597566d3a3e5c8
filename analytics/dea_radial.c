/*
 * Builds the program of Charnes, Cooper and Rhodes (CRS) or Banker, Charnes and Cooper (VRS) for one unit, in its
 * envelopment form: m + s + 1 rows and a column per unit. The multiplier form would have a row per unit; the
 * multipliers come from this one's row duals. Read dea_face.c for what follows.
 */
#include "analytics/dea_radial.h"

#include <math.h>
#include <string.h>

/* A factor that is 1 but for the rounding of some hundred operations is written as 1. */
#define ROUNDING 1e-12

static void program_build(const struct dea_work *work, size_t unit, enum dea_frontier frontier,
                          struct dea_program *program)
{
    const double *own = dea_work_column(work, unit);
    const bool is_output = work->orientation == DEA_OUTPUT;
    memset(program, 0, sizeof *program);
    program->rows = work->rows;
    program->columns = work->columns;
    program->matrix = work->matrix;
    program->first = work->column_of[unit];
    program->has_extra = true;
    program->extra_cost = is_output ? -1 : 1;
    for (size_t i = 0; i < work->inputs; i++) {
        program->relation[i] = DEA_ROW_AT_MOST;
        program->bound[i] = is_output ? own[i] : 0;
        program->extra[i] = is_output ? 0 : -own[i];
    }
    for (size_t i = work->inputs; i < work->inputs + work->outputs; i++) {
        program->relation[i] = DEA_ROW_AT_LEAST;
        program->bound[i] = is_output ? 0 : own[i];
        program->extra[i] = is_output ? -own[i] : 0;
    }
    program->relation[work->rows - 1] = frontier == DEA_VRS ? DEA_ROW_EQUAL : DEA_ROW_FREE;
    program->bound[work->rows - 1] = frontier == DEA_VRS ? 1 : 0;
}

enum status dea_radial_solve(const struct dea_work *work, size_t unit, enum dea_frontier frontier,
                             struct dea_program *program, struct dea_solution *solution, struct dea_radial *radial)
{
    program_build(work, unit, frontier, program);
    const enum status status = dea_solver_solve(work->solver, program, solution);
    if (status != STATUS_OK) {
        return status;
    }
    const bool is_output = work->orientation == DEA_OUTPUT;
    double factor = solution->extra;
    /* The unit itself is feasible with factor 1, so the far side of 1 is rounding. */
    factor = is_output ? fmax(1, factor) : fmin(1, factor);
    const double score = is_output ? 1 / factor : factor;
    if (!(score > DEA_TOLERANCE)) {
        return STATUS_EXHAUSTED;
    }
    if (fabs(factor - 1) <= ROUNDING) {
        factor = 1;
    }
    double sum = 0;
    for (size_t j = 0; j < program->columns; j++) {
        sum += solution->lambda[j];
    }
    radial->factor = factor;
    radial->score = is_output ? 1 / factor : factor;
    radial->lambda_sum = sum;
    return STATUS_OK;
}
