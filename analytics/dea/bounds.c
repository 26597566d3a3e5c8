/*
 * Encloses a radial score between what one lambda reaches and what one set of weights allows. It shares no code with
 * the solvers. Read program.c for who asks.
 */
#include "analytics/dea/bounds.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "analytics/dea/limit.h"

/*
 * What a row may be missed by, as a share of the unit's own value. Far above rounding and far below the tolerance: a
 * unit that lies beside a vertical piece of the frontier may owe all its score to such a miss, and its multiplier need
 * not tell.
 */
#define MISS_MAX 1e-13

/*
 * Under VRS the weights of the rows that do not move are taken this much smaller for theta, larger for phi. Of a peer
 * whose large terms cancel to the score that leaves more than rounding can take away, at the cost of this share of the
 * score where they are small: u (Y_j - y_o) = v X_j - theta at most v X_j, and likewise for phi.
 */
#define MARGIN 1e-13

struct bounds {
    const struct dea_program *program;
    size_t last;                 /* the row of sum(lambda) */
    bool is_output;              /* VRS only: CRS is proved for theta */
    bool is_convex;              /* VRS */
    double own[DEA_ROWS_MAX];    /* of the judged unit; 0 where the row is free */
    double weight[DEA_ROWS_MAX]; /* v of inputs, u of outputs, >= 0 */
    double factor;               /* reached by lambda */
    double limit;                /* not passed by any lambda */
    double miss;
};

/* Whether the row is one of those that the factor moves. */
static bool is_moved(const struct bounds *bounds, size_t row)
{
    return (row < bounds->program->inputs) != bounds->is_output;
}

static void bounds_start(struct bounds *bounds, const struct dea_program *program)
{
    *bounds = (struct bounds){.program = program, .last = program->rows - 1, .miss = INFINITY};
    bounds->is_output = program->extra_cost < 0;
    bounds->is_convex = program->relation[bounds->last] == LP_ROW_EQUAL;
    for (size_t i = 0; i < bounds->last; i++) {
        if (program->relation[i] != LP_ROW_FREE) {
            bounds->own[i] = is_moved(bounds, i) ? -program->extra[i] : program->bound[i];
        }
    }
}

/*
 * Takes the multipliers of the right sign as weights, measured so that the rows that move are worth 1, and under CRS
 * the others too. Returns whether they say anything.
 */
static bool weights_take(struct bounds *bounds, const struct dea_solution *solution)
{
    const size_t inputs = bounds->program->inputs;
    double used = 0;
    double made = 0;
    for (size_t i = 0; i < bounds->last; i++) {
        const double dual = i < inputs ? -solution->dual[i] : solution->dual[i];
        bounds->weight[i] = bounds->own[i] > 0 && !(dual <= 0) ? dual : 0; /* so that a NaN is seen */
        *(i < inputs ? &used : &made) += bounds->weight[i] * bounds->own[i];
    }
    const double moved = bounds->is_output ? made : used;
    const double input_divisor = bounds->is_convex ? moved : used;
    const double output_divisor = bounds->is_convex ? moved : made;
    for (size_t i = 0; i < bounds->last; i++) {
        bounds->weight[i] /= i < inputs ? input_divisor : output_divisor;
        if (bounds->is_convex && !is_moved(bounds, i)) {
            bounds->weight[i] *= bounds->is_output ? 1 + MARGIN : 1 - MARGIN;
        }
    }
    return input_divisor > 0 && output_divisor > 0 && isfinite(used) && isfinite(made);
}

/* Fills activity with what lambda uses and makes; drops what is negative. Returns sum(lambda). */
static double activity_sum(const struct bounds *bounds, struct dea_solution *solution, double *activity)
{
    const size_t rows = bounds->program->rows;
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        activity[i] = 0;
    }
    for (size_t j = 0; j < bounds->program->columns; j++) {
        if (solution->lambda[j] < 0) {
            solution->lambda[j] = 0;
        }
        const double lambda = solution->lambda[j];
        if (lambda == 0) {
            continue;
        }
        const double *column = bounds->program->matrix + j * rows;
        sum += lambda;
        for (size_t i = 0; i < bounds->last; i++) {
            activity[i] += lambda * column[i];
        }
    }
    return sum;
}

