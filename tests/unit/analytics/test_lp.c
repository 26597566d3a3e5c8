/* Small linear programs against answers known by hand, by enumeration of all bases, and in other units. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/lp/certificate.h"
#include "analytics/lp/lp.h"

enum { M = 3, N = 6, X_MAX = 4096 };

static double x[X_MAX];
static double reduced[X_MAX];
static enum lp_choice choice;

static struct lp_solution solution_room(void)
{
    memset(x, 0, sizeof x);
    return (struct lp_solution){.x = x, .reduced = reduced};
}

static enum status solve(const struct lp_problem *problem, struct lp_solution *solution)
{
    struct lp_solver *solver = lp_solver_create(problem->rows, problem->columns);
    assert_non_null(solver);
    lp_solver_choose(solver, choice);
    *solution = solution_room();
    const enum status status = lp_solve(solver, problem, solution);
    /* Nothing here is so hard that the first way would fail. */
    assert_true(status != STATUS_OK || lp_solver_way(solver) == (choice == LP_SIMPLEX ? 0 : 2));
    lp_solver_free(solver);
    lp_thread_end();
    return status;
}

/* min -3a - 5b with a <= 4, 2b <= 12, 3a + 2b <= 18 (Dantzig's best known): a = 2, b = 6, -36. */
static void test_a_known_optimum_with_its_multipliers(void **state)
{
    (void) state;
    const double matrix[] = {1, 0, 3, 0, 2, 2};
    const double cost[] = {-3, -5};
    const double bound[] = {4, 12, 18};
    const enum lp_relation relation[] = {LP_ROW_AT_MOST, LP_ROW_AT_MOST, LP_ROW_AT_MOST};
    const struct lp_problem problem = {
        .rows = 3, .columns = 2, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    struct lp_solution solution;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_int_equal(solution.outcome, LP_OPTIMAL);
    assert_true(fabs(solution.objective + 36) < 1e-12 && fabs(x[0] - 2) < 1e-12 && fabs(x[1] - 6) < 1e-12);
    assert_true(fabs(solution.dual[0]) < 1e-12 && fabs(solution.dual[1] + 1.5) < 1e-12 &&
                fabs(solution.dual[2] + 1) < 1e-12);
}

/*
 * 0.1 t >= 1 and 0.3 t <= upper. The multipliers 3 and 1 leave 3 * 0.1 - 0.3 of t, which is above 0 by the rounding of the constants: a
 * digit more of the second proves what neither of them does alone, and proves nothing where t = 10 is allowed.
 */
static void test_multipliers_on_an_edge_prove_what_they_can(void **state)
{
    (void) state;
    static const double uppers[] = {2.9, 3, 3.1};
    const double matrix[] = {0.1, -0.3};
    const double cost[] = {0};
    const enum lp_relation relation[] = {LP_ROW_AT_LEAST, LP_ROW_AT_LEAST};
    for (size_t i = 0; i < 3; i++) {
        const double bound[] = {1, -uppers[i]};
        const struct lp_problem problem = {
            .rows = 2, .columns = 1, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
        struct lp_solution solution = solution_room();
        solution.dual[0] = 3;
        solution.dual[1] = 1;
        assert_int_equal(lp_certificate_infeasible(&problem, &solution), i == 0);
        assert_int_equal(solution.is_certain, i == 0);
        assert_true(solution.dual[0] * 0.1 <= solution.dual[1] * 0.3 * (1 + 4 * DBL_EPSILON));
    }
}

/* min |a - 3| as p + n with a free: a - p + n = 3, a <= -2: a = -2, 5. */
static void test_a_free_variable_may_be_negative(void **state)
{
    (void) state;
    const double matrix[] = {1, 1, -1, 0, 1, 0};
    const double cost[] = {0, 1, 1};
    const double bound[] = {3, -2};
    const bool is_free[] = {true, false, false};
    const enum lp_relation relation[] = {LP_ROW_EQUAL, LP_ROW_AT_MOST};
    const struct lp_problem problem = {.rows = 2, .columns = 3, .matrix = matrix, .cost = cost, .relation = relation,
                                       .bound = bound, .is_free = is_free};
    struct lp_solution solution;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_int_equal(solution.outcome, LP_OPTIMAL);
    assert_true(fabs(x[0] + 2) < 1e-12 && fabs(solution.objective - 5) < 1e-12);
}

static void test_no_answer_is_proved(void **state)
{
    (void) state;
    const double matrix[] = {1, 1, 2, 1};
    const double cost[] = {-1, -1};
    const double bound[] = {1, 3};
    const enum lp_relation relation[] = {LP_ROW_AT_MOST, LP_ROW_AT_LEAST};
    struct lp_problem problem = {
        .rows = 2, .columns = 2, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    struct lp_solution solution;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_int_equal(solution.outcome, LP_INFEASIBLE);
    assert_true(lp_certificate_infeasible(&problem, &solution) && solution.is_certain);
    /* Without the first row there is an answer for ever. */
    const enum lp_relation open[] = {LP_ROW_FREE, LP_ROW_AT_LEAST};
    problem.relation = open;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_int_equal(solution.outcome, LP_UNBOUNDED);
    assert_true(lp_certificate_ray(&problem, &solution) && solution.is_certain);
    /* Falling for ever, but from nowhere: 0 x >= 1 besides. */
    const double nowhere[] = {0, 1, 0, 1};
    const enum lp_relation both[] = {LP_ROW_AT_LEAST, LP_ROW_AT_LEAST};
    problem.relation = both;
    problem.matrix = nowhere;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_int_equal(solution.outcome, LP_INFEASIBLE);
}

/*
 * (1 + 2^-40) a - b >= 1, a - b <= 0: the difference of the rows leaves 2^-40 a >= 1, which shares take for a proof, though a = b = 2^40
 * will do. With a + b <= 100 there is none, and that is certain; with a + b <= 2^42 there is one again.
 */
static void test_what_rounding_could_have_made_is_not_certain(void **state)
{
    (void) state;
    const double matrix[] = {1 + 0x1p-40, 1, 1, -1, -1, 1};
    double bound[] = {1, 0, 100};
    enum lp_relation relation[] = {LP_ROW_AT_LEAST, LP_ROW_AT_MOST, LP_ROW_FREE};
    const struct lp_problem problem = {.rows = 3, .columns = 2, .matrix = matrix, .relation = relation, .bound = bound};
    struct lp_solution solution = solution_room();
    solution.dual[0] = 1;
    solution.dual[1] = -1;
    assert_true(lp_certificate_infeasible(&problem, &solution) && !solution.is_certain);
    relation[2] = LP_ROW_AT_MOST;
    assert_true(lp_certificate_infeasible(&problem, &solution) && solution.is_certain);
    bound[2] = 0x1p42;
    assert_true(lp_certificate_infeasible(&problem, &solution) && !solution.is_certain);
    /* A direction that misses a row by a share of 2^-40 is none; one of data in which nothing is lost is one. */
    const double downwards[] = {-1, 0};
    const double directions[] = {1, 1 + 0x1p-40, -1, -1};
    const enum lp_relation both[] = {LP_ROW_AT_MOST, LP_ROW_AT_MOST};
    struct lp_problem open = {.rows = 2, .columns = 2, .matrix = directions, .cost = downwards, .relation = both, .bound = bound};
    x[0] = x[1] = 1;
    assert_true(lp_certificate_ray(&open, &solution) && !solution.is_certain);
    x[1] = 1 + 0x1p-40;
    assert_true(lp_certificate_ray(&open, &solution) && solution.is_certain);
}

static void test_numbers_that_are_none_and_sizes_are_refused(void **state)
{
    (void) state;
    const double matrix[] = {1, 1};
    const double cost[] = {1, NAN};
    const double bound[] = {INFINITY};
    const enum lp_relation relation[] = {LP_ROW_AT_LEAST};
    struct lp_problem problem = {
        .rows = 1, .columns = 2, .matrix = matrix, .relation = relation, .bound = bound};
    struct lp_solution solution;
    assert_int_equal(solve(&problem, &solution), STATUS_INVALID);
    const double one[] = {1};
    problem.bound = one;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_true(solution.objective == 0);
    problem.cost = cost;
    assert_int_equal(solve(&problem, &solution), STATUS_INVALID);
}

/* ------------------------------------------------------------------------------------------- every basis, by force */

static uint64_t random_state = 1;

static double random_uniform(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double) ((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Solves a square system by elimination with full pivoting; false when it is singular. */
static bool system_solve(double a[M][M + 1])
{
    for (size_t k = 0; k < M; k++) {
        size_t best = k;
        for (size_t i = k; i < M; i++) {
            best = fabs(a[i][k]) > fabs(a[best][k]) ? i : best;
        }
        if (fabs(a[best][k]) < 1e-9) {
            return false;
        }
        for (size_t c = 0; c <= M; c++) {
            const double kept = a[k][c];
            a[k][c] = a[best][c];
            a[best][c] = kept;
        }
        for (size_t i = 0; i < M; i++) {
            const double factor = a[i][k] / a[k][k];
            for (size_t c = k; i != k && c <= M; c++) {
                a[i][c] -= factor * a[k][c];
            }
        }
    }
    for (size_t i = 0; i < M; i++) {
        a[i][M] /= a[i][i];
    }
    return true;
}

/* The least cost over all feasible bases of columns and slacks; INFINITY if none is feasible. */
static double best_by_force(const struct lp_problem *problem)
{
    double best = INFINITY;
    for (unsigned set = 0; set < 1u << (N + M); set++) {
        double a[M][M + 1] = {{0}};
        size_t member[M];
        size_t count = 0;
        for (size_t j = 0; j < N + M; j++) {
            if ((set >> j & 1u) != 0 && count++ < M) {
                member[count - 1] = j;
            }
        }
        bool is_basis = count == M;
        for (size_t k = 0; is_basis && k < M; k++) {
            const size_t j = member[k];
            for (size_t i = 0; i < M; i++) {
                const double slack = problem->relation[i] == LP_ROW_AT_MOST ? 1 : -1;
                a[i][k] = j < N ? problem->matrix[j * M + i] : (i == j - N ? slack : 0);
                a[i][M] = problem->bound[i];
            }
            is_basis = j < N || problem->relation[j - N] != LP_ROW_EQUAL;
        }
        is_basis = is_basis && system_solve(a);
        double cost = 0;
        for (size_t k = 0; is_basis && k < M; k++) {
            is_basis = a[k][M] >= -1e-9;
            cost += member[k] < N ? problem->cost[member[k]] * a[k][M] : 0;
        }
        best = is_basis && cost < best ? cost : best;
    }
    return best;
}

/* Small whole numbers bring ties and degenerate corners; every row and column in other units must change nothing. */
static void test_random_programs_agree_with_enumeration(void **state)
{
    (void) state;
    size_t outcomes[3] = {0};
    for (size_t trial = 0; trial < 400; trial++) {
        double matrix[M * N];
        double cost[N];
        double bound[M];
        enum lp_relation relation[M];
        double row_unit[M];
        for (size_t i = 0; i < M; i++) {
            relation[i] = (enum lp_relation) (1 + (int) (3 * random_uniform()));
            bound[i] = floor(7 * random_uniform()) - 1;
            row_unit[i] = pow(10, floor(13 * random_uniform()) - 6);
        }
        for (size_t j = 0; j < N; j++) {
            cost[j] = floor(7 * random_uniform()) - 1;
            for (size_t i = 0; i < M; i++) {
                matrix[j * M + i] = floor(9 * random_uniform()) - 2;
            }
        }
        struct lp_problem problem = {
            .rows = M, .columns = N, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
        const double best = best_by_force(&problem);
        struct lp_solution solution;
        assert_int_equal(solve(&problem, &solution), STATUS_OK);
        const enum lp_outcome outcome = solution.outcome;
        const double objective = solution.objective;
        outcomes[outcome]++;
        assert_true((best == INFINITY) == (outcome == LP_INFEASIBLE));
        if (outcome == LP_OPTIMAL) {
            assert_true(fabs(objective - best) <= 1e-9 * fmax(1, fabs(best)));
        }
        for (size_t j = 0; j < N; j++) {
            const double unit = pow(10, floor(9 * random_uniform()) - 4);
            cost[j] *= unit;
            for (size_t i = 0; i < M; i++) {
                matrix[j * M + i] *= unit * row_unit[i];
            }
        }
        for (size_t i = 0; i < M; i++) {
            bound[i] *= row_unit[i];
        }
        assert_int_equal(solve(&problem, &solution), STATUS_OK);
        assert_int_equal(solution.outcome, outcome);
        if (outcome == LP_OPTIMAL) {
            assert_true(fabs(solution.objective - objective) <= 1e-9 * fmax(1, fabs(best)));
        }
    }
    assert_true(outcomes[0] > 50 && outcomes[1] > 50 && outcomes[2] > 50);
}

static void test_a_solver_can_be_used_again_and_remembers_nothing(void **state)
{
    (void) state;
    const double matrix[] = {1, 2, 3};
    const double cost[] = {1, 1, 1};
    const double bound[] = {6};
    const enum lp_relation relation[] = {LP_ROW_EQUAL};
    const struct lp_problem problem = {
        .rows = 1, .columns = 3, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    const struct lp_problem other = {.rows = 1, .columns = 2, .matrix = matrix, .relation = relation, .bound = bound};
    struct lp_solver *solver = lp_solver_create(4, 10);
    assert_non_null(solver);
    lp_solver_choose(solver, choice);
    struct lp_solution first = solution_room();
    assert_int_equal(lp_solve(solver, &problem, &first), STATUS_OK);
    double kept[3];
    memcpy(kept, x, sizeof kept);
    struct lp_solution second = solution_room();
    assert_int_equal(lp_solve(solver, &other, &second), STATUS_OK);
    struct lp_solution third = solution_room();
    assert_int_equal(lp_solve(solver, &problem, &third), STATUS_OK);
    assert_memory_equal(kept, x, sizeof kept);
    assert_memory_equal(&first.dual, &third.dual, sizeof first.dual);
    lp_solver_free(solver);
    lp_thread_end();
}

static void test_an_optimum_that_is_none_is_seen(void **state)
{
    (void) state;
    const double matrix[] = {1, 1};
    const double cost[] = {1, 2};
    const double bound[] = {1};
    const enum lp_relation relation[] = {LP_ROW_AT_LEAST};
    const struct lp_problem problem = {
        .rows = 1, .columns = 2, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    struct lp_solution solution = solution_room();
    x[0] = 1;
    solution.dual[0] = 1;
    lp_certificate_optimum(&problem, &solution);
    assert_true(lp_check_holds(&solution.check));
    x[0] = 1 - 1e-8; /* misses its row */
    lp_certificate_optimum(&problem, &solution);
    assert_true(solution.check.primal_infeasibility > LP_TOLERANCE);
    x[0] = 0, x[1] = 1; /* dearer */
    lp_certificate_optimum(&problem, &solution);
    assert_true(solution.check.duality_gap > LP_TOLERANCE);
    x[0] = 1, x[1] = 0;
    solution.dual[0] = 1.5; /* a column would improve it */
    lp_certificate_optimum(&problem, &solution);
    assert_true(solution.check.dual_infeasibility > LP_TOLERANCE);
    solution.dual[0] = NAN;
    lp_certificate_optimum(&problem, &solution);
    assert_false(lp_check_holds(&solution.check));
    solution.dual[0] = 1, x[0] = NAN;
    lp_certificate_optimum(&problem, &solution);
    assert_false(lp_check_holds(&solution.check));
}

/* What shares cannot see. Both solutions are feasible but for nothing, agree in their objectives, and miss by K times less than
 * the terms they cancel from; the objective is wrong by a whole one. */
static void test_multipliers_without_limit_hide_nothing(void **state)
{
    (void) state;
    /* min 2a + b + c, a + b + c = 1 said twice, but for the last digit of b: all of c is best, 1; all of a costs 2. */
    const double near = 1 + DBL_EPSILON;
    const double matrix[] = {1, 1, 1, near, 1, 1};
    const double cost[] = {2, 1, 1};
    const double bound[] = {1, 1};
    const enum lp_relation relation[] = {LP_ROW_EQUAL, LP_ROW_EQUAL};
    const struct lp_problem problem = {
        .rows = 2, .columns = 3, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound, .worth = 1};
    for (double large = 4e12; large < 1e300; large *= 1048576) {
        struct lp_solution wrong = solution_room();
        x[0] = 1, x[1] = 0, x[2] = 0;
        wrong.dual[0] = large, wrong.dual[1] = 2 - large;
        lp_certificate_optimum(&problem, &wrong);
        assert_true(wrong.check.primal_infeasibility <= LP_TOLERANCE && wrong.check.dual_infeasibility <= LP_TOLERANCE &&
                    wrong.check.duality_gap <= LP_TOLERANCE);
        assert_true(wrong.check.objective_error > 0.4 && !lp_check_holds(&wrong.check));
    }
    struct lp_solution right = solution_room();
    x[0] = 0, x[1] = 0, x[2] = 1;
    right.dual[0] = 0.5, right.dual[1] = 0.5;
    lp_certificate_optimum(&problem, &right);
    assert_true(right.objective == 1 && right.check.objective_error <= 1e-15 && lp_check_holds(&right.check));
    struct lp_solution solution;
    assert_int_equal(solve(&problem, &solution), STATUS_OK);
    assert_true(solution.outcome == LP_OPTIMAL && fabs(solution.objective - 1) <= 1e-9);
}

static void test_values_without_limit_hide_nothing(void **state)
{
    (void) state;
    /* min -u - v of any sign, u + v at most 2 and at most 1, and u + (1 + 2^-52) v at most 1: -1; who forgets the last 1, -2. */
    const double matrix[] = {1, 1, 1, 1, 1 + DBL_EPSILON, 1};
    const double cost[] = {-1, -1};
    const double bound[] = {2, 1, 1};
    const bool is_free[] = {true, true};
    const enum lp_relation relation[] = {LP_ROW_AT_MOST, LP_ROW_AT_MOST, LP_ROW_AT_MOST};
    const struct lp_problem problem = {.rows = 3, .columns = 2, .matrix = matrix, .cost = cost, .relation = relation,
                                       .bound = bound, .is_free = is_free, .worth = 1};
    struct lp_solution wrong = solution_room();
    x[0] = 0x1p52 + 2, x[1] = -0x1p52;
    wrong.dual[0] = -1;
    lp_certificate_optimum(&problem, &wrong);
    assert_true(wrong.objective == -2 && wrong.check.primal_infeasibility <= LP_TOLERANCE &&
                wrong.check.dual_infeasibility <= LP_TOLERANCE && wrong.check.duality_gap <= LP_TOLERANCE);
    assert_true(wrong.check.objective_error > 0.4 && !lp_check_holds(&wrong.check));
    struct lp_solution right = solution_room();
    x[0] = 1, x[1] = 0;
    right.dual[2] = -1;
    lp_certificate_optimum(&problem, &right);
    assert_true(right.objective == -1 && right.check.objective_error <= 1e-28 && lp_check_holds(&right.check));
}

/* Units of rows, columns, bounds and costs do not change the error, whatever has no unit of its own. */
static void test_the_error_has_no_unit(void **state)
{
    (void) state;
    const double row[] = {0x1p40, 0x1p-70};
    const double column[] = {0x1p-33, 0x1p21, 0x1p90};
    const double amount = 0x1p-50;
    const double price = 0x1p66;
    double matrix[6] = {1, 3, 2, 1, 1, 1};
    double cost[] = {3, 3, 1};
    double bound[] = {2, 1};
    const enum lp_relation relation[] = {LP_ROW_AT_LEAST, LP_ROW_AT_LEAST};
    struct lp_problem problem = {
        .rows = 2, .columns = 3, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound, .worth = 1};
    double error[2];
    for (int is_scaled = 0; is_scaled < 2; is_scaled++) {
        struct lp_solution solution = solution_room();
        solution.dual[0] = 0.5, solution.dual[1] = 0.625; /* beyond the third column's cost by an eighth */
        x[0] = 0, x[1] = 0, x[2] = 2 - 0x1p-20;
        for (size_t j = 0; is_scaled == 1 && j < 3; j++) {
            for (size_t i = 0; i < 2; i++) {
                matrix[j * 2 + i] *= row[i] * column[j];
            }
            cost[j] *= column[j] * price;
            x[j] *= amount / column[j];
            problem.worth = price * amount;
        }
        for (size_t i = 0; is_scaled == 1 && i < 2; i++) {
            bound[i] *= row[i] * amount;
            solution.dual[i] *= price / row[i];
        }
        lp_certificate_optimum(&problem, &solution);
        error[is_scaled] = solution.check.objective_error;
    }
    assert_true(error[0] == error[1] && error[0] > 0.05 && error[0] < 1);
}

static int choose_simplex(void **state)
{
    (void) state;
    choice = LP_SIMPLEX;
    return 0;
}

static int choose_glpk(void **state)
{
    (void) state;
    choice = LP_GLPK;
    return 0;
}

#define BOTH(test) cmocka_unit_test_setup(test, choose_simplex), cmocka_unit_test_setup(test, choose_glpk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_multipliers_without_limit_hide_nothing),
        cmocka_unit_test(test_values_without_limit_hide_nothing),
        cmocka_unit_test(test_the_error_has_no_unit),
        BOTH(test_a_known_optimum_with_its_multipliers),
        BOTH(test_a_free_variable_may_be_negative),
        BOTH(test_no_answer_is_proved),
        cmocka_unit_test(test_multipliers_on_an_edge_prove_what_they_can),
        cmocka_unit_test(test_what_rounding_could_have_made_is_not_certain),
        BOTH(test_numbers_that_are_none_and_sizes_are_refused),
        BOTH(test_random_programs_agree_with_enumeration),
        BOTH(test_a_solver_can_be_used_again_and_remembers_nothing),
        cmocka_unit_test(test_an_optimum_that_is_none_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
