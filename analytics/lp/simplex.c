/*
 * The simplex itself: basis, inverse, ratio test. Columns and prices belong to the caller. Read simplex.h first.
 */
#include "analytics/lp/simplex.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* So many pivots may change the inverse before it is made anew. */
#define FRESH_MAX 32

/* Beside the terms it is the sum of, a step up to this is zero: no pivot. */
#define PIVOT_MIN 1e-10

/* The same in the first phase, beside all that it could be. */
#define STEP_ROUNDING 1e-12

/* Beside what it was before the pivot, a value up to this is zero. */
#define VALUE_ZERO 1e-13

/* The same for a multiplier. */
#define DUAL_ZERO 1e-14

/* Beside what it is taken from, a difference up to this is zero. */
#define CANCELLED 1e-14

/* Ratios that differ by no more are tied. */
#define TIE 1e-12

/* A slack whose multiplier has the wrong sign by more than this, beside the largest one, may enter. */
#define SLACK_GAIN 1e-12

/* What a start may break a sign by, beside the row's terms. */
#define FEASIBLE 1e-12

/* What the first phase may leave over: rows that say nearly the same contradict each other by rounding. Whether that is too
 * much is for the proof to say. */
#define MISSED 1e-9

static bool is_artificial(const struct lp_simplex_program *program, size_t id)
{
    return id >= program->columns.count + program->columns.rows;
}

static double slack_sign(const struct lp_simplex_program *program, size_t row)
{
    return program->relation[row] == LP_ROW_AT_MOST ? 1 : -1;
}

static void id_read(const struct lp_simplex *simplex, const struct lp_simplex_program *program, size_t id, double *values)
{
    const size_t count = program->columns.count;
    if (id < count) {
        program->columns.read(program->columns.context, id, values);
        return;
    }
    memset(values, 0, simplex->rows * sizeof *values);
    const size_t row = (id - count) % simplex->rows;
    values[row] = is_artificial(program, id) ? simplex->sign[row] : slack_sign(program, row);
}

static double id_cost(const struct lp_simplex *simplex, const struct lp_simplex_program *program, size_t id)
{
    if (is_artificial(program, id)) {
        return simplex->has_cost ? 0 : 1;
    }
    return id < program->columns.count && simplex->has_cost ? program->columns.cost(program->columns.context, id) : 0;
}

/* a - b, and 0 where they cancel but for rounding: what was left would pass for a pivot beside nothing but itself. */
static double less(double a, double b)
{
    const double difference = a - b;
    return fabs(difference) > CANCELLED * fabs(a) ? difference : 0;
}

/* Turns work, the basis column after column, into its inverse, row after row. False when it is singular. */
static bool invert(struct lp_simplex *simplex)
{
    const size_t n = simplex->rows;
    double *a = simplex->work; /* transposed: a[c * n + r]; the inverse of the transpose is the transposed inverse */
    double *inverse = simplex->inverse;
    memset(inverse, 0, n * n * sizeof *inverse);
    for (size_t i = 0; i < n; i++) {
        inverse[i * n + i] = 1;
    }
    /* Eliminates the rows of the matrix whose element (r, c) is a[c * n + r], over r. */
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t r = k + 1; r < n; r++) {
            best = fabs(a[k * n + r]) > fabs(a[k * n + best]) ? r : best;
        }
        const double pivot = a[k * n + best];
        if (!(fabs(pivot) > 0) || !isfinite(pivot)) {
            return false;
        }
        for (size_t c = 0; c < n; c++) {
            const double kept = a[c * n + best];
            a[c * n + best] = a[c * n + k];
            a[c * n + k] = kept / pivot;
            const double other = inverse[best * n + c];
            inverse[best * n + c] = inverse[k * n + c];
            inverse[k * n + c] = other / pivot;
        }
        for (size_t r = 0; r < n; r++) {
            const double factor = a[k * n + r];
            if (r == k || factor == 0) {
                continue;
            }
            for (size_t c = k; c < n; c++) {
                a[c * n + r] = less(a[c * n + r], factor * a[c * n + k]);
            }
            for (size_t c = 0; c < n; c++) {
                inverse[r * n + c] = less(inverse[r * n + c], factor * inverse[k * n + c]);
            }
        }
    }
    return true;
}

