/*
 * Solves a program by the first way whose answer can be proved. A claim that there is no answer is proved through a
 * program of its own: the least sum of misses, whose multipliers are Farkas', or the steepest direction.
 * Read certificate.c for the proofs, dense.c and glpk.c for the solvers.
 */
#include "analytics/lp/lp.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/lp/certificate.h"
#include "analytics/lp/dense.h"
#include "analytics/lp/glpk.h"
#include "analytics/lp/scale.h"

/* Beside the largest of a scaled answer, what may be left of a zero. */
#define CLAIM_ZERO 1e-13

/* A program in the solver's own memory. */
struct held {
    struct lp_problem problem;
    double *matrix;
    double *cost;
    double *x;
    bool *is_free;
    double bound[LP_ROWS_MAX + 1];
    enum lp_relation relation[LP_ROWS_MAX + 1];
};

struct lp_solver {
    size_t rows_max;
    size_t columns_max;
    enum lp_choice choice;
    size_t way;            /* that led to the last answer */
    struct lp_dense *dense;
    struct lp_glpk *glpk;
    struct lp_scale scale;
    struct held scaled;    /* the program */
    struct held auxiliary; /* one row and two columns for each row more */
    double misses;         /* the least sum of misses that infeasible_prove last found, scaled */
};

enum kind { BY_SIMPLEX, BY_BLAND, BY_GLPK };

struct lp_way {
    enum kind kind;
    struct lp_glpk_way glpk;
};

/* Ours, then with Bland's rule, which cannot cycle; then GLPK, the plain way first, then what helped somewhere. */
static const struct lp_way ways[] = {
    {.kind = BY_SIMPLEX},
    {.kind = BY_BLAND},
    {.kind = BY_GLPK},
    {.kind = BY_GLPK, .glpk = {.is_geometric = true}},
    {.kind = BY_GLPK, .glpk = {.is_geometric = true, .is_plain = true}},
    {.kind = BY_GLPK, .glpk = {.is_geometric = true, .is_dual = true}},
    {.kind = BY_GLPK, .glpk = {.is_plain = true, .is_dual = true}},
    {.kind = BY_GLPK, .glpk = {.has_presolve = true}},
};

static enum status held_init(struct held *held, size_t rows, size_t columns)
{
    held->matrix = calloc(rows * columns, sizeof *held->matrix);
    held->cost = calloc(columns, sizeof *held->cost);
    held->x = calloc(columns, sizeof *held->x);
    held->is_free = calloc(columns, sizeof *held->is_free);
    return held->matrix != NULL && held->cost != NULL && held->x != NULL && held->is_free != NULL ? STATUS_OK
                                                                                                  : STATUS_EXHAUSTED;
}

static void held_fini(struct held *held)
{
    free(held->is_free);
    free(held->x);
    free(held->cost);
    free(held->matrix);
}

/* The held arrays as a program of this size. */
static void held_present(struct held *held, size_t rows, size_t columns)
{
    held->problem = (struct lp_problem){.rows = rows,
                                        .columns = columns,
                                        .matrix = held->matrix,
                                        .cost = held->cost,
                                        .relation = held->relation,
                                        .bound = held->bound,
                                        .is_free = held->is_free};
}

struct lp_solver *lp_solver_create(size_t rows_max, size_t columns_max)
{
    assert(rows_max >= 1 && rows_max <= LP_ROWS_MAX && columns_max >= 1 && columns_max <= LP_COLUMNS_MAX);
    struct lp_solver *solver = calloc(1, sizeof *solver);
    if (solver == NULL) {
        return NULL;
    }
    solver->rows_max = rows_max;
    solver->columns_max = columns_max;
    solver->dense = lp_dense_create();
    solver->glpk = lp_glpk_create();
    solver->scale.column = calloc(columns_max, sizeof *solver->scale.column);
    if (solver->dense == NULL || solver->glpk == NULL || solver->scale.column == NULL ||
        held_init(&solver->scaled, rows_max, columns_max) != STATUS_OK ||
        held_init(&solver->auxiliary, rows_max + 1, columns_max + 2 * rows_max) != STATUS_OK) {
        lp_solver_free(solver);
        return NULL;
    }
    return solver;
}

void lp_solver_free(struct lp_solver *solver)
{
    if (solver != NULL) {
        held_fini(&solver->auxiliary);
        held_fini(&solver->scaled);
        free(solver->scale.column);
        lp_glpk_free(solver->glpk);
        lp_dense_free(solver->dense);
        free(solver);
    }
}

void lp_solver_watch(struct lp_solver *solver, bool (*is_cancelled)(void *), void *context)
{
    const struct lp_watch watch = {is_cancelled, context};
    lp_dense_watch(solver->dense, &watch);
    lp_glpk_watch(solver->glpk, &watch);
}

