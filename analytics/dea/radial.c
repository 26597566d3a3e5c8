/*
 * Builds the program of Charnes, Cooper and Rhodes (CRS) or Banker, Charnes and Cooper (VRS) for one unit, in its
 * envelopment form: m + s + 1 rows and a column per unit. The multiplier form would have a row per unit; the
 * multipliers come from this one's row duals. Read face.c for what follows.
 */
#include "analytics/dea/radial.h"

#include <math.h>
#include <string.h>

/* A factor that is 1 but for the rounding of some hundred operations is written as 1. */
#define ROUNDING 1e-12

/* own: the judged unit's scaled column; first: a column that can fill the rows by itself, or 0. */
static void program_build(const struct dea_work *work, const double *own, size_t first, enum dea_frontier frontier,
                          enum dea_orientation orientation, struct dea_program *program)
{
    /* Under CRS the two orientations are one program; asking for theta leaves the easier bounds. */
    const bool is_output = orientation == DEA_OUTPUT && frontier == DEA_VRS;
    memset(program, 0, sizeof *program);
    program->rows = work->rows;
    program->inputs = work->inputs;
    program->guess = 1;
    program->columns = work->columns;
    program->matrix = work->matrix;
    program->panel = &work->panel;
    program->is_radial = true;
    program->first = first;
    program->has_extra = true;
    program->extra_cost = is_output ? -1 : 1;
    for (size_t i = 0; i < work->inputs; i++) {
        program->relation[i] = LP_ROW_AT_MOST;
        program->bound[i] = is_output ? own[i] : 0;
        program->extra[i] = is_output ? 0 : -own[i];
    }
    for (size_t i = work->inputs; i < work->inputs + work->outputs; i++) {
        program->relation[i] = LP_ROW_AT_LEAST;
        program->bound[i] = is_output ? 0 : own[i];
        program->extra[i] = is_output ? -own[i] : 0;
    }
    program->relation[work->rows - 1] = frontier == DEA_VRS ? LP_ROW_EQUAL : LP_ROW_FREE;
    program->bound[work->rows - 1] = frontier == DEA_VRS ? 1 : 0;
}

void dea_radial_build(const struct dea_work *work, size_t column, struct dea_program *program)
{
    program_build(work, work->matrix + column * work->rows, column, DEA_VRS, DEA_OUTPUT, program);
}

/*
 * theta = 1 / phi under CRS, and all that belongs to them: the point grows by phi, the shares that the multipliers
 * stand for stay.
 */
static void solution_turn(const struct dea_program *program, struct dea_solution *solution)
{
    const double theta = solution->extra;
    for (size_t j = 0; j < program->columns; j++) {
        solution->lambda[j] /= theta;
    }
    for (size_t i = 0; i < program->rows; i++) {
        solution->dual[i] *= theta;
    }
    solution->extra = 1 / theta;
}

/* Of an output that the unit does not have, any amount is enough. */
static void rows_free(const struct dea_work *work, struct dea_program *program)
{
    for (size_t i = work->inputs; i + 1 < work->rows; i++) {
        if (!(fmax(program->bound[i], -program->extra[i]) > 0)) {
            program->relation[i] = LP_ROW_FREE;
        }
    }
}

/* Solves the program beside the frame, which *program then is about. STATUS_EXHAUSTED also when that proves nothing. */
static enum status frame_solve(struct dea_work *work, struct dea_program *program, struct dea_solution *solution)
{
    struct dea_program solved = *program;
    dea_frame_present(&work->frame, work->matrix, &work->panel, &solved);
    const struct dea_program framed = solved;
    rows_free(work, &solved);
    const enum status status = dea_solver_solve(work->solver, &solved, solution);
    if (status == STATUS_OK) {
        *program = framed;
    }
    return status;
}