/* The values that belong to the basis, once more against what they leave over. */
static void values_find(struct lp_simplex *simplex, const struct lp_simplex_program *program, const double *basis)
{
    const size_t n = simplex->rows;
    double rest[LP_SIMPLEX_ROWS_MAX];
    memcpy(rest, program->bound, n * sizeof *rest);
    memset(simplex->value, 0, n * sizeof *simplex->value);
    for (int round = 0; round < 2; round++) {
        for (size_t k = 0; k < n; k++) {
            double change = 0;
            for (size_t i = 0; i < n; i++) {
                change += simplex->inverse[k * n + i] * rest[i];
            }
            simplex->value[k] += change;
        }
        for (size_t i = 0; i < n; i++) {
            rest[i] = program->bound[i];
        }
        for (size_t k = 0; k < n; k++) {
            for (size_t i = 0; i < n; i++) {
                rest[i] -= basis[k * n + i] * simplex->value[k];
            }
        }
    }
}

/* The multipliers, likewise. What is zero but for the rounding of its terms becomes 0. */
static void duals_find(struct lp_simplex *simplex, const double *basis)
{
    const size_t n = simplex->rows;
    double size[LP_SIMPLEX_ROWS_MAX] = {0};
    memset(simplex->dual, 0, n * sizeof *simplex->dual);
    for (int round = 0; round < (basis != NULL ? 2 : 1); round++) {
        for (size_t k = 0; k < n; k++) {
            double rest = simplex->cost[k];
            for (size_t i = 0; round > 0 && i < n; i++) {
                rest -= simplex->dual[i] * basis[k * n + i];
            }
            simplex->step[k] = rest;
        }
        for (size_t k = 0; k < n; k++) {
            for (size_t i = 0; simplex->step[k] != 0 && i < n; i++) {
                const double term = simplex->step[k] * simplex->inverse[k * n + i];
                simplex->dual[i] += term;
                size[i] += fabs(term);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        simplex->dual[i] = fabs(simplex->dual[i]) > DUAL_ZERO * size[i] ? simplex->dual[i] : 0;
    }
}

static void basis_read(struct lp_simplex *simplex, const struct lp_simplex_program *program, double *basis)
{
    for (size_t k = 0; k < simplex->rows; k++) {
        id_read(simplex, program, simplex->basis[k], basis + k * simplex->rows);
    }
}

/*
 * Makes inverse and values anew. Values below 0 become 0: past the start that is what rounding did, and the proof decides.
 * False: singular, or at the start, below 0 by more than rounding.
 */
static bool refactor(struct lp_simplex *simplex, const struct lp_simplex_program *program, bool is_start)
{
    const size_t n = simplex->rows;
    double basis[LP_SIMPLEX_ROWS_MAX * LP_SIMPLEX_ROWS_MAX];
    basis_read(simplex, program, basis);
    memcpy(simplex->work, basis, n * n * sizeof *basis);
    simplex->fresh = 0;
    if (!invert(simplex)) {
        return false;
    }
    values_find(simplex, program, basis);
    for (size_t k = 0; k < n; k++) {
        double size = 0;
        for (size_t i = 0; i < n; i++) {
            size += fabs(simplex->inverse[k * n + i] * program->bound[i]);
        }
        const double value = simplex->value[k];
        if (!isfinite(value) || (is_start && value < -FEASIBLE * size)) {
            return false;
        }
        const bool is_done = simplex->has_cost && is_artificial(program, simplex->basis[k]);
        simplex->exact[k] = value > 0 ? value : 0;
        simplex->value[k] = value <= VALUE_ZERO * size || is_done ? 0 : value;
    }
    return true;
}

/* From now on ties are broken by this basis: its own rows come out lexicographically positive. */
static void reference_take(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    basis_read(simplex, program, simplex->reference);
    for (size_t k = 0; k < simplex->rows; k++) {
        const size_t id = simplex->basis[k];
        simplex->reference_row[k] = id < program->columns.count ? simplex->rows : (id - program->columns.count) % simplex->rows;
    }
}

static void costs_take(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    for (size_t k = 0; k < simplex->rows; k++) {
        simplex->cost[k] = id_cost(simplex, program, simplex->basis[k]);
    }
}

/* Every row by its slack, or by an artificial where that would be negative. */
static void start_plainly(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    const size_t n = simplex->rows;
    memset(simplex->inverse, 0, n * n * sizeof *simplex->inverse);
    for (size_t i = 0; i < n; i++) {
        const double bound = program->bound[i];
        const bool has_slack = program->relation[i] != LP_ROW_EQUAL && bound * slack_sign(program, i) >= 0;
        simplex->sign[i] = bound < 0 ? -1 : 1;
        simplex->basis[i] = program->columns.count + i + (has_slack ? 0 : n);
        simplex->inverse[i * n + i] = has_slack ? slack_sign(program, i) : simplex->sign[i];
        simplex->value[i] = fabs(bound);
    }
    simplex->fresh = 0;
}

static bool start_as_told(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    if (program->start == NULL) {
        return false;
    }
    memcpy(simplex->basis, program->start, simplex->rows * sizeof *simplex->basis);
    return refactor(simplex, program, true);
}

static bool is_basic(const struct lp_simplex *simplex, size_t id)
{
    for (size_t k = 0; k < simplex->rows; k++) {
        if (simplex->basis[k] == id) {
            return true;
        }
    }
    return false;
}

/* What enters: a column or a slack that gains. False: none does. */
static bool entering_find(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    const size_t count = program->columns.count;
    double best = 0;
    double largest = 0;
    size_t found =
        program->columns.price(program->columns.context, simplex->dual, simplex->has_cost, simplex->is_bland, &best);
    if (found < count && simplex->is_bland) {
        simplex->entering = found;
        return true;
    }
    for (size_t i = 0; i < simplex->rows; i++) {
        largest = fmax(largest, fabs(simplex->dual[i]) * program->unit[i]);
    }
    best = found < count ? best : 0;
    for (size_t i = 0; i < simplex->rows; i++) {
        if (program->relation[i] == LP_ROW_EQUAL) {
            continue;
        }
        const double gain = simplex->dual[i] * slack_sign(program, i) * program->unit[i];
        if (gain > best && gain > SLACK_GAIN * largest && !is_basic(simplex, count + i)) {
            best = gain;
            found = count + i;
            if (simplex->is_bland) {
                break;
            }
        }
    }
    simplex->entering = found;
    return found != count || (found == count && best > 0);
}

/*
 * The entering column in terms of the basis. In the first phase rows that only repeat others leave nothing but rounding in
 * parts of the inverse; there a step must also stand out beside all that row and column hold.
 */
static void step_find(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    const size_t n = simplex->rows;
    double widest = 0;
    id_read(simplex, program, simplex->entering, simplex->column);
    for (size_t i = 0; i < n; i++) {
        widest = fmax(widest, fabs(simplex->column[i]) / program->unit[i]);
    }
    for (size_t k = 0; k < n; k++) {
        const double *row = simplex->inverse + k * n;
        double step = 0;
        double size = 0;
        double longest = 0;
        for (size_t i = 0; i < n; i++) {
            const double term = row[i] * simplex->column[i];
            step += term;
            size += fabs(term);
        }
        for (size_t i = 0; !simplex->has_cost && i < n; i++) {
            longest = fmax(longest, fabs(row[i]) * program->unit[i]);
        }
        simplex->step[k] = fabs(step) > fmax(PIVOT_MIN * size, STEP_ROUNDING * longest * widest) ? step : 0;
    }
}

/* A row of the inverse times the reference's column k, which mostly is a slack's; and the size of the terms. */
static double reference_part(const struct lp_simplex *simplex, size_t row, size_t k, double *size)
{
    const size_t n = simplex->rows;
    const double *inverse = simplex->inverse + row * n;
    const double *column = simplex->reference + k * n;
    const size_t only = simplex->reference_row[k];
    double sum = 0;
    if (only < n) {
        sum = inverse[only] * column[only];
        *size = fabs(sum);
        return sum;
    }
    for (size_t i = 0; i < n; i++) {
        const double term = inverse[i] * column[i];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* Whether row a of the tied ones goes before b: by the first of the reference's columns in which they differ. */
static bool goes_before(const struct lp_simplex *simplex, size_t a, size_t b)
{
    const size_t n = simplex->rows;
    if (simplex->is_bland) {
        return simplex->basis[a] < simplex->basis[b];
    }
    for (size_t k = 0; k < n; k++) {
        double one_size = 0;
        double other_size = 0;
        const double one = reference_part(simplex, a, k, &one_size) / simplex->step[a];
        const double other = reference_part(simplex, b, k, &other_size) / simplex->step[b];
        if (fabs(one - other) > TIE * (one_size / simplex->step[a] + other_size / simplex->step[b])) {
            return one < other;
        }
    }
    return false;
}

/*
 * How much the entering column moves an artificial that is done with, beside all that it could; 0 for rounding. Where a row
 * only repeats others its artificial stays, and what is left of the zeros in its row of the inverse must not pass for steps.
 */
static double artificial_share(const struct lp_simplex *simplex, const struct lp_simplex_program *program, size_t k)
{
    double row = 0;
    double column = 0;
    for (size_t i = 0; i < simplex->rows; i++) {
        row = fmax(row, fabs(simplex->inverse[k * simplex->rows + i]) * program->unit[i]);
        column = fmax(column, fabs(simplex->column[i]) / program->unit[i]);
    }
    const double share = fabs(simplex->step[k]) / (row * column);
    return share > PIVOT_MIN ? share : 0;
}

/* The row that leaves; rows when none does. Artificials that are done with leave as soon as anything moves them. */
static size_t leaving_find(const struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    const size_t n = simplex->rows;
    size_t found = n;
    double best = INFINITY;
    double largest = 0;
    for (size_t k = 0; simplex->has_cost && k < n; k++) {
        if (simplex->step[k] != 0 && is_artificial(program, simplex->basis[k])) {
            const double share = artificial_share(simplex, program, k);
            found = share > largest ? k : found;
            largest = fmax(largest, share);
        }
    }
    for (size_t k = 0; largest <= 0 && k < n; k++) {
        if (!(simplex->step[k] > 0) || (simplex->has_cost && is_artificial(program, simplex->basis[k]))) {
            continue;
        }
        const double ratio = simplex->value[k] / simplex->step[k];
        if (found == n || ratio < best - TIE * best) {
            found = k;
            best = ratio;
        } else if (ratio <= best + TIE * best && goes_before(simplex, k, found)) {
            found = k;
            best = fmin(best, ratio);
        }
    }
    return found;
}

static void pivot(struct lp_simplex *simplex, const struct lp_simplex_program *program, size_t leaving)
{
    const size_t n = simplex->rows;
    const double step = simplex->step[leaving];
    const double amount = simplex->value[leaving] / step;
    double *row = simplex->inverse + leaving * n;
    for (size_t i = 0; i < n; i++) {
        row[i] /= step;
    }
    for (size_t k = 0; k < n; k++) {
        const double factor = simplex->step[k];
        if (k == leaving || factor == 0) {
            continue;
        }
        const double value = simplex->value[k] - amount * factor;
        simplex->value[k] = value <= VALUE_ZERO * fabs(simplex->value[k]) ? 0 : value;
        for (size_t i = 0; i < n; i++) {
            simplex->inverse[k * n + i] = less(simplex->inverse[k * n + i], factor * row[i]);
        }
    }
    simplex->value[leaving] = amount;
    simplex->basis[leaving] = simplex->entering;
    simplex->cost[leaving] = id_cost(simplex, program, simplex->entering);
    simplex->fresh++;
    simplex->pivots++;
}

/* Multipliers, and once they satisfy all, inverse, values and multipliers as well as they can be had. */
static bool is_polished(struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    double basis[LP_SIMPLEX_ROWS_MAX * LP_SIMPLEX_ROWS_MAX];
    if (!refactor(simplex, program, false)) {
        return false;
    }
    basis_read(simplex, program, basis);
    duals_find(simplex, basis);
    return true;
}

/* Whether the second phase has come as far as anybody wants to know. */
static bool is_enough(const struct lp_simplex *simplex, const struct lp_simplex_program *program)
{
    double cost = 0;
    if (!simplex->has_cost || isinf(program->enough)) {
        return false;
    }
    for (size_t k = 0; k < simplex->rows; k++) {
        cost += simplex->cost[k] * simplex->value[k];
    }
    return cost <= program->enough;
}

/* One phase, from a feasible basis with costs. */
static enum lp_simplex_end phase_run(struct lp_simplex *simplex, const struct lp_simplex_program *program, size_t pivots_max)
{
    bool is_final = false;
    while (simplex->pivots < pivots_max) {
        if (is_enough(simplex, program)) {
            return LP_SIMPLEX_ENOUGH;
        }
        if (simplex->fresh >= FRESH_MAX) {
            if (program->is_cancelled != NULL && program->is_cancelled(program->cancel_context)) {
                return LP_SIMPLEX_CANCELLED;
            }
            if (!refactor(simplex, program, false)) {
                return LP_SIMPLEX_LOST;
            }
        }
        if (!is_final) {
            duals_find(simplex, NULL);
        }
        if (!entering_find(simplex, program)) {
            if (is_final) {
                memcpy(simplex->value, simplex->exact, simplex->rows * sizeof *simplex->value);
                return LP_SIMPLEX_OPTIMAL;
            }
            if (!is_polished(simplex, program)) {
                return LP_SIMPLEX_LOST;
            }
            if (!simplex->has_cost) {
                return LP_SIMPLEX_OPTIMAL;
            }
            is_final = true;
            continue;
        }
        is_final = false;
        step_find(simplex, program);
        const size_t leaving = leaving_find(simplex, program);
        if (leaving == simplex->rows && !simplex->has_cost) {
            /* Misses cannot grow for ever: what gains does so by rounding. */
            return is_polished(simplex, program) ? LP_SIMPLEX_OPTIMAL : LP_SIMPLEX_LOST;
        }
        if (leaving == simplex->rows) {
            for (size_t k = 0; k < simplex->rows; k++) {
                simplex->value[k] = -simplex->step[k];
            }
            return LP_SIMPLEX_UNBOUNDED;
        }
        pivot(simplex, program, leaving);
    }
    return LP_SIMPLEX_LOST;
}

/* Whether an artificial still stands for something that its row misses. */
static bool has_misses(const struct lp_simplex *simplex, const struct lp_simplex_program *program, double tolerance)
{
    for (size_t k = 0; k < simplex->rows; k++) {
        double size = 0;
        for (size_t i = 0; i < simplex->rows; i++) {
            size += fabs(simplex->inverse[k * simplex->rows + i] * program->bound[i]);
        }
        if (is_artificial(program, simplex->basis[k]) && simplex->value[k] > tolerance * size) {
            return true;
        }
    }
    return false;
}

enum lp_simplex_end lp_simplex_solve(struct lp_simplex *simplex, const struct lp_simplex_program *program, bool is_bland)
{
    const size_t n = program->columns.rows;
    const size_t pivots_max = (is_bland ? 400 : 100) * n + 1000;
    assert(n >= 1 && n <= LP_SIMPLEX_ROWS_MAX);
    simplex->rows = n;
    simplex->pivots = 0;
    simplex->is_bland = is_bland;
    simplex->has_cost = true;
    for (size_t i = 0; i < n; i++) {
        simplex->sign[i] = 1;
    }
    if (!start_as_told(simplex, program)) {
        start_plainly(simplex, program);
        if (has_misses(simplex, program, 0)) {
            simplex->has_cost = false;
            reference_take(simplex, program);
            costs_take(simplex, program);
            const enum lp_simplex_end end = phase_run(simplex, program, pivots_max);
            if (end != LP_SIMPLEX_OPTIMAL) {
                return end;
            }
            if (has_misses(simplex, program, MISSED)) {
                return LP_SIMPLEX_INFEASIBLE;
            }
            simplex->has_cost = true;
            for (size_t k = 0; k < n; k++) {
                simplex->value[k] = is_artificial(program, simplex->basis[k]) ? 0 : simplex->value[k];
            }
        }
    }
    reference_take(simplex, program);
    costs_take(simplex, program);
    return phase_run(simplex, program, pivots_max);
}
