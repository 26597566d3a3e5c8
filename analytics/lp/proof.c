/* Farkas' lemma and directions without end, rounding included. Read certificate.c for who asks. */
#include "analytics/lp/proof.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "analytics/lp/twofold.h"

/* What data may differ by without being other data. */
#define UNSEEN 1e-13

/* What a multiplier is made larger by at least, and how often at most. */
#define NUDGE_MIN  0x1p-50
#define NUDGES_MAX 16

/* Larger than what some operations on numbers above 0 lose. */
#define UPWARDS (1 + 8 * DBL_EPSILON)

static bool column_is_free(const struct lp_problem *problem, size_t j)
{
    return problem->is_free != NULL && problem->is_free[j];
}

/* Marks the rows that limit each of their columns by themselves: nothing in them can make up for it. */
static void limits_mark(const struct lp_problem *problem, bool *limits)
{
    for (size_t i = 0; i < problem->rows; i++) {
        const bool is_above = problem->relation[i] == LP_ROW_AT_MOST || problem->relation[i] == LP_ROW_EQUAL;
        limits[i] = is_above && problem->bound[i] >= 0;
    }
    for (size_t j = 0; j < problem->columns; j++) {
        for (size_t i = 0; i < problem->rows; i++) {
            const double element = problem->matrix[j * problem->rows + i];
            limits[i] = limits[i] && element >= 0 && (element == 0 || !column_is_free(problem, j));
        }
    }
}

/* The most that a column can be; infinite where no row says. */
static double amount_limit(const struct lp_problem *problem, const bool *limits, size_t j)
{
    double least = INFINITY;
    for (size_t i = 0; i < problem->rows; i++) {
        const double element = problem->matrix[j * problem->rows + i];
        if (limits[i] && element > 0) {
            least = fmin(least, problem->bound[i] / element * UPWARDS);
        }
    }
    return least;
}

static struct lp_twofold column_sum(const struct lp_problem *problem, const double *dual, size_t j)
{
    struct lp_twofold sum = {0, 0, 0, 0, 0};
    for (size_t i = 0; i < problem->rows; i++) {
        lp_twofold_add(&sum, dual[i], problem->matrix[j * problem->rows + i]);
    }
    return sum;
}

/* The most that a column may add to the right side. */
static double column_gain(const struct lp_problem *problem, const double *dual, const bool *limits, size_t j)
{
    const struct lp_twofold sum = column_sum(problem, dual, j);
    const double value = lp_twofold_value(&sum);
    const double most = ((column_is_free(problem, j) ? fabs(value) : value) + lp_twofold_rounding(&sum)) * UPWARDS;
    if (most <= 0) {
        return 0;
    }
    return column_is_free(problem, j) ? INFINITY : most * amount_limit(problem, limits, j) * UPWARDS;
}

static bool is_proved(const struct lp_problem *problem, const double *dual, const bool *limits)
{
    struct lp_twofold bound = {0, 0, 0, 0, 0};
    double gain = 0;
    for (size_t i = 0; i < problem->rows; i++) {
        if (problem->relation[i] != LP_ROW_FREE && dual[i] != 0) {
            lp_twofold_add(&bound, dual[i], problem->bound[i]);
        }
    }
    const double least = lp_twofold_value(&bound) - lp_twofold_rounding(&bound) - DBL_EPSILON * fabs(lp_twofold_value(&bound));
    for (size_t j = 0; j < problem->columns && gain < least; j++) {
        gain += column_gain(problem, dual, limits, j);
    }
    return least > 0 && gain * (1 + (double) problem->columns * DBL_EPSILON) < least; /* not so where one is no number */
}

/* Takes out the multipliers by which a column without limit adds to the right side: what is left of them should be 0. */
static void multipliers_drop(const struct lp_problem *problem, double *dual, const bool *limits)
{
    bool is_dropped[LP_ROWS_MAX] = {false};
    for (size_t j = 0; j < problem->columns; j++) {
        if (isfinite(column_gain(problem, dual, limits, j))) {
            continue;
        }
        for (size_t i = 0; i < problem->rows; i++) {
            const double term = dual[i] * problem->matrix[j * problem->rows + i];
            is_dropped[i] = is_dropped[i] || term > 0 || (term != 0 && column_is_free(problem, j));
        }
    }
    for (size_t i = 0; i < problem->rows; i++) {
        dual[i] = is_dropped[i] ? 0 : dual[i];
    }
}

