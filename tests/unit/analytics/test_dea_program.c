/* The machinery below efficiency: the certificate refuses what is wrong, every way of solving agrees, GLPK may die. */
#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analytics/dea_certificate.h"
#include "analytics/dea_glpk.h"
#include "analytics/dea_guard.h"
#include "analytics/dea_program.h"
#include "analytics/dea_sift.h"

enum { ROWS = 3, COLUMNS = 200 };

static double lambda[COLUMNS];
static double reduced[COLUMNS];
static double columns[ROWS * COLUMNS];

/* max phi over three units of one input and one output under VRS, judging (3, 1): 1 -> 1, 2 -> 3, 3 -> 1. */
static struct dea_program small_program(void)
{
    static const double matrix[] = {1, 1, 1, 2, 3, 1, 3, 1, 1};
    return (struct dea_program){
        .rows = ROWS,
        .columns = 3,
        .first = 2,
        .matrix = matrix,
        .has_extra = true,
        .extra = {0, -1, 0},
        .extra_cost = -1,
        .relation = {DEA_ROW_AT_MOST, DEA_ROW_AT_LEAST, DEA_ROW_EQUAL},
        .bound = {3, 0, 1},
    };
}

/* Its optimum, phi = 3 through the second unit, and multipliers that prove it. */
static struct dea_solution small_solution(void)
{
    lambda[0] = lambda[2] = 0;
    lambda[1] = 1;
    return (struct dea_solution){.extra = 3, .dual = {0, 1, -3}, .lambda = lambda, .reduced = reduced};
}

static void test_certificate_accepts_the_optimum(void **state)
{
    (void) state;
    const struct dea_program program = small_program();
    struct dea_solution solution = small_solution();
    dea_certificate_check(&program, &solution);
    assert_true(solution.check.primal_infeasibility == 0);
    assert_true(solution.check.dual_infeasibility == 0);
    assert_true(solution.check.duality_gap == 0);
    assert_true(solution.objective == -3);
    assert_true(reduced[0] == 2 && reduced[1] == 0 && reduced[2] == 2);
}

static double worst(const struct dea_solution *solution)
{
    const struct dea_check *check = &solution->check;
    return fmax(check->primal_infeasibility, fmax(check->dual_infeasibility, check->duality_gap));
}

/* Each change of one number by a millionth is seen as a violation of about that size; NaN as an infinite one. */
static void test_certificate_refuses_changes(void **state)
{
    (void) state;
    const struct dea_program program = small_program();
    for (unsigned change = 0; change < 14; change++) {
        struct dea_solution solution = small_solution();
        double *const numbers[] = {&lambda[0], &lambda[1], &lambda[2], &solution.extra, &solution.dual[1],
                                   &solution.dual[2], &solution.dual[0]};
        *numbers[change / 2] += change % 2 == 0 ? -1e-6 : NAN;
        dea_certificate_check(&program, &solution);
        assert_true(worst(&solution) >= 1e-7);
    }
}

static void test_certificate_refuses_wrong_signs_and_points(void **state)
{
    (void) state;
    const struct dea_program program = small_program();
    struct dea_solution solution = small_solution();
    solution.dual[0] = 1; /* a row that is at most cannot have a positive multiplier in a minimisation */
    solution.dual[2] = -6;
    dea_certificate_check(&program, &solution);
    assert_true(worst(&solution) >= 0.1);
    /* Feasible, consistent, and not optimal: the unit itself with phi = 1. */
    solution = small_solution();
    lambda[1] = 0;
    lambda[2] = 1;
    solution.extra = 1;
    solution.dual[2] = -1;
    dea_certificate_check(&program, &solution);
    assert_true(solution.check.primal_infeasibility == 0);
    assert_true(solution.check.duality_gap == 0);
    assert_true(solution.check.dual_infeasibility >= 1);
}

static void test_every_way_agrees(void **state)
{
    (void) state;
    const struct dea_program program = small_program();
    struct dea_glpk *glpk = dea_glpk_create();
    assert_non_null(glpk);
    for (unsigned i = 0; i < 16; i++) {
        const struct dea_glpk_way way = {.is_plain = (i & 1) != 0, .is_dual = (i & 2) != 0,
                                         .has_row_scale = (i & 4) != 0, .has_presolve = (i & 8) != 0};
        struct dea_solution solution = small_solution();
        solution.extra = 0;
        lambda[1] = 0;
        assert_int_equal(dea_glpk_solve(glpk, &program, &way, &solution), STATUS_OK);
        dea_certificate_check(&program, &solution);
        assert_true(worst(&solution) <= DEA_TOLERANCE);
        assert_true(fabs(solution.objective + 3) <= DEA_TOLERANCE);
    }
    dea_glpk_free(glpk);
    dea_glpk_free(NULL);
}

/* Contradictory and unbounded programs end in a status after every way was tried. */
static void test_no_answer_is_a_status(void **state)
{
    (void) state;
    struct dea_solver *solver = dea_solver_create(ROWS);
    assert_non_null(solver);
    struct dea_program program = small_program();
    struct dea_solution solution = small_solution();
    program.bound[0] = 0.5; /* no unit gets by on so little */
    assert_int_equal(dea_solver_solve(solver, &program, &solution), STATUS_EXHAUSTED);
    program = small_program();
    program.extra[1] = 1; /* phi now helps its own row */
    assert_int_equal(dea_solver_solve(solver, &program, &solution), STATUS_EXHAUSTED);
    const struct dea_certificate before = dea_solver_certificate(solver);
    assert_int_equal(before.program_count, 0);
    assert_true(before.retry_count >= 10);
    program = small_program();
    assert_int_equal(dea_solver_solve(solver, &program, &solution), STATUS_OK);
    assert_int_equal(dea_solver_certificate(solver).program_count, 1);
    dea_solver_free(solver);
    dea_solver_free(NULL);
}

