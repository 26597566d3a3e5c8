/* Finds and applies the powers of two. Read lp.c for who asks. */
#include "analytics/lp/scale.h"

#include <math.h>

/* What frexp says of a positive number; 0 of 0. */
static int exponent_of(double value)
{
    int exponent = 0;
    if (value != 0) {
        frexp(value, &exponent);
    }
    return exponent;
}

static void rows_measure(struct lp_scale *scale, const struct lp_problem *problem)
{
    int least[LP_ROWS_MAX];
    int most[LP_ROWS_MAX];
    bool has_entry[LP_ROWS_MAX] = {false};
    for (size_t j = 0; j < problem->columns; j++) {
        for (size_t i = 0; i < problem->rows; i++) {
            const double value = problem->matrix[j * problem->rows + i];
            if (value != 0) {
                const int exponent = exponent_of(value);
                least[i] = has_entry[i] && least[i] < exponent ? least[i] : exponent;
                most[i] = has_entry[i] && most[i] > exponent ? most[i] : exponent;
                has_entry[i] = true;
            }
        }
    }
    for (size_t i = 0; i < problem->rows; i++) {
        scale->row[i] = has_entry[i] ? (least[i] + most[i]) / 2 : 0;
    }
}

static void columns_measure(struct lp_scale *scale, const struct lp_problem *problem)
{
    for (size_t j = 0; j < problem->columns; j++) {
        bool has_entry = false;
        int most = 0;
        for (size_t i = 0; i < problem->rows; i++) {
            const double value = problem->matrix[j * problem->rows + i];
            if (value != 0 && problem->relation[i] != LP_ROW_FREE) {
                const int exponent = exponent_of(value) - scale->row[i];
                most = has_entry && most > exponent ? most : exponent;
                has_entry = true;
            }
        }
        scale->column[j] = most;
    }
}

void lp_scale_apply(struct lp_scale *scale, const struct lp_problem *problem, double *matrix, double *cost,
                    double *bound)
{
    bool has_bound = false;
    bool has_cost = false;
    scale->bound = 0;
    scale->cost = 0;
    rows_measure(scale, problem);
    columns_measure(scale, problem);
    for (size_t i = 0; i < problem->rows; i++) {
        if (problem->relation[i] != LP_ROW_FREE && problem->bound[i] != 0) {
            const int exponent = exponent_of(problem->bound[i]) - scale->row[i];
            scale->bound = has_bound && scale->bound > exponent ? scale->bound : exponent;
            has_bound = true;
        }
    }
    for (size_t j = 0; problem->cost != NULL && j < problem->columns; j++) {
        if (problem->cost[j] != 0) {
            const int exponent = exponent_of(problem->cost[j]) - scale->column[j];
            scale->cost = has_cost && scale->cost > exponent ? scale->cost : exponent;
            has_cost = true;
        }
    }
    for (size_t i = 0; i < problem->rows; i++) {
        const double value = problem->relation[i] != LP_ROW_FREE ? problem->bound[i] : 0;
        bound[i] = ldexp(value, -scale->row[i] - scale->bound);
    }
    for (size_t j = 0; j < problem->columns; j++) {
        cost[j] = problem->cost != NULL ? ldexp(problem->cost[j], -scale->column[j] - scale->cost) : 0;
        for (size_t i = 0; i < problem->rows; i++) {
            const double value = problem->matrix[j * problem->rows + i];
            matrix[j * problem->rows + i] = ldexp(value, -scale->row[i] - scale->column[j]);
        }
    }
}

void lp_scale_undo(const struct lp_scale *scale, const struct lp_problem *problem, struct lp_solution *solution)
{
    for (size_t j = 0; j < problem->columns; j++) {
        solution->x[j] = ldexp(solution->x[j], scale->bound - scale->column[j]);
    }
    for (size_t i = 0; i < problem->rows; i++) {
        solution->dual[i] = ldexp(solution->dual[i], scale->cost - scale->row[i]);
    }
}