/* Solves what is left of the program without the columns and rows that cannot matter. */
static enum status program_solve(struct dea_work *work, struct dea_program *program, struct dea_solution *solution)
{
    struct dea_program solved = *program;
    const bool is_pinned = dea_pins_apply(&work->pins, work->minimum, work->maximum, &solved);
    if (solved.columns == 0) {
        return STATUS_ABSENT;
    }
    if (!is_pinned && work->frame.count > 0) {
        const enum status framed = frame_solve(work, program, solution);
        if (framed == STATUS_OK || framed == STATUS_BUSY) {
            return framed;
        }
    }
    rows_free(work, &solved);
    const enum status status = dea_solver_solve(work->solver, &solved, solution);
    if (status == STATUS_OK && is_pinned) {
        dea_pins_spread(&work->pins, work->columns, solution);
        for (size_t i = 0; i < work->rows; i++) {
            program->relation[i] = work->pins.is_pinned[i] ? LP_ROW_EQUAL : program->relation[i];
        }
    }
    return status;
}

/* What the solution says of a factor that is known to lie within a normal double. */
static enum status radial_write(const struct dea_work *work, const struct dea_program *program,
                                const struct dea_solution *solution, double factor, struct dea_radial *radial)
{
    double sum = 0;
    for (size_t j = 0; j < program->columns; j++) {
        sum += solution->lambda[j];
    }
    radial->factor = fabs(factor - 1) <= ROUNDING ? 1 : factor;
    radial->score = work->orientation == DEA_OUTPUT ? 1 / radial->factor : radial->factor;
    radial->lambda_sum = sum;
    /* What is too small or too large for a double is no score. */
    return isnormal(radial->factor) && isnormal(radial->score) ? STATUS_OK : STATUS_EXHAUSTED;
}

enum status dea_radial_solve(struct dea_work *work, size_t unit, enum dea_frontier frontier,
                             struct dea_program *program, struct dea_solution *solution, struct dea_radial *radial)
{
    const bool is_output = work->orientation == DEA_OUTPUT;
    /* Equals start alike, so that they end alike. */
    const size_t first = work->first_of[work->column_of[unit]];
    program_build(work, dea_work_column(work, unit), first, frontier, work->orientation, program);
    const enum status status = program_solve(work, program, solution);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_EXHAUSTED : status;
    }
    if (is_output && frontier == DEA_CRS) {
        solution_turn(program, solution);
    }
    /* The unit itself is feasible with factor 1, so the far side of 1 is rounding. */
    const double factor = is_output ? fmax(1, solution->extra) : fmin(1, solution->extra);
    return radial_write(work, program, solution, factor, radial);
}

/* Whether somebody who does without what the unit lacks makes each of its outputs: under CRS that is all it takes. */
static bool is_reachable(const struct dea_work *work, const double *own)
{
    bool is_made[DEA_ROWS_MAX] = {false};
    for (size_t j = 0; j < work->columns; j++) {
        const double *column = work->matrix + j * work->rows;
        bool does_without = true;
        for (size_t i = 0; i < work->inputs; i++) {
            does_without = does_without && (own[i] > 0 || !(column[i] > 0));
        }
        for (size_t i = work->inputs; i + 1 < work->rows && does_without; i++) {
            is_made[i] = is_made[i] || column[i] > 0;
        }
    }
    bool is_all_made = true;
    for (size_t i = work->inputs; i + 1 < work->rows; i++) {
        is_all_made = is_all_made && (is_made[i] || !(own[i] > 0));
    }
    return is_all_made;
}

enum status dea_radial_solve_outside(struct dea_work *work, const double *own, size_t first,
                                     enum dea_frontier frontier, struct dea_program *program,
                                     struct dea_solution *solution, struct dea_radial *radial)
{
    if (!is_reachable(work, own)) {
        return STATUS_ABSENT;
    }
    program_build(work, own, first, frontier, work->orientation, program);
    const enum status status = program_solve(work, program, solution);
    if (status != STATUS_OK) {
        return status;
    }
    if (work->orientation == DEA_OUTPUT && frontier == DEA_CRS) {
        solution_turn(program, solution);
    }
    return radial_write(work, program, solution, solution->extra, radial);
}