/* 200 units on and below a concave frontier, for the sifting; the generator is a plain congruence. */
static void columns_make(void)
{
    uint32_t seed = 12345;
    for (size_t j = 0; j < COLUMNS; j++) {
        seed = seed * 1664525U + 1013904223U;
        const double x = 0.05 + 0.9 * (double) (seed >> 8) / 16777216.0;
        seed = seed * 1664525U + 1013904223U;
        columns[j * ROWS] = x;
        columns[j * ROWS + 1] = sqrt(x) * (0.3 + 0.7 * (double) (seed >> 8) / 16777216.0);
        columns[j * ROWS + 2] = 1;
    }
}

static void test_sifting_agrees_with_the_whole(void **state)
{
    (void) state;
    static double other[COLUMNS];
    static double spare[COLUMNS];
    columns_make();
    const struct dea_glpk_way way = {.is_plain = false};
    struct dea_glpk *glpk = dea_glpk_create();
    struct dea_sift *sift = dea_sift_create(ROWS);
    assert_true(glpk != NULL && sift != NULL);
    for (size_t o = 0; o < COLUMNS; o++) {
        struct dea_program program = small_program();
        program.columns = COLUMNS;
        program.matrix = columns;
        program.first = o;
        program.bound[0] = columns[o * ROWS];
        program.extra[1] = -columns[o * ROWS + 1];
        struct dea_solution whole = {.lambda = lambda, .reduced = reduced};
        struct dea_solution sifted = {.lambda = other, .reduced = spare};
        assert_int_equal(dea_glpk_solve(glpk, &program, &way, &whole), STATUS_OK);
        dea_certificate_check(&program, &whole);
        assert_int_equal(dea_sift_solve(sift, glpk, &program, &way, &sifted), STATUS_OK);
        assert_true(worst(&sifted) <= DEA_TOLERANCE);
        assert_true(fabs(whole.objective - sifted.objective) <= 1e-12);
    }
    dea_sift_free(sift);
    dea_sift_free(NULL);
    dea_glpk_free(glpk);
}

static void step_break_glpk(void *context)
{
    glp_prob *problem = glp_create_prob();
    *(int *) context = 1;
    glp_add_rows(problem, -1); /* GLPK prints a text and calls abort() */
    *(int *) context = 2;
}

/* GLPK's way of dying becomes a status, says nothing, and leaves a thread that can solve again. */
static void test_glpk_may_die(void **state)
{
    (void) state;
    for (int i = 0; i < 3; i++) {
        int reached = 0;
        assert_int_equal(dea_guard_run(step_break_glpk, &reached), STATUS_EXHAUSTED);
        assert_int_equal(reached, 1);
        struct dea_solver *solver = dea_solver_create(ROWS);
        const struct dea_program program = small_program();
        struct dea_solution solution = small_solution();
        assert_int_equal(dea_solver_solve(solver, &program, &solution), STATUS_OK);
        assert_true(fabs(solution.extra - 3) <= DEA_TOLERANCE);
        dea_solver_free(solver);
    }
}

/* A solver whose problem went down with the environment makes itself a new one. */
static void test_solver_survives_glpk(void **state)
{
    (void) state;
    struct dea_glpk *glpk = dea_glpk_create();
    const struct dea_glpk_way way = {.is_plain = false};
    struct dea_program program = small_program();
    struct dea_solution solution = small_solution();
    assert_int_equal(dea_glpk_solve(glpk, &program, &way, &solution), STATUS_OK);
    const double bad[] = {1, 1, 1, NAN, 3, 1, 3, 1, 1};
    program.matrix = bad;
    /* Whatever GLPK makes of NaN, the certificate does not take it. */
    if (dea_glpk_solve(glpk, &program, &way, &solution) == STATUS_OK) {
        dea_certificate_check(&program, &solution);
        assert_false(worst(&solution) <= DEA_TOLERANCE);
    }
    program = small_program();
    program.matrix = columns;
    program.columns = 0; /* GLPK refuses to add no columns, by dying */
    program.has_extra = false;
    assert_int_equal(dea_glpk_solve(glpk, &program, &way, &solution), STATUS_EXHAUSTED);
    program = small_program();
    assert_int_equal(dea_glpk_solve(glpk, &program, &way, &solution), STATUS_OK);
    assert_true(fabs(solution.extra - 3) <= DEA_TOLERANCE);
    dea_glpk_free(glpk);
}

static int thread_end(void **state)
{
    (void) state;
    dea_thread_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_accepts_the_optimum),
        cmocka_unit_test(test_certificate_refuses_changes),
        cmocka_unit_test(test_certificate_refuses_wrong_signs_and_points),
        cmocka_unit_test(test_every_way_agrees),
        cmocka_unit_test(test_no_answer_is_a_status),
        cmocka_unit_test(test_sifting_agrees_with_the_whole),
        cmocka_unit_test(test_glpk_may_die),
        cmocka_unit_test(test_solver_survives_glpk),
    };
    return cmocka_run_group_tests(tests, NULL, thread_end);
}
