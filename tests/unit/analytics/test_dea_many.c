/* Many units: the frame and what happens when it lacks somebody, threads, what was solved before, both solvers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/dea/dea.h"
#include "analytics/dea/frame.h"
#include "analytics/dea/frame_find.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"
#include "tests/unit/analytics/dea_many.h"

enum { UNITS = 400, INPUTS = DEA_MANY_INPUTS, OUTPUTS = DEA_MANY_OUTPUTS };

static double inputs[UNITS * INPUTS], outputs[UNITS * OUTPUTS];
static double lambda[UNITS], reduced[UNITS];

static struct dea_problem problem_make(uint64_t seed, double step)
{
    return dea_many_make(seed, step, UNITS, inputs, outputs);
}

static struct dea_result *solve(const struct dea_problem *problem, const struct dea_options *options)
{
    struct dea_result *result = NULL;
    assert_int_equal(dea_solve(problem, options, &result), STATUS_OK);
    assert_int_equal(result->certificate.uncertified_count, 0);
    return result;
}

/* Byte by byte, numbers that are none included. */
static void check_same(const struct dea_result *a, const struct dea_result *b)
{
    const size_t numbers = 3 * (a->input_count + a->output_count);
    assert_memory_equal(a->numbers, b->numbers, a->unit_count * numbers * sizeof *a->numbers);
    assert_memory_equal(&a->mean, &b->mean, sizeof a->mean);
    assert_memory_equal(&a->certificate, &b->certificate, sizeof a->certificate);
    for (size_t u = 0; u < a->unit_count; u++) {
        const struct dea_unit *one = &a->units[u];
        const struct dea_unit *other = &b->units[u];
        assert_int_equal(one->state, other->state);
        assert_int_equal(one->efficiency, other->efficiency);
        assert_int_equal(one->rts, other->rts);
        assert_memory_equal(&one->crste, &other->crste, sizeof one->crste);
        assert_memory_equal(&one->vrste, &other->vrste, sizeof one->vrste);
        assert_memory_equal(&one->crs_lambda_sum, &other->crs_lambda_sum, sizeof one->crs_lambda_sum);
        assert_int_equal(one->peers_length, other->peers_length);
        assert_int_equal(one->peer_count, other->peer_count);
        for (size_t p = 0; p < one->peers_length; p++) {
            assert_int_equal(one->peers[p].unit, other->peers[p].unit);
            assert_memory_equal(&one->peers[p].lambda, &other->peers[p].lambda, sizeof one->peers[p].lambda);
        }
    }
}

static void check_alike(const struct dea_result *a, const struct dea_result *b)
{
    for (size_t u = 0; u < a->unit_count; u++) {
        const struct dea_unit *one = &a->units[u];
        const struct dea_unit *other = &b->units[u];
        assert_int_equal(one->state, other->state);
        if (one->state != DEA_UNIT_SCORED) {
            continue;
        }
        assert_true(fabs(one->crste - other->crste) <= 1e-9 && fabs(one->vrste - other->vrste) <= 1e-9);
        assert_int_equal(one->efficiency, other->efficiency);
        assert_int_equal(one->rts, other->rts);
        for (size_t i = 0; i < INPUTS; i++) {
            assert_true(fabs(one->input_slacks[i] - other->input_slacks[i]) <= 1e-6);
            assert_true(fabs(one->output_slacks[i] - other->output_slacks[i]) <= 1e-6);
        }
    }
}

/* Every program by GLPK, which keeps an environment for each thread: the same bytes, and what our own solver finds. */
static void test_any_number_of_threads_by_glpk(void **state)
{
    (void) state;
    for (int kind = 0; kind < 4; kind++) {
        struct dea_problem problem = problem_make((uint64_t) kind, kind < 2 ? 0 : 1);
        struct dea_options options;
        dea_options_init(&options);
        problem.unit_count = 60;
        options.orientation = kind % 2 == 0 ? DEA_OUTPUT : DEA_INPUT;
        struct dea_result *ours = solve(&problem, &options);
        options.solver = DEA_SOLVER_GLPK;
        struct dea_result *alone = solve(&problem, &options);
        check_alike(ours, alone);
        for (size_t threads = 2; threads <= 5; threads += 3) {
            options.threads = threads;
            struct dea_result *together = solve(&problem, &options);
            check_same(alone, together);
            dea_result_free(together);
        }
        dea_result_free(alone);
        dea_result_free(ours);
    }
    dea_thread_end();
}