/* The row whose multiplier takes most from what the column adds; rows where none does. */
static size_t row_against(const struct lp_problem *problem, const double *dual, size_t j)
{
    size_t row = problem->rows;
    double least = 0;
    for (size_t i = 0; i < problem->rows; i++) {
        const double term = dual[i] * problem->matrix[j * problem->rows + i];
        if (term < least) {
            least = term;
            row = i;
        }
    }
    return row;
}

/* Makes larger, by little more than it takes, what is against a column without limit that adds to the right side: where the multipliers
 * lie on the edge of what is allowed, rounding has put them beyond it as often as not. */
static void multipliers_nudge(const struct lp_problem *problem, double *dual, const bool *limits)
{
    bool is_nudged = true;
    for (int round = 0; round < NUDGES_MAX && is_nudged; round++) {
        is_nudged = false;
        for (size_t j = 0; j < problem->columns; j++) {
            if (column_is_free(problem, j) || isfinite(column_gain(problem, dual, limits, j))) {
                continue;
            }
            const size_t row = row_against(problem, dual, j);
            if (row == problem->rows) {
                return;
            }
            const struct lp_twofold sum = column_sum(problem, dual, j);
            const double beyond = fabs(lp_twofold_value(&sum)) / fabs(dual[row] * problem->matrix[j * problem->rows + row]);
            dual[row] *= 1 + fmin(2 * beyond + NUDGE_MIN, LP_TOLERANCE);
            is_nudged = true;
        }
    }
}

bool lp_proof_infeasible(const struct lp_problem *problem, double *dual)
{
    static void (*const repairs[])(const struct lp_problem *, double *, const bool *) = {multipliers_drop, multipliers_nudge};
    bool limits[LP_ROWS_MAX];
    limits_mark(problem, limits);
    if (is_proved(problem, dual, limits)) {
        return true;
    }
    for (size_t r = 0; r < sizeof repairs / sizeof repairs[0]; r++) {
        double kept[LP_ROWS_MAX];
        memcpy(kept, dual, problem->rows * sizeof *kept);
        repairs[r](problem, kept, limits);
        if (is_proved(problem, kept, limits)) {
            memcpy(dual, kept, problem->rows * sizeof *dual);
            return true;
        }
    }
    return false;
}

/* How far a row's left side is on the wrong side of 0. */
static double row_miss(enum lp_relation relation, double value)
{
    switch (relation) {
    case LP_ROW_FREE:
        return 0;
    case LP_ROW_AT_MOST:
        return value;
    case LP_ROW_AT_LEAST:
        return -value;
    case LP_ROW_EQUAL:
        return fabs(value);
    }
    return INFINITY;
}

bool lp_proof_ray(const struct lp_problem *problem, const double *x)
{
    struct lp_twofold cost = {0, 0, 0, 0, 0};
    for (size_t j = 0; problem->cost != NULL && j < problem->columns; j++) {
        lp_twofold_add(&cost, problem->cost[j], x[j]);
    }
    for (size_t i = 0; i < problem->rows; i++) {
        struct lp_twofold row = {0, 0, 0, 0, 0};
        for (size_t j = 0; j < problem->columns; j++) {
            lp_twofold_add(&row, problem->matrix[j * problem->rows + i], x[j]);
        }
        const double miss = row_miss(problem->relation[i], lp_twofold_value(&row)) + lp_twofold_rounding(&row);
        if (problem->relation[i] != LP_ROW_FREE && !(miss <= UNSEEN * row.largest)) {
            return false;
        }
    }
    return lp_twofold_value(&cost) + lp_twofold_rounding(&cost) < -LP_TOLERANCE * cost.largest;
}
