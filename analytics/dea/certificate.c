/*
 * Checks a claimed optimum against the program's own numbers. It shares no code with the solvers, so that an error
 * there cannot hide here. Read program.c for who asks.
 */
#include "analytics/dea/certificate.h"

#include <math.h>
#include <stddef.h>

#include "analytics/dea/bounds.h"

/* How much a value misses x >= 0; what is negative becomes 0. */
static double clip_negative(double *x)
{
    double miss = 0;
    if (isnan(*x)) {
        miss = INFINITY;
    } else if (*x < 0) {
        miss = -*x;
    }
    if (!(*x > 0)) {
        *x = 0;
    }
    return miss;
}

/* Fills activity with the rows' left sides and returns the objective; misses of signs go to *miss. */
static double rows_evaluate(const struct dea_program *program, struct dea_solution *solution, double *activity,
                            double *miss)
{
    double objective = 0;
    for (size_t i = 0; i < program->rows; i++) {
        activity[i] = 0;
    }
    for (size_t j = 0; j < program->columns; j++) {
        double *lambda = &solution->lambda[j];
        if (*lambda == 0) {
            continue;
        }
        *miss = fmax(*miss, clip_negative(lambda));
        if (*lambda > 0) {
            const double *column = program->matrix + j * program->rows;
            for (size_t i = 0; i < program->rows; i++) {
                activity[i] += column[i] * *lambda;
            }
            objective += program->cost != NULL ? program->cost[j] * *lambda : 0;
        }
    }
    if (!program->has_extra) {
        solution->extra = 0;
        return objective;
    }
    *miss = fmax(*miss, clip_negative(&solution->extra));
    for (size_t i = 0; i < program->rows; i++) {
        activity[i] += program->extra[i] * solution->extra;
    }
    return objective + program->extra_cost * solution->extra;
}

static double row_miss(enum lp_relation relation, double activity, double bound)
{
    switch (relation) {
    case LP_ROW_FREE:
        return 0;
    case LP_ROW_AT_MOST:
        return fmax(0, activity - bound);
    case LP_ROW_AT_LEAST:
        return fmax(0, bound - activity);
    case LP_ROW_EQUAL:
        return fabs(activity - bound);
    }
    return INFINITY;
}

/* Multipliers of the wrong sign help nobody: 0 is always allowed. */
static double dual_clip(enum lp_relation relation, double dual)
{
    switch (relation) {
    case LP_ROW_FREE:
        return 0;
    case LP_ROW_AT_MOST:
        return fmin(0, dual);
    case LP_ROW_AT_LEAST:
        return fmax(0, dual);
    case LP_ROW_EQUAL:
        return dual;
    }
    return 0;
}

/* Reduced costs of all columns; returns the worst negative one, as a positive number. */
static double reduced_evaluate(const struct dea_program *program, struct dea_solution *solution)
{
    const double *dual = solution->dual;
    double worst = 0;
    for (size_t j = 0; j < program->columns; j++) {
        const double *column = program->matrix + j * program->rows;
        double reduced = program->cost != NULL ? program->cost[j] : 0;
        for (size_t i = 0; i < program->rows; i++) {
            reduced -= dual[i] * column[i];
        }
        solution->reduced[j] = reduced;
        if (!(reduced >= -worst)) { /* so that a NaN is seen */
            worst = reduced < 0 ? -reduced : INFINITY;
        }
    }
    if (program->has_extra) {
        double reduced = program->extra_cost;
        for (size_t i = 0; i < program->rows; i++) {
            reduced -= dual[i] * program->extra[i];
        }
        if (!(reduced >= -worst)) {
            worst = reduced < 0 ? -reduced : INFINITY;
        }
    }
    return worst;
}

void dea_certificate_check(const struct dea_program *program, struct dea_solution *solution)
{
    if (program->is_radial) {
        dea_bounds_check(program, solution);
        return;
    }
    double activity[DEA_ROWS_MAX];
    double primal = 0;
    const double objective = rows_evaluate(program, solution, activity, &primal);
    const double size = fmax(1, fabs(objective));
    double dual_objective = 0;
    bool is_broken = !isfinite(objective);
    for (size_t i = 0; i < program->rows; i++) {
        is_broken = is_broken || !isfinite(solution->dual[i]) || !isfinite(activity[i]);
        const double dual = dual_clip(program->relation[i], solution->dual[i]);
        const double weight = fmax(1, fabs(dual) / size);
        primal = fmax(primal, weight * row_miss(program->relation[i], activity[i], program->bound[i]));
        dual_objective += program->relation[i] != LP_ROW_FREE ? dual * program->bound[i] : 0;
        solution->dual[i] = dual;
    }
    solution->objective = objective;
    solution->check.dual_infeasibility = reduced_evaluate(program, solution) / size;
    solution->check.primal_infeasibility = is_broken ? INFINITY : primal;
    solution->check.duality_gap = is_broken ? INFINITY : fabs(objective - dual_objective) / size;
}

void dea_certificate_add(struct dea_certificate *all, const struct dea_certificate *one)
{
    all->program_count += one->program_count;
    all->retry_count += one->retry_count;
    all->primal_infeasibility_max = fmax(all->primal_infeasibility_max, one->primal_infeasibility_max);
    all->dual_infeasibility_max = fmax(all->dual_infeasibility_max, one->dual_infeasibility_max);
    all->duality_gap_max = fmax(all->duality_gap_max, one->duality_gap_max);
}
