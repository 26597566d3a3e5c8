/* The free disposal hull, by comparing each unit with each other one. */
#include "analytics/dea/fdh.h"

#include <math.h>
#include <string.h>

/* What one unit can do for another: nothing, or the factor that it reaches. */
static bool factor_find(const struct dea_problem *problem, enum dea_orientation orientation, size_t unit, size_t other,
                        double *factor)
{
    const bool is_output = orientation == DEA_OUTPUT;
    const size_t m = problem->input_count;
    const size_t s = problem->output_count;
    const double *x = problem->inputs + unit * m;
    const double *y = problem->outputs + unit * s;
    const double *other_x = problem->inputs + other * m;
    const double *other_y = problem->outputs + other * s;
    double reached = is_output ? INFINITY : 0;
    for (size_t i = 0; i < m; i++) {
        if (is_output || !(x[i] > 0)) {
            if (other_x[i] > x[i]) {
                return false;
            }
        } else {
            reached = fmax(reached, other_x[i] / x[i]);
        }
    }
    for (size_t r = 0; r < s; r++) {
        if (!is_output) {
            if (other_y[r] < y[r]) {
                return false;
            }
        } else if (y[r] > 0) {
            reached = fmin(reached, other_y[r] / y[r]);
        }
    }
    *factor = reached;
    return true;
}

/* The slack of a row once the unit has moved to (factor x, y) or (x, factor y); below the precision of a slack none. */
static double slack_of(const struct dea_work *work, size_t unit, size_t other, size_t row, double factor)
{
    const bool is_input = row < work->inputs;
    const bool is_moved = is_input == (work->orientation == DEA_INPUT);
    const double target = dea_work_column(work, unit)[row] * (is_moved ? factor : 1);
    const double made = dea_work_column(work, other)[row];
    const double slack = is_input ? target - made : made - target;
    return slack > DEA_SLACK_ZERO * fmax(target, made) ? slack : 0;
}

static double slack_sum(const struct dea_work *work, size_t unit, size_t other, double factor)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        sum += work->maximum[i] > 0 ? slack_of(work, unit, other, i, factor) / work->maximum[i] : 0;
    }
    return sum;
}

void dea_fdh_solve(const struct dea_problem *problem, const struct dea_work *work, size_t unit, struct dea_hull *hull)
{
    const bool is_output = work->orientation == DEA_OUTPUT;
    double most = -1;
    hull->factor = 1;
    hull->peer = unit;
    for (size_t k = 0; k < work->columns; k++) {
        const size_t j = work->unit_of[k];
        double factor = 0;
        if (!factor_find(problem, work->orientation, unit, j, &factor)) {
            continue;
        }
        const bool is_better = is_output ? factor > hull->factor : factor < hull->factor;
        if (!is_better && !(factor >= hull->factor && factor <= hull->factor)) {
            continue;
        }
        const double sum = slack_sum(work, unit, j, factor);
        if (is_better || sum > most) {
            hull->factor = factor;
            hull->peer = j;
            most = sum;
        }
    }
    hull->score = is_output ? 1 / hull->factor : hull->factor;
}

void dea_fdh_project(const struct dea_work *work, size_t unit, const struct dea_hull *hull, enum dea_slacks method,
                     struct dea_projection *projection)
{
    memset(projection, 0, sizeof *projection);
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const double slack = slack_of(work, unit, hull->peer, i, hull->factor);
        projection->has_slack = projection->has_slack || slack > 0;
        projection->slack[i] = method == DEA_SLACKS_NONE ? 0 : slack;
    }
}