/* How far beyond the point lambda goes with an input or stays short of it with an output, where that matters most. */
static double miss_of(const struct bounds *bounds, const double *activity, double sum)
{
    double worst = 0;
    for (size_t i = 0; i < bounds->last; i++) {
        if (bounds->own[i] > 0 && !is_moved(bounds, i)) {
            const double share = activity[i] / sum / bounds->own[i];
            const double miss = fmax(0, bounds->is_output ? share - 1 : 1 - share);
            const double worth = bounds->weight[i] * bounds->own[i] / bounds->factor;
            worst = fmax(worst, miss <= MISS_MAX ? miss * fmax(1, worth) : INFINITY);
        }
    }
    return worst;
}

/* The primal side: scales lambda to obey the rows that do not move and finds the factor it reaches. */
static bool factor_find(struct bounds *bounds, struct dea_solution *solution)
{
    double activity[DEA_ROWS_MAX];
    double used = 0;
    double made = INFINITY;
    const double sum = activity_sum(bounds, solution, activity);
    for (size_t i = 0; i < bounds->last; i++) {
        if (bounds->own[i] > 0) {
            const double share = activity[i] / bounds->own[i];
            if (i < bounds->program->inputs) {
                used = fmax(used, share);
            } else {
                made = fmin(made, share);
            }
        }
    }
    if (bounds->is_convex) {
        bounds->factor = (bounds->is_output ? made : used) / sum;
        bounds->miss = miss_of(bounds, activity, sum);
    } else {
        bounds->factor = used / made;
        bounds->miss = 0;
    }
    for (size_t j = 0; j < bounds->program->columns; j++) {
        if (solution->lambda[j] > 0) {
            solution->lambda[j] /= bounds->is_convex ? sum : made;
        }
    }
    /* A NaN among the lambdas is one here too. */
    return isnormal(sum) && isnormal(bounds->factor);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Prices all columns under CRS: theta is not below what one uses over what it makes. */
static void limit_find_constant(struct bounds *bounds, double *reduced)
{
    const struct dea_program *program = bounds->program;
    const size_t inputs = program->inputs;
    const double *weight = bounds->weight;
    const double theta = bounds->factor;
    double limit = INFINITY;
    for (size_t j = 0; j < program->columns; j++) {
        const double *column = program->matrix + j * program->rows;
        double used = 0;
        double made = 0;
        for (size_t i = 0; i < inputs; i++) {
            used += weight[i] * column[i];
        }
        for (size_t i = inputs; i < bounds->last; i++) {
            made += weight[i] * column[i];
        }
        if (made > 0 && !(used >= limit * made)) {
            limit = used / made;
        }
        /* 0 / 0 stands for a column that costs and makes nothing; a NaN stays one. */
        const double size = larger(used, theta * made);
        reduced[j] = size > 0 ? (used - theta * made) / size : 0 * (used + made);
    }
    if (program->all != NULL) {
        const struct dea_limit all = {.inputs = inputs, .outputs_end = bounds->last, .weight = weight};
        limit = dea_limit_constant(program->all, &all, limit);
    }
    bounds->limit = limit;
}

/* The same under VRS, with what rounding may have done to a difference of large terms counted against it. */
static void limit_find_variable(struct bounds *bounds, double *reduced)
{
    const struct dea_program *program = bounds->program;
    const size_t moved = bounds->is_output ? program->inputs : 0;
    const size_t moved_end = bounds->is_output ? bounds->last : program->inputs;
    const size_t still = bounds->is_output ? 0 : program->inputs;
    const size_t still_end = bounds->is_output ? program->inputs : bounds->last;
    const double rounding = (double) (program->rows + 2) * (DBL_EPSILON / 2);
    const double *weight = bounds->weight;
    const double *own = bounds->own;
    const double sign = bounds->is_output ? -1 : 1; /* turns a largest value into a least one */
    double limit = INFINITY;
    for (size_t j = 0; j < program->columns; j++) {
        const double *column = program->matrix + j * program->rows;
        double gain = 0;
        double loss = 0;
        double terms = 0;
        for (size_t i = moved; i < moved_end; i++) {
            gain += weight[i] * column[i];
        }
        for (size_t i = still; i < still_end; i++) {
            const double term = weight[i] * (column[i] - own[i]);
            loss += term;
            terms += fabs(term);
        }
        const double value = sign * (gain - loss);
        const double low = value - rounding * (gain + terms);
        limit = low < limit ? low : limit;
        reduced[j] = (value - sign * bounds->factor) / larger(bounds->factor, larger(gain, terms));
    }
    if (program->all != NULL) {
        const struct dea_limit all = {.inputs = program->inputs,
                                      .outputs_end = bounds->last,
                                      .weight = weight,
                                      .own = own,
                                      .is_output = bounds->is_output,
                                      .rounding = rounding};
        limit = dea_limit_variable(program->all, &all, limit);
    }
    bounds->limit = sign * limit;
}

/* The dual side. Returns false when a price is no number. */
static bool limit_find(struct bounds *bounds, struct dea_solution *solution)
{
    double sum = 0;
    if (bounds->is_convex) {
        limit_find_variable(bounds, solution->reduced);
    } else {
        limit_find_constant(bounds, solution->reduced);
    }
    for (size_t j = 0; j < bounds->program->columns; j++) {
        sum += solution->reduced[j];
    }
    return !isnan(sum);
}

static void duals_write(const struct bounds *bounds, struct dea_solution *solution)
{
    for (size_t i = 0; i < bounds->last; i++) {
        const double unit = is_moved(bounds, i) || bounds->is_convex ? bounds->factor : 1;
        solution->dual[i] = (i < bounds->program->inputs ? -bounds->weight[i] : bounds->weight[i]) / unit;
    }
    solution->dual[bounds->last] = 0;
}

void dea_bounds_check(const struct dea_program *program, struct dea_solution *solution)
{
    struct bounds bounds;
    bounds_start(&bounds, program);
    solution->check = (struct dea_check){INFINITY, INFINITY, INFINITY};
    if (!weights_take(&bounds, solution) || !factor_find(&bounds, solution) || !limit_find(&bounds, solution)) {
        return;
    }
    duals_write(&bounds, solution);
    solution->extra = bounds.factor;
    solution->objective = bounds.is_output ? -bounds.factor : bounds.factor;
    const double gap = fabs(1 - (bounds.is_output ? bounds.factor / bounds.limit : bounds.limit / bounds.factor));
    solution->check.primal_infeasibility = bounds.miss;
    solution->check.dual_infeasibility = 0;
    solution->check.duality_gap = isfinite(gap) ? gap : INFINITY;
}

/* The factor that a multiple of one column reaches, as bounds_start has it. */
static double column_factor(const struct bounds *bounds, const double *column)
{
    double used = 0;
    double made = INFINITY;
    for (size_t i = 0; i < bounds->last; i++) {
        if (bounds->own[i] > 0) {
            const double share = column[i] / bounds->own[i];
            if (i < bounds->program->inputs) {
                used = fmax(used, share);
            } else {
                made = fmin(made, share);
            }
        }
    }
    if (!bounds->is_convex) {
        return used / made;
    }
    if (bounds->is_output) {
        return used <= 1 ? made : 1;
    }
    return made >= 1 ? used : 1;
}

double dea_bounds_guess(const struct dea_program *program)
{
    struct bounds bounds;
    bounds_start(&bounds, program);
    double best = 1;
    for (size_t j = 0; j < program->columns; j++) {
        const double factor = column_factor(&bounds, program->matrix + j * program->rows);
        best = bounds.is_output ? fmax(best, factor) : fmin(best, factor);
    }
    return isnormal(best) ? best : 1;
}
