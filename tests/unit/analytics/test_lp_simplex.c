/* The simplex where it could go wrong: corners that cycle, paths that are long, layouts, larger programs beside GLPK. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/dea/limit.h"
#include "analytics/lp/dense.h"
#include "analytics/lp/glpk.h"
#include "analytics/lp/lp.h"
#include "analytics/lp/panel.h"

enum { COLUMNS = 300, ROWS = 30 };

static double x[COLUMNS], reduced[COLUMNS], other_x[COLUMNS];

static uint64_t random_state = 7;

static double random_uniform(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double) ((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* By our simplex alone, with either rule: no other way may help out. */
static void check_both_rules(const struct lp_problem *problem, double expected)
{
    struct lp_dense *dense = lp_dense_create();
    assert_non_null(dense);
    for (int is_bland = 0; is_bland < 2; is_bland++) {
        const struct lp_program program = {.problem = *problem};
        struct lp_claim claim = {.x = x};
        double objective = 0;
        assert_int_equal(lp_dense_solve(dense, &program, is_bland != 0, &claim), STATUS_OK);
        assert_int_equal(claim.outcome, LP_OPTIMAL);
        for (size_t j = 0; j < problem->columns; j++) {
            objective += problem->cost[j] * x[j];
        }
        assert_true(fabs(objective - expected) <= 1e-12 * fmax(1, fabs(expected)));
    }
    lp_dense_free(dense);
}

