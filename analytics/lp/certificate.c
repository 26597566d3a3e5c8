/*
 * Measures how far a claim is from a proof. Everything is a share of the terms it is the sum of, hence the same in any
 * units. Read lp.c for who asks.
 */
#include "analytics/lp/certificate.h"

#include <math.h>

#include "analytics/lp/error.h"
#include "analytics/lp/proof.h"
#include "analytics/lp/sum.h"

/* excess beside the terms it is the sum of; what is no number is infinite. */
static double share(double excess, double largest)
{
    if (!isfinite(excess) || !isfinite(largest)) {
        return INFINITY;
    }
    return excess > 0 ? excess / largest : 0;
}

static bool column_is_free(const struct lp_problem *problem, size_t j)
{
    return problem->is_free != NULL && problem->is_free[j];
}

static double row_excess(enum lp_relation relation, double difference)
{
    switch (relation) {
    case LP_ROW_FREE:
        return 0;
    case LP_ROW_AT_MOST:
        return difference;
    case LP_ROW_AT_LEAST:
        return -difference;
    case LP_ROW_EQUAL:
        return fabs(difference);
    }
    return INFINITY;
}

/* Multipliers of the wrong sign help nobody: 0 is always allowed. A NaN stays. */
static double dual_clip(enum lp_relation relation, double dual)
{
    switch (relation) {
    case LP_ROW_FREE:
        return 0;
    case LP_ROW_AT_MOST:
        return dual > 0 ? 0 : dual;
    case LP_ROW_AT_LEAST:
        return dual < 0 ? 0 : dual;
    case LP_ROW_EQUAL:
        return dual;
    }
    return 0;
}

static void duals_clip(const struct lp_problem *problem, struct lp_solution *solution)
{
    for (size_t i = 0; i < problem->rows; i++) {
        solution->dual[i] = dual_clip(problem->relation[i], solution->dual[i]);
    }
}

/* Clips x and returns the worst share by which a row is missed; weight 0 leaves the bounds out. */
static double rows_check(const struct lp_problem *problem, struct lp_solution *solution, double weight)
{
    struct lp_sum row[LP_ROWS_MAX];
    for (size_t i = 0; i < problem->rows; i++) {
        const bool is_read = weight != 0 && problem->relation[i] != LP_ROW_FREE;
        row[i] = (struct lp_sum){0, 0};
        lp_sum_add(&row[i], is_read ? -problem->bound[i] : 0);
    }
    for (size_t j = 0; j < problem->columns; j++) {
        double *x = &solution->x[j];
        *x = *x < 0 && !column_is_free(problem, j) ? 0 : *x;
        if (*x == 0) {
            continue;
        }
        for (size_t i = 0; i < problem->rows; i++) {
            lp_sum_add(&row[i], problem->matrix[j * problem->rows + i] * *x);
        }
    }
    double worst = 0;
    for (size_t i = 0; i < problem->rows; i++) {
        if (problem->relation[i] != LP_ROW_FREE) {
            worst = fmax(worst, share(row_excess(problem->relation[i], row[i].value), row[i].largest));
        }
    }
    return worst;
}

/* The worst share by which a reduced cost is below 0, or differs from it where the column is free. */
static double columns_check(const struct lp_problem *problem, struct lp_solution *solution, bool has_cost)
{
    double worst = 0;
    for (size_t j = 0; j < problem->columns; j++) {
        struct lp_sum reduced = {0, 0};
        lp_sum_add(&reduced, has_cost && problem->cost != NULL ? problem->cost[j] : 0);
        for (size_t i = 0; i < problem->rows; i++) {
            lp_sum_add(&reduced, -solution->dual[i] * problem->matrix[j * problem->rows + i]);
        }
        if (solution->reduced != NULL) {
            solution->reduced[j] = reduced.value;
        }
        const double excess = column_is_free(problem, j) ? fabs(reduced.value) : -reduced.value;
        worst = fmax(worst, share(excess, reduced.largest));
    }
    return worst;
}

static struct lp_sum cost_sum(const struct lp_problem *problem, const struct lp_solution *solution)
{
    struct lp_sum cost = {0, 0};
    for (size_t j = 0; problem->cost != NULL && j < problem->columns; j++) {
        if (solution->x[j] != 0) {
            lp_sum_add(&cost, problem->cost[j] * solution->x[j]);
        }
    }
    return cost;
}

static struct lp_sum bound_sum(const struct lp_problem *problem, const struct lp_solution *solution)
{
    struct lp_sum bound = {0, 0};
    for (size_t i = 0; i < problem->rows; i++) {
        if (solution->dual[i] != 0) {
            lp_sum_add(&bound, solution->dual[i] * problem->bound[i]);
        }
    }
    return bound;
}

void lp_certificate_optimum(const struct lp_problem *problem, struct lp_solution *solution)
{
    duals_clip(problem, solution);
    solution->check.primal_infeasibility = rows_check(problem, solution, 1);
    solution->check.dual_infeasibility = columns_check(problem, solution, true);
    const struct lp_sum cost = cost_sum(problem, solution);
    const struct lp_sum bound = bound_sum(problem, solution);
    solution->check.duality_gap = share(fabs(cost.value - bound.value), fmax(cost.largest, bound.largest));
    solution->check.objective_error = problem->worth > 0 ? lp_error_objective(problem, solution) : 0;
    solution->objective = cost.value;
}

bool lp_certificate_infeasible(const struct lp_problem *problem, struct lp_solution *solution)
{
    duals_clip(problem, solution);
    const struct lp_sum bound = bound_sum(problem, solution);
    const double gain = share(bound.value, bound.largest);
    const double miss = columns_check(problem, solution, false);
    solution->check = (struct lp_check){0, miss, 0, 0};
    solution->is_certain = lp_proof_infeasible(problem, solution->dual);
    return solution->is_certain || (isfinite(gain) && gain > LP_TOLERANCE && miss <= LP_TOLERANCE && miss <= gain / 1000);
}

bool lp_certificate_ray(const struct lp_problem *problem, struct lp_solution *solution)
{
    const double miss = rows_check(problem, solution, 0);
    const struct lp_sum cost = cost_sum(problem, solution);
    const double gain = share(-cost.value, cost.largest);
    solution->check = (struct lp_check){miss, 0, 0, 0};
    solution->is_certain = lp_proof_ray(problem, solution->x);
    return isfinite(gain) && gain > LP_TOLERANCE && miss <= LP_TOLERANCE && miss <= gain / 1000;
}

bool lp_check_holds(const struct lp_check *check)
{
    /* Written so that a NaN is refused. */
    return check->primal_infeasibility <= LP_TOLERANCE && check->dual_infeasibility <= LP_TOLERANCE &&
           check->duality_gap <= LP_TOLERANCE && check->objective_error <= LP_TOLERANCE;
}
