/* The machinery below efficiency: the certificate refuses what is wrong, every way of solving agrees, GLPK may die. */
#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analytics/dea/bounds.h"
#include "analytics/dea/certificate.h"
#include "analytics/dea/claims.h"
#include "analytics/lp/guard.h"
#include "analytics/dea/pins.h"
#include "analytics/dea/program.h"

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
        .inputs = 1,
        .columns = 3,
        .guess = 1,
        .first = 2,
        .matrix = matrix,
        .has_extra = true,
        .extra = {0, -1, 0},
        .extra_cost = -1,
        .relation = {LP_ROW_AT_MOST, LP_ROW_AT_LEAST, LP_ROW_EQUAL},
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

/* ---- the bounds of radial scores ---- */

/* The same optimum, proved from the judged unit's own values; what small_solution says is all it needs. */
static void test_bounds_accept_the_optimum(void **state)
{
    (void) state;
    struct dea_program program = small_program();
    struct dea_solution solution = small_solution();
    program.is_radial = true;
    solution.extra = 17; /* not looked at */
    dea_certificate_check(&program, &solution);
    assert_true(worst(&solution) <= 1e-12);
    assert_true(solution.extra == 3 && solution.objective == -3);
    assert_true(solution.dual[0] == 0 && fabs(solution.dual[1] * 3 - 1) <= 1e-12);
    assert_true(reduced[0] > 0.5 && fabs(reduced[1]) <= 1e-12 && reduced[2] > 0.5);
}

/* A point that is not the best, weights that do not prove the best, and no numbers. */
static void test_bounds_refuse_the_rest(void **state)
{
    (void) state;
    for (unsigned change = 0; change < 7; change++) {
        struct dea_program program = small_program();
        struct dea_solution solution = small_solution();
        double *const numbers[] = {&lambda[0], &lambda[1], &lambda[2], &solution.dual[0], &solution.dual[1],
                                   &solution.dual[1], &lambda[2]};
        static const double values[] = {0.1, NAN, 1e-6, -1e-6, NAN, 0, INFINITY};
        program.is_radial = true;
        *numbers[change] = values[change];
        dea_certificate_check(&program, &solution);
        assert_true(worst(&solution) >= 1e-7);
    }
}

/* One unit makes 1 of 1, the judged one 1e-13 of 1: theta is 1e-13, and nothing about it is absolute. */
static void test_bounds_are_relative(void **state)
{
    (void) state;
    static const double matrix[] = {1, 1, 1, 1, 1e-13, 1};
    const struct dea_program program = {
        .rows = ROWS,
        .inputs = 1,
        .columns = 2,
        .guess = 1,
        .is_radial = true,
        .first = 1,
        .matrix = matrix,
        .has_extra = true,
        .extra = {-1, 0, 0},
        .extra_cost = 1,
        .relation = {LP_ROW_AT_MOST, LP_ROW_AT_LEAST, LP_ROW_FREE},
        .bound = {0, 1e-13, 0},
    };
    struct dea_solution solution = {.dual = {-1, 1, 0}, .lambda = lambda, .reduced = reduced};
    lambda[0] = 5; /* any multiple will do */
    lambda[1] = 0;
    dea_certificate_check(&program, &solution);
    assert_true(worst(&solution) <= 1e-15);
    assert_true(fabs(solution.extra / 1e-13 - 1) <= 1e-15 && fabs(lambda[0] / 1e-13 - 1) <= 1e-15);
    /* The unit as its own peer reaches 1 only; in absolute terms the multipliers would hide that. */
    lambda[0] = 0;
    lambda[1] = 1;
    dea_certificate_check(&program, &solution);
    assert_true(solution.check.duality_gap >= 0.9);
    assert_true(fabs(dea_bounds_guess(&program) / 1e-13 - 1) <= 1e-15);
}

