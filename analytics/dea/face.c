/*
 * Narrowing faces and the two programs solved on them. Read slacks.c for the methods made of these.
 */
#include "analytics/dea/face.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reduced costs and multipliers up to this are zero. The duals are proved to 1e-9 and usually good to 1e-13. */
#define ZERO 1e-9

enum status dea_face_init(struct dea_face *face, const struct dea_work *work)
{
    /* One element at least: a calloc of nothing may return NULL. */
    const size_t capacity = work->columns > 0 ? work->columns : 1;
    memset(face, 0, sizeof *face);
    face->rows = work->rows;
    face->inputs = work->inputs;
    face->member = calloc(capacity, sizeof *face->member);
    face->columns = calloc(capacity * work->rows, sizeof *face->columns);
    face->cost = calloc(capacity, sizeof *face->cost);
    face->spare = calloc(capacity, sizeof *face->spare);
    face->solution.lambda = calloc(capacity, sizeof *face->solution.lambda);
    face->solution.reduced = calloc(capacity, sizeof *face->solution.reduced);
    if (face->member == NULL || face->columns == NULL || face->cost == NULL || face->spare == NULL ||
        face->solution.lambda == NULL || face->solution.reduced == NULL) {
        dea_face_fini(face);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

void dea_face_fini(struct dea_face *face)
{
    free(face->solution.reduced);
    free(face->solution.lambda);
    free(face->spare);
    free(face->cost);
    free(face->columns);
    free(face->member);
    memset(face, 0, sizeof *face);
}

/*
 * Whether a column belongs to the optimal face: it is used, or its reduced cost is zero beside the terms it is the
 * difference of (which are large where the judged unit is small).
 */
static bool column_is_optimal(const double *column, size_t rows, const struct dea_solution *solution, size_t j)
{
    const double reduced = solution->reduced[j];
    if (solution->lambda[j] > 0 || reduced <= ZERO) {
        return true;
    }
    for (size_t i = 0; i < rows; i++) {
        if (reduced <= ZERO * fabs(solution->dual[i] * column[i])) {
            return true;
        }
    }
    return false;
}

/* Closes the rows whose multiplier says that no optimal point has slack there. A row that is not tight at this very
 * point stays open, whatever rounding made of its multiplier. */
static void rows_close(struct dea_face *face, const struct dea_solution *solution, const double *slack)
{
    const double size = fmax(1, fabs(solution->objective));
    for (size_t i = 0; i + 1 < face->rows; i++) {
        if (fabs(solution->dual[i]) > ZERO * size && slack[i] <= ZERO) {
            face->relation[i] = LP_ROW_EQUAL;
        }
    }
    const size_t last = face->rows - 1; /* sum(lambda), where it is limited on one side */
    if (face->relation[last] != LP_ROW_FREE && fabs(solution->dual[last]) > ZERO * size) {
        face->relation[last] = LP_ROW_EQUAL;
    }
}

static void slacks_at_point(const struct dea_face *face, double *slack)
{
    for (size_t i = 0; i + 1 < face->rows; i++) {
        slack[i] = dea_face_slack(face, i);
    }
}

/* Sets the radial targets and the scale in which they are held. */
static void targets_take(struct dea_face *face, const struct dea_work *work, size_t unit,
                         const struct dea_radial *radial, bool is_own_scale)
{
    const double *own = dea_work_column(work, unit);
    for (size_t i = 0; i + 1 < face->rows; i++) {
        const bool is_moved = (i < face->inputs) == (work->orientation == DEA_INPUT);
        int exponent = 0;
        face->bound[i] = own[i] * (is_moved ? radial->factor : 1);
        frexp(face->bound[i], &exponent);
        face->shift[i] = is_own_scale ? -exponent : 0;
        face->bound[i] = ldexp(face->bound[i], face->shift[i]);
    }
    face->shift[face->rows - 1] = 0;
}

/* Whether the radial program leaves the column in: it is used, or its reduced cost, which is a share here, is zero. */
static bool is_left(const struct dea_solution *solution, size_t j)
{
    return solution->lambda[j] > 0 || solution->reduced[j] <= ZERO;
}

static enum status columns_take(struct dea_face *face, const struct dea_program *program, const struct dea_solution *solution)
{
    face->count = 0;
    for (size_t j = 0; j < program->columns; j++) {
        if (is_left(solution, j)) {
            for (size_t i = 0; i < face->rows; i++) {
                face->columns[face->count * face->rows + i] =
                    ldexp(program->matrix[j * program->rows + i], face->shift[i]);
            }
            face->solution.lambda[face->count] = solution->lambda[j];
            face->member[face->count] = program->member != NULL ? program->member[j] : j;
            face->count++;
        }
    }
    return face->count >= 1 ? STATUS_OK : STATUS_EXHAUSTED;
}

enum status dea_face_take(struct dea_face *face, const struct dea_work *work, size_t unit,
                          const struct dea_radial *radial, bool is_own_scale, const struct dea_program *program, const struct dea_solution *solution)
{
    targets_take(face, work, unit, radial, is_own_scale);
    if (columns_take(face, program, solution) != STATUS_OK) {
        return STATUS_EXHAUSTED;
    }
    memcpy(face->relation, program->relation, sizeof face->relation);
    face->bound[face->rows - 1] = program->bound[face->rows - 1];
    for (size_t i = 0; i + 1 < face->rows; i++) {
        /* The multiplier as a share of the score, see bounds.h. */
        const double share = fabs(solution->dual[i]) * ldexp(face->bound[i], -face->shift[i]);
        if (share > ZERO && dea_face_slack(face, i) <= ZERO) {
            face->relation[i] = LP_ROW_EQUAL;
        }
    }
    return STATUS_OK;
}

bool dea_face_is_open(const struct dea_face *face, size_t row)
{
    if (row + 1 >= face->rows || face->relation[row] == LP_ROW_EQUAL || face->is_fixed[row]) {
        return false;
    }
    /* Nothing can be taken from an input of zero. */
    return row >= face->inputs || face->bound[row] > 0;
}

double dea_face_slack(const struct dea_face *face, size_t row)
{
    double activity = 0;
    for (size_t j = 0; j < face->count; j++) {
        activity += face->columns[j * face->rows + row] * face->solution.lambda[j];
    }
    return fmax(0, row < face->inputs ? face->bound[row] - activity : activity - face->bound[row]);
}

static void program_start(struct dea_face *face)
{
    struct dea_program *program = &face->program;
    memset(program, 0, sizeof *program);
    program->rows = face->rows;
    program->inputs = face->inputs;
    program->guess = 1;
    program->columns = face->count;
    program->matrix = face->columns;
    memcpy(program->relation, face->relation, sizeof program->relation);
    memcpy(program->bound, face->bound, sizeof program->bound);
}

enum status dea_face_slacks_maximise(struct dea_face *face, struct dea_solver *solver, const double *weight)
{
    program_start(face);
    face->program.cost = face->cost;
    for (size_t j = 0; j < face->count; j++) {
        const double *column = face->columns + j * face->rows;
        double cost = 0;
        /* The slack of an input falls, that of an output rises with what the column adds. */
        for (size_t i = 0; i + 1 < face->rows; i++) {
            cost += (i < face->inputs ? 1 : -1) * weight[i] * column[i];
        }
        face->cost[j] = cost;
    }
    return dea_solver_solve(solver, &face->program, &face->solution);
}

enum status dea_face_scale(struct dea_face *face, struct dea_solver *solver, const bool *is_chosen)
{
    program_start(face);
    face->program.has_extra = true;
    for (size_t i = 0; i + 1 < face->rows; i++) {
        if (is_chosen[i]) {
            assert(face->bound[i] > 0);
            face->program.extra[i] = -face->bound[i];
            face->program.bound[i] = 0;
            face->program.extra_cost = i < face->inputs ? 1 : -1;
        }
    }
    const enum status status = dea_solver_solve(solver, &face->program, &face->solution);
    if (status != STATUS_OK) {
        return status;
    }
    const bool is_input = face->program.extra_cost > 0;
    const double factor = is_input ? fmin(1, face->solution.extra) : fmax(1, face->solution.extra);
    for (size_t i = 0; i + 1 < face->rows; i++) {
        if (is_chosen[i]) {
            face->bound[i] *= factor;
        }
    }
    return dea_face_narrow(face);
}

void dea_face_point_swap(struct dea_face *face)
{
    double *point = face->solution.lambda;
    face->solution.lambda = face->spare;
    face->spare = point;
}

enum status dea_face_narrow(struct dea_face *face)
{
    double slack[DEA_ROWS_MAX];
    slacks_at_point(face, slack);
    rows_close(face, &face->solution, slack);
    size_t kept = 0;
    for (size_t j = 0; j < face->count; j++) {
        const double *column = face->columns + j * face->rows;
        if (column_is_optimal(column, face->rows, &face->solution, j)) {
            memmove(face->columns + kept * face->rows, column, face->rows * sizeof *column);
            face->member[kept] = face->member[j];
            face->solution.lambda[kept] = face->solution.lambda[j];
            kept++;
        }
    }
    if (kept == 0) {
        return STATUS_EXHAUSTED;
    }
    face->count = kept;
    return STATUS_OK;
}