static void test_any_number_of_threads(void **state)
{
    (void) state;
    for (int kind = 0; kind < 4; kind++) {
        const struct dea_problem problem = problem_make((uint64_t) kind, kind < 2 ? 0 : 1);
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = kind % 2 == 0 ? DEA_OUTPUT : DEA_INPUT;
        struct dea_result *alone = solve(&problem, &options);
        for (size_t threads = 2; threads <= 5; threads += 3) {
            options.threads = threads;
            struct dea_result *together = solve(&problem, &options);
            check_same(alone, together);
            dea_result_free(together);
        }
        dea_result_free(alone);
    }
    dea_thread_end();
}

static void test_what_was_solved_before_does_not_show(void **state)
{
    (void) state;
    struct dea_options options;
    dea_options_init(&options);
    struct dea_problem problem = problem_make(10, 0);
    struct dea_result *first = solve(&problem, &options);
    problem = problem_make(11, 1);
    struct dea_result *other = solve(&problem, &options);
    problem = problem_make(10, 0);
    struct dea_result *again = solve(&problem, &options);
    check_same(first, again);
    dea_result_free(again);
    dea_result_free(other);
    dea_result_free(first);
    dea_thread_end();
}

static void test_frame_and_solver_do_not_show(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2; kind++) {
        const struct dea_problem problem = problem_make(20 + (uint64_t) kind, kind);
        struct dea_options options;
        dea_options_init(&options);
        struct dea_result *framed = solve(&problem, &options);
        options.is_frameless = true;
        struct dea_result *frameless = solve(&problem, &options);
        check_alike(framed, frameless);
        options.solver = DEA_SOLVER_GLPK;
        struct dea_result *theirs = solve(&problem, &options);
        check_alike(framed, theirs);
        dea_result_free(theirs);
        dea_result_free(frameless);
        dea_result_free(framed);
    }
    dea_thread_end();
}

/* The proof prices all units: where the frame lacks one, no wrong score passes and the whole program is solved. */
static void test_a_frame_that_lacks_somebody_is_found_out(void **state)
{
    (void) state;
    const struct dea_problem problem = problem_make(30, 0);
    struct dea_work work;
    assert_int_equal(dea_work_init(&work, &problem, DEA_OUTPUT), STATUS_OK);
    struct dea_program program;
    struct dea_solution solution = {.lambda = lambda, .reduced = reduced};
    struct dea_radial radial;
    double score[2][UNITS];
    for (size_t u = 0; u < UNITS; u++) {
        assert_int_equal(dea_radial_solve(&work, u, DEA_CRS, &program, &solution, &radial), STATUS_OK);
        score[0][u] = radial.score;
        assert_int_equal(dea_radial_solve(&work, u, DEA_VRS, &program, &solution, &radial), STATUS_OK);
        score[1][u] = radial.score;
    }
    assert_int_equal(dea_frame_find(&work.frame, &work, NULL), STATUS_OK);
    assert_true(work.frame.count > 5 && work.frame.count < UNITS / 3);
    for (size_t u = 0; u < UNITS; u++) {
        assert_true(score[1][u] < 1 - 1e-6 || work.frame.is_member[u]);
    }
    /* The first half of the frame is lost. */
    const size_t lost = work.frame.count / 2;
    lp_panel_clear(&work.frame.panel);
    for (size_t k = 0; k < work.frame.count; k++) {
        if (k < lost) {
            work.frame.is_member[work.frame.member[k]] = false;
        } else {
            const size_t to = k - lost;
            work.frame.member[to] = work.frame.member[k];
            memmove(work.frame.matrix + to * work.rows, work.frame.matrix + k * work.rows, work.rows * sizeof(double));
            lp_panel_set(&work.frame.panel, to, work.frame.matrix + to * work.rows);
        }
    }
    work.frame.count -= lost;
    size_t whole = 0;
    for (size_t u = 0; u < UNITS; u++) {
        for (int is_vrs = 0; is_vrs < 2; is_vrs++) {
            const enum dea_frontier frontier = is_vrs ? DEA_VRS : DEA_CRS;
            assert_int_equal(dea_radial_solve(&work, u, frontier, &program, &solution, &radial), STATUS_OK);
            assert_true(fabs(radial.score - score[is_vrs][u]) <= 1e-9 * score[is_vrs][u]);
            whole += program.columns == UNITS;
        }
    }
    assert_true(whole > UNITS / 4);
    dea_work_fini(&work);
    dea_thread_end();
}