void lp_solver_choose(struct lp_solver *solver, enum lp_choice choice)
{
    solver->choice = choice;
}

size_t lp_solver_way(const struct lp_solver *solver)
{
    return solver->way;
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

static bool problem_is_valid(const struct lp_solver *solver, const struct lp_problem *problem)
{
    if (problem->rows < 1 || problem->rows > solver->rows_max || problem->columns < 1 ||
        problem->columns > solver->columns_max || !all_finite(problem->matrix, problem->rows * problem->columns) ||
        (problem->cost != NULL && !all_finite(problem->cost, problem->columns))) {
        return false;
    }
    for (size_t i = 0; i < problem->rows; i++) {
        if (problem->relation[i] != LP_ROW_FREE && !isfinite(problem->bound[i])) {
            return false;
        }
    }
    return true;
}

static void scaled_take(struct lp_solver *solver, const struct lp_problem *problem)
{
    struct held *scaled = &solver->scaled;
    lp_scale_apply(&solver->scale, problem, scaled->matrix, scaled->cost, scaled->bound);
    memcpy(scaled->relation, problem->relation, problem->rows * sizeof *scaled->relation);
    for (size_t j = 0; j < problem->columns; j++) {
        scaled->is_free[j] = problem->is_free != NULL && problem->is_free[j];
    }
    held_present(scaled, problem->rows, problem->columns);
}

/* The first columns of the auxiliary program are the scaled one's, in a matrix of this many rows. */
static void auxiliary_take(struct lp_solver *solver, size_t rows)
{
    const struct lp_problem *scaled = &solver->scaled.problem;
    struct held *auxiliary = &solver->auxiliary;
    for (size_t j = 0; j < scaled->columns; j++) {
        memcpy(auxiliary->matrix + j * rows, scaled->matrix + j * scaled->rows, scaled->rows * sizeof(double));
        auxiliary->cost[j] = 0;
        auxiliary->is_free[j] = scaled->is_free[j];
    }
    memcpy(auxiliary->relation, scaled->relation, scaled->rows * sizeof *scaled->relation);
    memcpy(auxiliary->bound, scaled->bound, scaled->rows * sizeof *scaled->bound);
    held_present(auxiliary, rows, scaled->columns);
}

static void miss_add(struct held *held, size_t row, double sign)
{
    const size_t j = held->problem.columns;
    const size_t rows = held->problem.rows;
    memset(held->matrix + j * rows, 0, rows * sizeof *held->matrix);
    held->matrix[j * rows + row] = sign;
    held->cost[j] = 1;
    held->is_free[j] = false;
    held->problem.columns = j + 1;
}

/* Makes the auxiliary program the least sum by which the rows must be missed. */
static void misses_build(struct lp_solver *solver)
{
    struct held *held = &solver->auxiliary;
    auxiliary_take(solver, solver->scaled.problem.rows);
    for (size_t i = 0; i < held->problem.rows; i++) {
        if (held->relation[i] == LP_ROW_AT_LEAST || held->relation[i] == LP_ROW_EQUAL) {
            miss_add(held, i, 1);
        }
        if (held->relation[i] == LP_ROW_AT_MOST || held->relation[i] == LP_ROW_EQUAL) {
            miss_add(held, i, -1);
        }
    }
}

/* Makes it the direction in which cost falls most, down to -1. */
static void ray_build(struct lp_solver *solver)
{
    const struct lp_problem *scaled = &solver->scaled.problem;
    struct held *held = &solver->auxiliary;
    const size_t last = scaled->rows;
    auxiliary_take(solver, scaled->rows + 1);
    for (size_t i = 0; i < last; i++) {
        held->bound[i] = 0;
    }
    for (size_t j = 0; j < scaled->columns; j++) {
        held->matrix[j * (last + 1) + last] = scaled->cost[j];
        held->cost[j] = scaled->cost[j];
    }
    held->relation[last] = LP_ROW_AT_LEAST;
    held->bound[last] = -1;
}

/* What one way of solving claims of a held program. */
static enum status held_solve(struct lp_solver *solver, struct held *held, const struct lp_way *way,
                              struct lp_claim *claim)
{
    const struct lp_program program = {.problem = held->problem};
    memset(claim, 0, sizeof *claim);
    claim->x = held->x;
    if (way->kind == BY_GLPK) {
        return lp_glpk_solve(solver->glpk, &program, &way->glpk, claim);
    }
    return lp_dense_solve(solver->dense, &program, way->kind == BY_BLAND, claim);
}

static void claim_copy(const struct lp_problem *problem, const struct lp_claim *claim, struct lp_solution *solution)
{
    memcpy(solution->dual, claim->dual, sizeof solution->dual); /* all but the one that is ours */
    memcpy(solution->x, claim->x, problem->columns * sizeof *solution->x);
}

static void values_clean(double *values, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(values[i]));
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = fabs(values[i]) > CLAIM_ZERO * largest ? values[i] : 0;
    }
}

