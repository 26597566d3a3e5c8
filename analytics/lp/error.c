/* Sums in twice the precision, and what they say of an objective. Read certificate.c for who asks. */
#include "analytics/lp/error.h"

#include <float.h>
#include <math.h>

#include "analytics/lp/twofold.h"

static double cost_of(const struct lp_problem *problem, size_t j)
{
    return problem->cost != NULL ? problem->cost[j] : 0;
}

/* What the column's amount is measured by: the least of sizes / |element| in rows that have a size; 0 where none has. */
static double amount_size(const struct lp_problem *problem, size_t j, const double *row)
{
    const double *column = problem->matrix + j * problem->rows;
    double least = INFINITY;
    for (size_t i = 0; i < problem->rows; i++) {
        if (problem->relation[i] != LP_ROW_FREE && row[i] > 0 && column[i] != 0) {
            least = fmin(least, row[i] / fabs(column[i]));
        }
    }
    return isfinite(least) ? least : 0;
}

/* A miss in terms of the objective: at its size; beside its own terms where nothing gives a size. */
static double miss_weigh(double miss, double size, double scale, double largest)
{
    if (!(miss > 0)) {
        return isnan(miss) ? INFINITY : 0;
    }
    return size > 0 ? miss * size / scale : miss / largest;
}

static double row_miss(enum lp_relation relation, double difference, double rounding)
{
    switch (relation) {
    case LP_ROW_FREE:
        return 0;
    case LP_ROW_AT_MOST:
        return difference + rounding;
    case LP_ROW_AT_LEAST:
        return rounding - difference;
    case LP_ROW_EQUAL:
        return fabs(difference) + rounding;
    }
    return INFINITY;
}

/* Left side less bound of every row; the largest terms are their sizes. */
static void rows_sum(const struct lp_problem *problem, const double *x, struct lp_twofold *row)
{
    for (size_t i = 0; i < problem->rows; i++) {
        row[i] = (struct lp_twofold){0, 0, 0, 0, 0};
        if (problem->relation[i] != LP_ROW_FREE) {
            lp_twofold_add(&row[i], -1, problem->bound[i]);
        }
    }
    for (size_t j = 0; j < problem->columns; j++) {
        for (size_t i = 0; x[j] != 0 && i < problem->rows; i++) {
            lp_twofold_add(&row[i], problem->matrix[j * problem->rows + i], x[j]);
        }
    }
}

static void multipliers_measure(const struct lp_problem *problem, const double *dual, double *multiplier)
{
    for (size_t i = 0; i < problem->rows; i++) {
        multiplier[i] = INFINITY;
    }
    for (size_t j = 0; j < problem->columns; j++) {
        const double *column = problem->matrix + j * problem->rows;
        double size = fabs(cost_of(problem, j));
        for (size_t i = 0; i < problem->rows; i++) {
            size = fmax(size, fabs(dual[i] * column[i]));
        }
        for (size_t i = 0; size > 0 && i < problem->rows; i++) {
            const double amount = fabs(column[i]);
            if (amount > 0 && multiplier[i] * amount > size) {
                multiplier[i] = size / amount;
            }
        }
    }
    for (size_t i = 0; i < problem->rows; i++) {
        multiplier[i] = isfinite(multiplier[i]) ? multiplier[i] : 0;
    }
}

static double rows_weigh(const struct lp_problem *problem, const struct lp_twofold *row, const double *dual, double scale)
{
    double multiplier[LP_ROWS_MAX];
    double total = 0;
    multipliers_measure(problem, dual, multiplier);
    for (size_t i = 0; i < problem->rows; i++) {
        const double miss = row_miss(problem->relation[i], lp_twofold_value(&row[i]), lp_twofold_rounding(&row[i]));
        total += miss_weigh(miss, multiplier[i], scale, row[i].largest);
    }
    return total;
}

/* Whether the plain sum is so far above 0 that rounding plays no part; that is so of most columns. */
static bool is_clearly_positive(double cost, const double *dual, const double *column, size_t rows)
{
    double sum = cost;
    double size = fabs(cost);
    for (size_t i = 0; i < rows; i++) {
        const double term = dual[i] * column[i];
        sum -= term;
        size += fabs(term);
    }
    return sum > (double) (rows + 2) * DBL_EPSILON * size;
}

static double columns_weigh(const struct lp_problem *problem, const double *dual, const double *row, double scale)
{
    double total = 0;
    for (size_t j = 0; j < problem->columns; j++) {
        const double *column = problem->matrix + j * problem->rows;
        const bool is_free = problem->is_free != NULL && problem->is_free[j];
        struct lp_twofold reduced = {0, 0, 0, 0, 0};
        if (!is_free && is_clearly_positive(cost_of(problem, j), dual, column, problem->rows)) {
            continue;
        }
        lp_twofold_add(&reduced, 1, cost_of(problem, j));
        for (size_t i = 0; i < problem->rows; i++) {
            lp_twofold_add(&reduced, -dual[i], column[i]);
        }
        const double value = lp_twofold_value(&reduced);
        const double miss = (is_free ? fabs(value) : -value) + lp_twofold_rounding(&reduced);
        total += miss_weigh(miss, amount_size(problem, j, row), scale, reduced.largest);
    }
    return total;
}

double lp_error_objective(const struct lp_problem *problem, const struct lp_solution *solution)
{
    struct lp_twofold row[LP_ROWS_MAX];
    double size[LP_ROWS_MAX];
    struct lp_twofold cost = {0, 0, 0, 0, 0};
    rows_sum(problem, solution->x, row);
    for (size_t j = 0; problem->cost != NULL && j < problem->columns; j++) {
        if (solution->x[j] != 0) {
            lp_twofold_add(&cost, problem->cost[j], solution->x[j]);
        }
    }
    const double scale = fmax(problem->worth, fabs(lp_twofold_value(&cost)));
    struct lp_twofold gap = cost;
    for (size_t i = 0; i < problem->rows; i++) {
        size[i] = row[i].largest;
        if (solution->dual[i] != 0) {
            lp_twofold_add(&gap, -solution->dual[i], problem->bound[i]);
        }
    }
    const double primal = rows_weigh(problem, row, solution->dual, scale);
    const double dual = columns_weigh(problem, solution->dual, size, scale);
    const double missed = miss_weigh(fabs(lp_twofold_value(&gap)) + lp_twofold_rounding(&gap), 1, scale, gap.largest);
    const double error = missed + fmax(primal, dual);
    return isfinite(error) && isfinite(cost.size) && isfinite(gap.size) ? error : INFINITY;
}