static bool count_down(void *context)
{
    int *left = context;
    return --*left < 0;
}

static void test_all_threads_stop_when_one_is_told_to(void **state)
{
    (void) state;
    const struct dea_problem problem = problem_make(40, 0);
    struct dea_options options;
    dea_options_init(&options);
    options.is_cancelled = count_down;
    for (size_t threads = 1; threads <= 4; threads += 3) {
        options.threads = threads;
        for (int asked = 0; asked < 60; asked += 20) {
            int left = asked;
            options.cancel_context = &left;
            struct dea_result *result = NULL;
            assert_int_equal(dea_solve(&problem, &options, &result), STATUS_BUSY);
            assert_null(result);
        }
    }
    dea_thread_end();
}

/* Sizes so far apart that a solver's answer consists of rounding alone: there is no number, and nothing breaks. */
static void test_answers_of_rounding_alone_are_no_scores(void **state)
{
    (void) state;
    const double wide_inputs[] = {377706166521457.56, 3.2314283628175e-255, 1e-280, 1e-280,
                             1, 1e-280, 0, 1,
                             1e-280, 2.7863978791377935e-121, 8.865096733527232e-254, 1000000000000000.0,
                             1000000000000000.0, 1000000000000000.0, 1e-280, 0,
                             0, 1, 0, 1};
    const double wide_outputs[] = {0, 2.6113704387751337e-43, 1000000000000000.0,
                              24518472270712.406, 1e-280, 0,
                              1, 1.8940038395090312e-88, 7.782138873149747e-193,
                              1, 1.5989064325608165e-202, 1,
                              1.7956840360861e-127, 1e-280, 3.857741666153579e-260};
    const struct dea_problem problem = {
        .unit_count = 5, .input_count = 4, .output_count = 3, .inputs = wide_inputs, .outputs = wide_outputs};
    for (int solver = DEA_SOLVER_SIMPLEX; solver <= DEA_SOLVER_GLPK; solver++) {
        struct dea_options options;
        dea_options_init(&options);
        options.solver = (enum dea_solver_kind) solver;
        options.frontier = DEA_CRS;
        options.slacks = DEA_SLACKS_TWO_STAGE;
        struct dea_result *result = NULL;
        assert_int_equal(dea_solve(&problem, &options, &result), STATUS_OK);
        for (size_t u = 0; u < 5; u++) {
            assert_true(result->units[u].state == DEA_UNIT_SCORED ? result->units[u].crste > 0 : isnan(result->units[u].crste));
        }
        dea_result_free(result);
    }
    dea_thread_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_any_number_of_threads_by_glpk),
        cmocka_unit_test(test_what_was_solved_before_does_not_show),
        cmocka_unit_test(test_frame_and_solver_do_not_show),
        cmocka_unit_test(test_a_frame_that_lacks_somebody_is_found_out),
        cmocka_unit_test(test_all_threads_stop_when_one_is_told_to),
        cmocka_unit_test(test_answers_of_rounding_alone_are_no_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