/* Beale, Naval Research Logistics Quarterly 2 (1955) 269: cycles under Dantzig's rule with ties by lowest row. */
static void test_beale(void **state)
{
    (void) state;
    const double matrix[] = {0.25, 0.5, 0, -60, -90, 0, -1.0 / 25, -1.0 / 50, 1, 9, 3, 0};
    const double cost[] = {-0.75, 150, -0.02, 6};
    const double bound[] = {0, 0, 1};
    const enum lp_relation relation[] = {LP_ROW_AT_MOST, LP_ROW_AT_MOST, LP_ROW_AT_MOST};
    const struct lp_problem problem = {
        .rows = 3, .columns = 4, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    check_both_rules(&problem, -0.05);
}

/* Marshall, Suurballe, Naval Research Logistics Quarterly 16 (1969) 121: a cycle of six. */
static void test_marshall_and_suurballe(void **state)
{
    (void) state;
    const double matrix[] = {0.5, 0.5, 1, -5.5, -1.5, 0, -2.5, -0.5, 0, 9, 1, 0};
    const double cost[] = {-10, 57, 9, 24};
    const double bound[] = {0, 0, 1};
    const enum lp_relation relation[] = {LP_ROW_AT_MOST, LP_ROW_AT_MOST, LP_ROW_AT_MOST};
    const struct lp_problem problem = {
        .rows = 3, .columns = 4, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    check_both_rules(&problem, -1);
}

/* Klee, Minty (1972): 2^8 - 1 pivots under the plainest rule, and an optimum of 100^7. */
static void test_klee_and_minty(void **state)
{
    (void) state;
    enum { SIZE = 8 };
    double matrix[SIZE * SIZE] = {0};
    double cost[SIZE];
    double bound[SIZE];
    enum lp_relation relation[SIZE];
    for (size_t j = 0; j < SIZE; j++) {
        cost[j] = -pow(10, (double) (SIZE - 1 - j));
        bound[j] = pow(100, (double) j);
        relation[j] = LP_ROW_AT_MOST;
        for (size_t i = j; i < SIZE; i++) {
            matrix[j * SIZE + i] = i == j ? 1 : 2 * pow(10, (double) (i - j));
        }
    }
    const struct lp_problem problem = {
        .rows = SIZE, .columns = SIZE, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
    check_both_rules(&problem, -pow(100, SIZE - 1));
}

/* Every bound is 0, so every corner is the origin; small whole numbers tie wherever they can. */
static void test_nothing_but_ties(void **state)
{
    (void) state;
    enum { M = 6, N = 40 };
    double matrix[M * N];
    double cost[N];
    double bound[M] = {0};
    enum lp_relation relation[M];
    struct lp_solver *solver = lp_solver_create(M, N);
    assert_non_null(solver);
    for (size_t trial = 0; trial < 300; trial++) {
        for (size_t i = 0; i < M; i++) {
            relation[i] = (enum lp_relation) (1 + (int) (3 * random_uniform()));
        }
        bound[M - 1] = (double) (trial % 2);
        relation[M - 1] = LP_ROW_AT_MOST;
        for (size_t j = 0; j < N; j++) {
            cost[j] = floor(5 * random_uniform()) - 2;
            for (size_t i = 0; i < M; i++) {
                matrix[j * M + i] = i == M - 1 ? 1 : floor(5 * random_uniform()) - 2;
            }
        }
        const struct lp_problem problem = {
            .rows = M, .columns = N, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
        struct lp_solution ours = {.x = x, .reduced = reduced};
        struct lp_solution theirs = {.x = other_x};
        lp_solver_choose(solver, LP_SIMPLEX);
        assert_int_equal(lp_solve(solver, &problem, &ours), STATUS_OK);
        assert_true(lp_solver_way(solver) == 0);
        lp_solver_choose(solver, LP_GLPK);
        assert_int_equal(lp_solve(solver, &problem, &theirs), STATUS_OK);
        assert_int_equal(ours.outcome, theirs.outcome);
        assert_int_equal(ours.outcome, LP_OPTIMAL);
        assert_true(fabs(ours.objective - theirs.objective) <= 1e-9);
    }
    lp_solver_free(solver);
    lp_thread_end();
}

/* A column of its own beside columns that stay where they are: the same program as with all of them in one table, begun from
 * slacks, from that column or from nothing, by both solvers, and ended when enough is reached. */
static void test_columns_stay_where_they_are(void **state)
{
    (void) state;
    enum { M = 5, N = 40 };
    static const enum lp_relation relation[M] = {LP_ROW_AT_MOST, LP_ROW_FREE, LP_ROW_AT_MOST, LP_ROW_AT_MOST, LP_ROW_AT_MOST};
    double table[(N + 1) * M];
    double cost[N + 1] = {0};
    double bound[M];
    struct lp_dense *dense = lp_dense_create();
    struct lp_glpk *glpk = lp_glpk_create();
    struct lp_panel panel;
    assert_true(dense != NULL && glpk != NULL && lp_panel_init(&panel, M, N) == STATUS_OK);
    cost[N] = -1;
    for (size_t trial = 0; trial < 300; trial++) {
        const bool is_positive = trial % 2 == 0;
        size_t start[M] = {LP_START_SLACK, 99, LP_START_SLACK, LP_START_SLACK, LP_START_SLACK};
        size_t tight = 0;
        for (size_t i = 0; i < M; i++) {
            bound[i] = 0.5 + random_uniform();
            table[N * M + i] = 0.1 + random_uniform();
            tight = relation[i] != LP_ROW_FREE && bound[i] / table[N * M + i] < bound[tight] / table[N * M + tight] ? i : tight;
        }
        for (size_t j = 0; j < N; j++) {
            for (size_t i = 0; i < M; i++) {
                table[j * M + i] = random_uniform() - (is_positive || i == 0 ? 0 : 0.3); /* the first row stops them all */
            }
            lp_panel_set(&panel, j, table + j * M);
        }
        const struct lp_program whole = {
            .problem = {.rows = M, .columns = N + 1, .matrix = table, .cost = cost, .relation = relation, .bound = bound}};
        struct lp_program split = {.is_positive = is_positive, .last = table + (size_t) N * M, .last_cost = -1,
            .problem = {.rows = M, .columns = N, .matrix = table, .relation = relation, .bound = bound}};
        struct lp_claim expected = {.x = x};
        struct lp_claim claim = {.x = other_x};
        assert_int_equal(lp_dense_solve(dense, &whole, false, &expected), STATUS_OK);
        assert_int_equal(expected.outcome, LP_OPTIMAL);
        const struct lp_glpk_way way = {.is_dual = is_positive};
        assert_int_equal(lp_glpk_solve(glpk, &split, &way, &claim), STATUS_OK);
        assert_true(fabs(claim.last - x[N]) <= 1e-9 * x[N]);
        for (int way_of_ours = 0; way_of_ours < 12; way_of_ours++) {
            start[tight] = way_of_ours / 4 == 1 ? LP_START_LAST : LP_START_SLACK;
            split.start = way_of_ours >= 4 ? start : NULL;
            split.panel = way_of_ours % 2 == 1 ? &panel : NULL;
            claim.last = 0;
            assert_int_equal(lp_dense_solve(dense, &split, way_of_ours / 2 % 2 == 1, &claim), STATUS_OK);
            assert_int_equal(claim.outcome, LP_OPTIMAL);
            assert_true(fabs(claim.last - x[N]) <= 1e-12 * x[N] && claim.dual[1] == 0);
        }
        split.has_enough = true;
        split.enough = -0.999 * x[N];
        claim.last = 17;
        assert_int_equal(lp_dense_solve(dense, &split, false, &claim), STATUS_CONFLICT);
        assert_true(claim.last == 17);
    }
    lp_panel_fini(&panel);
    lp_glpk_free(glpk);
    lp_dense_free(dense);
    lp_thread_end();
}

/* As large as other analyses make them, rows and columns of any size. */
static void test_larger_programs_beside_glpk(void **state)
{
    (void) state;
    double *matrix = calloc(ROWS * COLUMNS, sizeof *matrix);
    double cost[COLUMNS];
    double bound[ROWS];
    bool is_free[COLUMNS] = {false};
    enum lp_relation relation[ROWS];
    struct lp_solver *solver = lp_solver_create(ROWS, COLUMNS);
    assert_true(matrix != NULL && solver != NULL);
    for (size_t trial = 0; trial < 12; trial++) {
        double point[COLUMNS];
        double multiplier[ROWS];
        double row_unit[ROWS];
        /* Made to have an optimum: a point that obeys all rows, and multipliers below all costs. */
        for (size_t i = 0; i < ROWS; i++) {
            relation[i] = (enum lp_relation) (i % 4);
            row_unit[i] = trial < 6 ? 1 : pow(10, floor(9 * random_uniform()) - 4);
            multiplier[i] = relation[i] == LP_ROW_FREE ? 0 : relation[i] == LP_ROW_AT_MOST ? -random_uniform() : random_uniform();
            bound[i] = 0;
        }
        for (size_t j = 0; j < COLUMNS; j++) {
            point[j] = random_uniform() < 0.05 ? random_uniform() : 0;
            is_free[j] = j % 50 == 49;
            cost[j] = is_free[j] ? 0 : random_uniform() * (random_uniform() < 0.5 ? 0 : 1);
            for (size_t i = 0; i < ROWS; i++) {
                const double value = random_uniform() < 0.3 ? 0 : random_uniform() - 0.3;
                matrix[j * ROWS + i] = value * row_unit[i];
                bound[i] += value * row_unit[i] * point[j];
                cost[j] += multiplier[i] * value;
            }
        }
        for (size_t i = 0; i < ROWS; i++) {
            bound[i] += (relation[i] == LP_ROW_AT_MOST ? 0.1 : relation[i] == LP_ROW_AT_LEAST ? -0.1 : 0) * row_unit[i];
        }
        const struct lp_problem problem = {.rows = ROWS, .columns = COLUMNS, .matrix = matrix, .cost = cost,
                                           .relation = relation, .bound = bound, .is_free = is_free};
        struct lp_solution ours = {.x = x, .reduced = reduced};
        struct lp_solution theirs = {.x = other_x};
        lp_solver_choose(solver, LP_SIMPLEX);
        assert_int_equal(lp_solve(solver, &problem, &ours), STATUS_OK);
        assert_true(lp_solver_way(solver) == 0);
        lp_solver_choose(solver, LP_GLPK);
        assert_int_equal(lp_solve(solver, &problem, &theirs), STATUS_OK);
        assert_int_equal(ours.outcome, LP_OPTIMAL);
        assert_true(fabs(ours.objective - theirs.objective) <= 1e-9 * fmax(1, fabs(theirs.objective)));
    }
    lp_solver_free(solver);
    lp_thread_end();
    free(matrix);
}

/* Equal rows of which half are sums of the others, as on the face of a score: rounding is all that tells them apart. */
static void test_rows_that_repeat_others(void **state)
{
    (void) state;
    enum { HALF = 10, M = 2 * HALF, N = 14 };
    struct lp_solver *solver = lp_solver_create(M, N);
    assert_non_null(solver);
    for (size_t trial = 0; trial < 300; trial++) {
        double matrix[M * N];
        double cost[N];
        double bound[M] = {0};
        double mix[HALF][2];
        enum lp_relation relation[M];
        const size_t support = 3 + trial % 7;
        for (size_t i = 0; i < HALF; i++) {
            mix[i][0] = random_uniform();
            mix[i][1] = random_uniform();
            relation[i] = relation[HALF + i] = LP_ROW_EQUAL;
        }
        for (size_t j = 0; j < N; j++) {
            const double amount = j < support ? random_uniform() : 0;
            double *column = matrix + j * M;
            cost[j] = random_uniform();
            for (size_t i = 0; i < HALF; i++) {
                column[i] = random_uniform();
            }
            for (size_t i = 0; i < HALF; i++) {
                column[HALF + i] = mix[i][0] * column[i] + mix[i][1] * column[(i + 1) % HALF];
            }
            for (size_t i = 0; i < M; i++) {
                bound[i] += column[i] * amount;
            }
        }
        const struct lp_problem problem = {
            .rows = M, .columns = N, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
        struct lp_solution ours = {.x = x, .reduced = reduced};
        assert_int_equal(lp_solve(solver, &problem, &ours), STATUS_OK);
        assert_int_equal(ours.outcome, LP_OPTIMAL);
        assert_true(lp_solver_way(solver) == 0);
        assert_true(ours.check.primal_infeasibility <= 1e-11);
    }
    lp_solver_free(solver);
    lp_thread_end();
}

/* So many columns that only the best few are priced most of the time (shortlist.h); again, with what was there before. */
static void test_very_many_columns_beside_glpk(void **state)
{
    (void) state;
    enum { M = 12, N = 3000 };
    double *matrix = calloc(M * N, sizeof *matrix);
    double *cost = calloc(N, sizeof *cost);
    double *amount[2] = {calloc(N, sizeof *amount[0]), calloc(N, sizeof *amount[1])};
    struct lp_solver *solver = lp_solver_create(M, N);
    assert_true(matrix != NULL && cost != NULL && amount[0] != NULL && amount[1] != NULL && solver != NULL);
    double bound[M];
    enum lp_relation relation[M];
    for (size_t i = 0; i < M; i++) {
        bound[i] = 1 + random_uniform();
        relation[i] = i % 4 == 3 ? LP_ROW_EQUAL : LP_ROW_AT_MOST;
    }
    double objective[2];
    struct lp_solution solution = {.x = amount[0]};
    for (size_t trial = 0; trial < 4; trial++) {
        for (size_t j = 0; j < N; j++) {
            cost[j] = -random_uniform();
            for (size_t i = 0; i < M; i++) {
                matrix[j * M + i] = trial < 2 ? random_uniform() : floor(3 * random_uniform());
            }
        }
        const struct lp_problem problem = {
            .rows = M, .columns = N, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound};
        lp_solver_choose(solver, LP_GLPK);
        solution.x = amount[0];
        assert_int_equal(lp_solve(solver, &problem, &solution), STATUS_OK);
        objective[0] = solution.objective;
        const enum lp_outcome outcome = solution.outcome;
        for (int again = 0; again < 2; again++) {
            lp_solver_choose(solver, LP_SIMPLEX);
            solution.x = amount[again];
            assert_int_equal(lp_solve(solver, &problem, &solution), STATUS_OK);
            assert_true(lp_solver_way(solver) == 0);
            assert_int_equal(solution.outcome, outcome);
            objective[1] = solution.objective;
            assert_true(outcome != LP_OPTIMAL || fabs(objective[1] - objective[0]) <= 1e-9 * fabs(objective[0]));
        }
        assert_memory_equal(amount[0], amount[1], N * sizeof *amount[0]);
    }
    lp_solver_free(solver);
    lp_thread_end();
    free(amount[1]);
    free(amount[0]);
    free(cost);
    free(matrix);
}

/* ------------------------------------------------------------------------------------------------ columns side by side */

static void test_a_panel_gives_back_what_it_was_given(void **state)
{
    (void) state;
    struct lp_panel panel;
    double values[3];
    assert_int_equal(lp_panel_init(&panel, 3, 20), STATUS_OK);
    for (size_t j = 0; j < 19; j++) {
        lp_panel_set(&panel, j, (const double[]){(double) j, -1, 0.5});
    }
    lp_panel_read(&panel, 9, values);
    assert_true(values[0] == 9 && values[1] == -1 && values[2] == 0.5);
    const double weight[] = {1, 1, 0};
    double product = 0;
    assert_int_equal(lp_panel_price(&panel, weight, 0, 0, &product), 18);
    assert_true(product == 17);
    assert_int_equal(lp_panel_price(&panel, weight, 0, 1, &product), 2);
    assert_int_equal(lp_panel_price(&panel, weight, 17, 0, &product), 19); /* none above */
    lp_panel_pop(&panel);
    assert_int_equal(lp_panel_price(&panel, weight, 0, 0, &product), 17);
    const double nothing[] = {0, 0, 1};
    assert_int_equal(lp_panel_price(&panel, nothing, 0, 0, &product), 0); /* the lowest of equals */
    const double below[] = {0, 1, 0};
    assert_int_equal(lp_panel_price(&panel, below, -2, 0, &product), 0); /* and no lane beyond the last, where 0 stands */
    assert_true(product == -1);
    lp_panel_clear(&panel);
    assert_int_equal(lp_panel_price(&panel, nothing, -1, 0, &product), 0);
    assert_int_equal(panel.count, 0);
    lp_panel_fini(&panel);
    lp_panel_fini(&panel);
}

/* One column after another, in the order that bounds.c adds them up in: bit by bit the same. */
static void test_limits_are_those_of_single_columns(void **state)
{
    (void) state;
    enum { M = 3, ALL = 5 };
    struct lp_panel panel;
    double column[COLUMNS][ALL + 1];
    assert_int_equal(lp_panel_init(&panel, ALL + 1, COLUMNS), STATUS_OK);
    for (size_t j = 0; j < COLUMNS - 3; j++) {
        for (size_t i = 0; i < ALL; i++) {
            column[j][i] = random_uniform() < 0.1 ? 0 : exp(20 * random_uniform() - 10);
        }
        column[j][ALL] = 1;
        lp_panel_set(&panel, j, column[j]);
    }
    for (size_t trial = 0; trial < 50; trial++) {
        double weight[ALL];
        for (size_t i = 0; i < ALL; i++) {
            weight[i] = trial % 3 == 0 && i == trial % ALL ? 0 : random_uniform();
        }
        struct dea_limit what = {.inputs = M, .outputs_end = ALL, .weight = weight, .own = column[trial], .rounding = 1e-15};
        double constant = INFINITY;
        double low[2] = {INFINITY, INFINITY};
        for (size_t j = 0; j < panel.count; j++) {
            double used = 0, made = 0, moved[2] = {0, 0}, loss[2] = {0, 0}, terms[2] = {0, 0};
            for (size_t i = 0; i < ALL; i++) {
                const double part = weight[i] * column[j][i];
                const double term = weight[i] * (column[j][i] - what.own[i]);
                *(i < M ? &used : &made) += part;
                moved[i < M ? 0 : 1] += part;
                loss[i < M ? 1 : 0] += term;
                terms[i < M ? 1 : 0] += fabs(term);
            }
            if (made > 0 && used < constant * made) {
                constant = used / made;
            }
            for (int k = 0; k < 2; k++) {
                const double value = (k == 0 ? 1 : -1) * (moved[k] - loss[k]) - what.rounding * (moved[k] + terms[k]);
                low[k] = value < low[k] ? value : low[k];
            }
        }
        assert_true(dea_limit_constant(&panel, &what, INFINITY) == constant);
        assert_true(dea_limit_variable(&panel, &what, INFINITY) == low[0]);
        assert_true(dea_limit_variable(&panel, &what, low[0]) == low[0]);
        what.is_output = true;
        assert_true(dea_limit_variable(&panel, &what, INFINITY) == low[1]);
        weight[1] = NAN;
        assert_true(isnan(dea_limit_constant(&panel, &what, 1)) && isnan(dea_limit_variable(&panel, &what, 1)));
    }
    lp_panel_fini(&panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beale),
        cmocka_unit_test(test_marshall_and_suurballe),
        cmocka_unit_test(test_klee_and_minty),
        cmocka_unit_test(test_nothing_but_ties),
        cmocka_unit_test(test_columns_stay_where_they_are),
        cmocka_unit_test(test_larger_programs_beside_glpk),
        cmocka_unit_test(test_rows_that_repeat_others),
        cmocka_unit_test(test_very_many_columns_beside_glpk),
        cmocka_unit_test(test_a_panel_gives_back_what_it_was_given),
        cmocka_unit_test(test_limits_are_those_of_single_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