/* Takes out what may be rounding alone: beside nothing but itself it would look like a whole violation. */
static void claim_clean(const struct lp_problem *scaled, struct lp_claim *claim)
{
    values_clean(claim->x, scaled->columns);
    values_clean(claim->dual, scaled->rows);
}

/* Whether the program can be shown to have no answer, by the multipliers of the least misses. */
static enum status infeasible_prove(struct lp_solver *solver, const struct lp_problem *problem,
                                    const struct lp_way *way, struct lp_solution *solution, bool *is_proved)
{
    struct lp_claim claim;
    misses_build(solver);
    const enum status status = held_solve(solver, &solver->auxiliary, way, &claim);
    *is_proved = false;
    solver->misses = INFINITY;
    if (status == STATUS_OK && claim.outcome == LP_OPTIMAL) {
        solver->misses = 0;
        for (size_t j = problem->columns; j < solver->auxiliary.problem.columns; j++) {
            solver->misses += claim.x[j];
        }
        claim_copy(problem, &claim, solution);
        lp_scale_undo(&solver->scale, problem, solution);
        *is_proved = lp_certificate_infeasible(problem, solution);
        solution->outcome = LP_INFEASIBLE;
    }
    return status;
}

/* Whether it can be shown to be unbounded: a direction, and no proof that there is no point to start from. */
static enum status unbounded_prove(struct lp_solver *solver, const struct lp_problem *problem,
                                   const struct lp_way *way, struct lp_solution *solution, bool *is_proved)
{
    struct lp_claim claim;
    enum status status = infeasible_prove(solver, problem, way, solution, is_proved);
    if (status != STATUS_OK || *is_proved || !(solver->misses <= LP_TOLERANCE)) {
        return status;
    }
    ray_build(solver);
    status = held_solve(solver, &solver->auxiliary, way, &claim);
    if (status == STATUS_OK && claim.outcome == LP_OPTIMAL) {
        claim_copy(problem, &claim, solution);
        lp_scale_undo(&solver->scale, problem, solution);
        *is_proved = lp_certificate_ray(problem, solution);
        solution->outcome = LP_UNBOUNDED;
    }
    return status;
}

static enum status solve_once(struct lp_solver *solver, const struct lp_problem *problem,
                              const struct lp_way *way, struct lp_solution *solution, bool *is_proved)
{
    struct lp_claim claim;
    *is_proved = false;
    const enum status status = held_solve(solver, &solver->scaled, way, &claim);
    if (status != STATUS_OK) {
        return status;
    }
    switch (claim.outcome) {
    case LP_OPTIMAL:
        claim_copy(problem, &claim, solution);
        lp_scale_undo(&solver->scale, problem, solution);
        lp_certificate_optimum(problem, solution);
        *is_proved = lp_check_holds(&solution->check);
        if (!*is_proved) {
            claim_clean(&solver->scaled.problem, &claim);
            claim_copy(problem, &claim, solution);
            lp_scale_undo(&solver->scale, problem, solution);
            lp_certificate_optimum(problem, solution);
            *is_proved = lp_check_holds(&solution->check);
        }
        solution->outcome = LP_OPTIMAL;
        return STATUS_OK;
    case LP_INFEASIBLE:
        if (way->kind == BY_GLPK) {
            return infeasible_prove(solver, problem, way, solution, is_proved);
        }
        claim_copy(problem, &claim, solution);
        lp_scale_undo(&solver->scale, problem, solution);
        *is_proved = lp_certificate_infeasible(problem, solution);
        solution->outcome = LP_INFEASIBLE;
        return STATUS_OK;
    case LP_UNBOUNDED:
        if (way->kind == BY_GLPK) {
            return unbounded_prove(solver, problem, way, solution, is_proved);
        }
        claim_copy(problem, &claim, solution);
        lp_scale_undo(&solver->scale, problem, solution);
        *is_proved = lp_certificate_ray(problem, solution);
        solution->outcome = LP_UNBOUNDED;
        return STATUS_OK;
    }
    return STATUS_EXHAUSTED;
}

enum status lp_solve(struct lp_solver *solver, const struct lp_problem *problem, struct lp_solution *solution)
{
    if (!problem_is_valid(solver, problem)) {
        return STATUS_INVALID;
    }
    scaled_take(solver, problem);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        bool is_proved = false;
        if (solver->choice == LP_GLPK && ways[i].kind != BY_GLPK) {
            continue;
        }
        const enum status status = solve_once(solver, problem, &ways[i], solution, &is_proved);
        if (status == STATUS_BUSY || (status == STATUS_OK && is_proved)) {
            solver->way = i;
            return status;
        }
    }
    return STATUS_EXHAUSTED;
}