/* Judging (1, 1), which nobody undercuts: only equals can be its peers, whatever the others make. */
static void test_pins_leave_equals(void **state)
{
    (void) state;
    static const double matrix[] = {1, 1, 1, 2, 3, 1, 1, 0.5, 1, 3, 1, 1};
    static const double minimum[] = {1, 0.5, 1};
    static const double maximum[] = {3, 3, 1};
    struct dea_pins pins;
    assert_int_equal(dea_pins_init(&pins, ROWS, 4), STATUS_OK);
    struct dea_program program = small_program();
    program.is_radial = true;
    program.matrix = matrix;
    program.columns = 4;
    program.first = 2;
    program.bound[0] = 3;
    assert_false(dea_pins_apply(&pins, minimum, maximum, &program));
    program.bound[0] = 1;
    assert_true(dea_pins_apply(&pins, minimum, maximum, &program));
    assert_int_equal(program.columns, 2);
    assert_int_equal(program.first, 1);
    assert_int_equal(program.relation[0], LP_ROW_FREE);
    assert_true(program.matrix[0] == 1 && program.matrix[ROWS + 1] == 0.5);
    struct dea_solution solution = {.lambda = lambda, .reduced = reduced};
    lambda[0] = 0.25;
    lambda[1] = 0.75;
    reduced[0] = reduced[1] = 0;
    dea_pins_spread(&pins, 4, &solution);
    assert_true(lambda[0] == 0.25 && lambda[1] == 0 && lambda[2] == 0.75 && lambda[3] == 0);
    assert_true(reduced[0] == 0 && isinf(reduced[1]) && reduced[2] == 0 && isinf(reduced[3]));
    dea_pins_fini(&pins);
    dea_pins_fini(&pins);
}

static void test_every_way_agrees(void **state)
{
    (void) state;
    const struct dea_program program = small_program();
    struct lp_glpk *glpk = lp_glpk_create();
    assert_non_null(glpk);
    for (unsigned i = 0; i < 32; i++) {
        const struct dea_glpk_way way = {.is_plain = (i & 1) != 0, .is_dual = (i & 2) != 0,
                                         .has_presolve = (i & 4) != 0, .scale = (enum dea_scale)(i / 8)};
        struct dea_solution solution = small_solution();
        solution.extra = 0;
        lambda[1] = 0;
        assert_int_equal(dea_claim_glpk(glpk, &program, &way, &solution), STATUS_OK);
        dea_certificate_check(&program, &solution);
        assert_true(worst(&solution) <= DEA_TOLERANCE);
        assert_true(fabs(solution.objective + 3) <= DEA_TOLERANCE);
    }
    lp_glpk_free(glpk);
    lp_glpk_free(NULL);
}

/* Contradictory and unbounded programs end in a status after every way was tried. */
static void test_no_answer_is_a_status(void **state)
{
    (void) state;
    struct dea_solver *solver = dea_solver_create();
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

/* 200 units on and below a concave frontier, for solvers to agree on; the generator is a plain congruence. */
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

/* Our simplex, by either rule, from a panel or without, and GLPK: the same optimum, each with its proof. */
static void test_the_simplex_agrees_with_glpk(void **state)
{
    (void) state;
    static double other[COLUMNS];
    static double spare[COLUMNS];
    columns_make();
    const struct dea_glpk_way way = {.is_plain = false};
    struct lp_glpk *glpk = lp_glpk_create();
    struct lp_dense *dense = lp_dense_create();
    struct lp_panel panel;
    assert_true(glpk != NULL && dense != NULL);
    assert_int_equal(lp_panel_init(&panel, ROWS, COLUMNS), STATUS_OK);
    for (size_t j = 0; j < COLUMNS; j++) {
        lp_panel_set(&panel, j, columns + j * ROWS);
    }
    for (size_t o = 0; o < COLUMNS; o++) {
        struct dea_program program = small_program();
        program.columns = COLUMNS;
        program.matrix = columns;
        program.first = o;
        program.bound[0] = columns[o * ROWS];
        program.extra[1] = -columns[o * ROWS + 1];
        struct dea_solution theirs = {.lambda = lambda, .reduced = reduced};
        assert_int_equal(dea_claim_glpk(glpk, &program, &way, &theirs), STATUS_OK);
        dea_certificate_check(&program, &theirs);
        for (unsigned i = 0; i < 8; i++) {
            struct dea_solution ours = {.lambda = other, .reduced = spare};
            program.panel = (i & 1) != 0 ? &panel : NULL;
            program.is_radial = (i & 4) != 0;
            assert_int_equal(dea_claim_dense(dense, &program, (i & 2) != 0, &ours), STATUS_OK);
            dea_certificate_check(&program, &ours);
            assert_true(worst(&ours) <= DEA_TOLERANCE);
            assert_true(fabs(theirs.objective - ours.objective) <= 1e-12 * fabs(theirs.objective));
        }
        program.enough = -theirs.objective - 1e-6;
        struct dea_solution left = {.lambda = other, .reduced = spare};
        assert_int_equal(dea_claim_dense(dense, &program, false, &left), STATUS_CONFLICT);
    }
    lp_panel_fini(&panel);
    lp_dense_free(dense);
    lp_dense_free(NULL);
    lp_glpk_free(glpk);
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
    const struct lp_watch nobody = {NULL, NULL};
    for (int i = 0; i < 3; i++) {
        int reached = 0;
        assert_int_equal(lp_guard_run(step_break_glpk, &reached, &nobody), STATUS_EXHAUSTED);
        assert_int_equal(reached, 1);
        struct dea_solver *solver = dea_solver_create();
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
    struct lp_glpk *glpk = lp_glpk_create();
    const struct dea_glpk_way way = {.is_plain = false};
    struct dea_program program = small_program();
    struct dea_solution solution = small_solution();
    assert_int_equal(dea_claim_glpk(glpk, &program, &way, &solution), STATUS_OK);
    const double bad[] = {1, 1, 1, NAN, 3, 1, 3, 1, 1};
    program.matrix = bad;
    /* Whatever GLPK makes of NaN, the certificate does not take it. */
    if (dea_claim_glpk(glpk, &program, &way, &solution) == STATUS_OK) {
        dea_certificate_check(&program, &solution);
        assert_false(worst(&solution) <= DEA_TOLERANCE);
    }
    program = small_program();
    program.matrix = columns;
    program.columns = 0; /* GLPK refuses to add no columns, by dying */
    program.has_extra = false;
    assert_int_equal(dea_claim_glpk(glpk, &program, &way, &solution), STATUS_EXHAUSTED);
    program = small_program();
    assert_int_equal(dea_claim_glpk(glpk, &program, &way, &solution), STATUS_OK);
    assert_true(fabs(solution.extra - 3) <= DEA_TOLERANCE);
    lp_glpk_free(glpk);
}

static int thread_end(void **state)
{
    (void) state;
    dea_thread_end();
    return 0;
}

static bool at_once(void *asked)
{
    ++*(int *) asked;
    return true;
}

/* A program on which GLPK pivots for a good part of a second is left in the middle, and the thread can solve again. */
static void test_a_long_program_can_be_ended(void **state)
{
    enum { WIDE = 100000, TALL = 41, INPUTS = 20 };
    static double wide[WIDE * TALL];
    static double wide_lambda[WIDE];
    static double wide_reduced[WIDE];
    (void) state;
    unsigned random = 7;
    for (size_t i = 0; i < (size_t) WIDE * TALL; i++) {
        random = random * 1664525U + 1013904223U;
        wide[i] = i % TALL < TALL - 1 ? 1 + random / 4294967296.0 : 1;
    }
    struct dea_program program = {.rows = TALL, .inputs = INPUTS, .columns = WIDE, .matrix = wide, .has_extra = true,
                                  .extra_cost = -1, .guess = 1};
    for (size_t i = 0; i < TALL; i++) {
        const bool is_output = i >= INPUTS && i < TALL - 1;
        program.relation[i] = i < INPUTS ? LP_ROW_AT_MOST : is_output ? LP_ROW_AT_LEAST : LP_ROW_EQUAL;
        program.extra[i] = is_output ? -wide[i] : 0;
        program.bound[i] = is_output ? 0 : wide[i];
    }
    int asked = 0;
    const struct lp_watch watch = {at_once, &asked};
    const struct dea_glpk_way way = {.is_plain = true};
    struct dea_solution solution = {.lambda = wide_lambda, .reduced = wide_reduced};
    struct lp_glpk *glpk = lp_glpk_create();
    lp_glpk_watch(glpk, &watch);
    assert_int_equal(dea_claim_glpk(glpk, &program, &way, &solution), STATUS_BUSY);
    assert_int_equal(asked, 1);

    program = small_program();
    solution = small_solution();
    assert_int_equal(dea_claim_glpk(glpk, &program, &way, &solution), STATUS_OK);
    assert_true(fabs(solution.extra - 3) <= DEA_TOLERANCE);
    assert_int_equal(asked, 1);
    lp_glpk_free(glpk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_accepts_the_optimum),
        cmocka_unit_test(test_certificate_refuses_changes),
        cmocka_unit_test(test_certificate_refuses_wrong_signs_and_points),
        cmocka_unit_test(test_bounds_accept_the_optimum),
        cmocka_unit_test(test_bounds_refuse_the_rest),
        cmocka_unit_test(test_bounds_are_relative),
        cmocka_unit_test(test_pins_leave_equals),
        cmocka_unit_test(test_every_way_agrees),
        cmocka_unit_test(test_no_answer_is_a_status),
        cmocka_unit_test(test_the_simplex_agrees_with_glpk),
        cmocka_unit_test(test_glpk_may_die),
        cmocka_unit_test(test_solver_survives_glpk),
        cmocka_unit_test(test_a_long_program_can_be_ended),
    };
    return cmocka_run_group_tests(tests, NULL, thread_end);
}
