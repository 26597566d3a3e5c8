/* Models of many units: with the frame and without it, by any number of threads, in any order, beside units that add nothing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/dea/model.h"
#include "analytics/dea/outliers.h"
#include "tests/unit/analytics/dea_many.h"

enum { UNITS = 300, INPUTS = DEA_MANY_INPUTS, OUTPUTS = DEA_MANY_OUTPUTS, COLUMNS = INPUTS + OUTPUTS };

static double inputs[2 * UNITS * INPUTS], outputs[2 * UNITS * OUTPUTS];
static double leverages[3][UNITS];
static bool flags[3][UNITS];

static struct dea_problem problem_make(uint64_t seed, double step)
{
    return dea_many_make(seed, step, UNITS, inputs, outputs);
}

static const double prices[INPUTS] = {2, 3};
static const bool fixed[INPUTS] = {true, false};
static const struct dea_limit limits[] = {{.is_output = false, .first = 0, .second = 1, .minimum = 0.2, .maximum = 4}};

/* Every model that has a frame, and what changes its programs. */
enum { KINDS = 15 };

static struct dea_model_options options_of(int kind)
{
    static const enum dea_model models[KINDS] = {
        DEA_MODEL_SUPER, DEA_MODEL_SUPER,    DEA_MODEL_SBM,         DEA_MODEL_SBM,         DEA_MODEL_SBM,
        DEA_MODEL_SBM,   DEA_MODEL_ADDITIVE, DEA_MODEL_ADDITIVE,    DEA_MODEL_DIRECTIONAL, DEA_MODEL_DIRECTIONAL,
        DEA_MODEL_CROSS, DEA_MODEL_CROSS,    DEA_MODEL_COST,        DEA_MODEL_RADIAL,      DEA_MODEL_RADIAL};
    struct dea_model_options options;
    dea_model_options_init(&options, models[kind]);
    switch (kind) {
    case 1:
        options.side = DEA_SIDE_INPUT;
        options.frontier = DEA_CRS;
        break;
    case 3:
        options.frontier = DEA_CRS;
        break;
    case 4:
        options.side = DEA_SIDE_INPUT;
        options.frontier = DEA_NIRS;
        break;
    case 5:
        options.side = DEA_SIDE_OUTPUT;
        options.frontier = DEA_NDRS;
        break;
    case 7:
        options.is_normalised = true;
        options.frontier = DEA_CRS;
        break;
    case 9:
        options.side = DEA_SIDE_OUTPUT;
        options.frontier = DEA_NDRS;
        break;
    case 11:
        options.is_aggressive = true;
        break;
    case 12:
        options.prices = prices;
        break;
    case 13:
        options.is_fixed = fixed;
        options.side = DEA_SIDE_INPUT;
        break;
    case 14:
        options.limits = limits;
        options.limit_count = 1;
        options.side = DEA_SIDE_INPUT;
        options.frontier = DEA_CRS;
        break;
    default:
        break;
    }
    return options;
}

static struct dea_model_result *solve(const struct dea_problem *problem, const struct dea_model_options *options)
{
    struct dea_model_result *result = NULL;
    assert_int_equal(dea_model_solve(problem, options, &result), STATUS_OK);
    assert_int_equal(result->certificate.uncertified_count, 0);
    return result;
}

/* Byte by byte, numbers that are none included. */
static void check_same(const struct dea_model_result *a, const struct dea_model_result *b)
{
    assert_memory_equal(a->numbers, b->numbers, a->unit_count * 2 * COLUMNS * sizeof *a->numbers);
    assert_memory_equal(&a->mean, &b->mean, sizeof a->mean);
    assert_memory_equal(&a->certificate, &b->certificate, sizeof a->certificate);
    for (size_t u = 0; u < a->unit_count; u++) {
        const struct dea_model_unit *one = &a->units[u];
        const struct dea_model_unit *other = &b->units[u];
        assert_int_equal(one->state, other->state);
        assert_int_equal(one->efficiency, other->efficiency);
        assert_memory_equal(&one->score, &other->score, sizeof one->score);
        assert_memory_equal(one->parts, other->parts, sizeof one->parts);
        assert_int_equal(one->peers_length, other->peers_length);
        assert_int_equal(one->peer_count, other->peer_count);
        for (size_t p = 0; p < one->peers_length; p++) {
            assert_int_equal(one->peers[p].unit, other->peers[p].unit);
            assert_memory_equal(&one->peers[p].lambda, &other->peers[p].lambda, sizeof one->peers[p].lambda);
        }
    }
}

static bool is_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fmax(1, fabs(a));
}

/* What has one answer is the same; slacks are only where nothing ties. */
static void check_alike(const struct dea_model_unit *one, const struct dea_model_unit *other, bool has_ties)
{
    assert_int_equal(one->state, other->state);
    assert_true(is_near(one->score, other->score));
    if (one->state != DEA_MODEL_SCORED) {
        return;
    }
    assert_int_equal(one->efficiency, other->efficiency);
    for (size_t i = 0; i < DEA_MODEL_PARTS; i++) {
        assert_true(is_near(one->parts[i], other->parts[i]));
    }
    for (size_t i = 0; i < COLUMNS && !has_ties; i++) {
        assert_true(isnan(one->slacks[i]) || fabs(one->slacks[i] - other->slacks[i]) <= 1e-7);
        assert_true(isnan(one->targets[i]) || fabs(one->targets[i] - other->targets[i]) <= 1e-7);
    }
}

static void test_frame_does_not_show(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2 * KINDS; kind++) {
        const bool has_ties = kind >= KINDS;
        struct dea_model_options options = options_of(kind % KINDS);
        if (has_ties && options.model == DEA_MODEL_CROSS) {
            continue; /* of several best weights one vertex is taken, and another beside others */
        }
        const struct dea_problem problem = problem_make(100 + (uint64_t) kind, has_ties ? 1 : 0);
        struct dea_model_result *framed = solve(&problem, &options);
        options.is_frameless = true;
        struct dea_model_result *whole = solve(&problem, &options);
        for (size_t u = 0; u < UNITS; u++) {
            /* Of both sides under constant returns: o's projections for the same score are a whole ray. */
            check_alike(&framed->units[u], &whole->units[u], has_ties || (options.model == DEA_MODEL_SBM && options.frontier == DEA_CRS));
        }
        dea_model_result_free(whole);
        dea_model_result_free(framed);
    }
    dea_thread_end();
}

static void test_any_number_of_threads(void **state)
{
    (void) state;
    for (int kind = 0; kind < KINDS; kind++) {
        const struct dea_problem problem = problem_make(200 + (uint64_t) kind, kind % 2);
        struct dea_model_options options = options_of(kind);
        struct dea_model_result *alone = solve(&problem, &options);
        for (size_t threads = 2; threads <= 5; threads += 3) {
            options.threads = threads;
            struct dea_model_result *together = solve(&problem, &options);
            check_same(alone, together);
            dea_model_result_free(together);
        }
        dea_model_result_free(alone);
    }
    dea_thread_end();
}

/* Without a frame, since the second output is unwanted: threads make no difference, nor does asking for no frame. */
static void test_undesirable_outputs(void **state)
{
    (void) state;
    static const enum dea_model models[] = {DEA_MODEL_SBM, DEA_MODEL_DIRECTIONAL, DEA_MODEL_DIRECTIONAL};
    static const bool undesirable[OUTPUTS] = {false, true};
    for (size_t kind = 0; kind < sizeof models / sizeof models[0]; kind++) {
        const struct dea_problem problem = problem_make(250 + kind, 0);
        struct dea_model_options options;
        dea_model_options_init(&options, models[kind]);
        options.is_undesirable = undesirable;
        options.frontier = kind == 2 ? DEA_CRS : DEA_VRS;
        options.is_frameless = true;
        struct dea_model_result *alone = solve(&problem, &options);
        options.is_frameless = false;
        options.threads = 5;
        struct dea_model_result *together = solve(&problem, &options);
        check_same(alone, together);
        dea_model_result_free(together);
        dea_model_result_free(alone);
    }
    dea_thread_end();
}

/* The other way round: every number is the same to its last digit, since nothing ties. */
static void test_any_order(void **state)
{
    (void) state;
    static double turned_inputs[UNITS * INPUTS], turned_outputs[UNITS * OUTPUTS];
    for (int kind = 0; kind < KINDS; kind++) {
        const struct dea_problem problem = problem_make(300 + (uint64_t) kind, 0);
        struct dea_problem turned = problem;
        const struct dea_model_options options = options_of(kind);
        for (size_t u = 0; u < UNITS; u++) {
            memcpy(turned_inputs + (UNITS - 1 - u) * INPUTS, inputs + u * INPUTS, sizeof(double) * INPUTS);
            memcpy(turned_outputs + (UNITS - 1 - u) * OUTPUTS, outputs + u * OUTPUTS, sizeof(double) * OUTPUTS);
        }
        turned.inputs = turned_inputs;
        turned.outputs = turned_outputs;
        struct dea_model_result *one = solve(&problem, &options);
        struct dea_model_result *other = solve(&turned, &options);
        for (size_t u = 0; u < UNITS; u++) {
            const struct dea_model_unit *here = &one->units[u];
            const struct dea_model_unit *there = &other->units[UNITS - 1 - u];
            assert_int_equal(here->state, there->state);
            assert_memory_equal(&here->score, &there->score, sizeof here->score);
            assert_memory_equal(here->parts, there->parts, sizeof here->parts);
            assert_memory_equal(here->slacks, there->slacks, COLUMNS * sizeof(double));
            assert_memory_equal(here->targets, there->targets, COLUMNS * sizeof(double));
            assert_int_equal(here->peers_length, there->peers_length);
        }
        dea_model_result_free(other);
        dea_model_result_free(one);
    }
    dea_thread_end();
}

/*
 * Each unit once more, or a unit that takes a little more and makes a little less: nobody else's score changes. Super-efficient
 * is nobody who has a double. Cross-efficiency is not here: all units are judges.
 */
static void test_units_that_add_nothing(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2 * KINDS; kind++) {
        const bool is_double = kind % 2 == 0;
        const struct dea_model_options options = options_of(kind / 2);
        struct dea_problem problem = problem_make(400 + (uint64_t) kind, 0);
        if (options.model == DEA_MODEL_CROSS || options.is_normalised) {
            continue;
        }
        struct dea_model_result *one = solve(&problem, &options);
        problem.unit_count = 2 * UNITS;
        for (size_t i = 0; i < UNITS * INPUTS; i++) {
            inputs[UNITS * INPUTS + i] = inputs[i] * (is_double ? 1 : 1.01);
            outputs[UNITS * OUTPUTS + i] = outputs[i] * (is_double ? 1 : 0.99);
        }
        struct dea_model_result *other = solve(&problem, &options);
        for (size_t u = 0; u < UNITS; u++) {
            const struct dea_model_unit *here = &one->units[u];
            const struct dea_model_unit *there = &other->units[u];
            if (options.model != DEA_MODEL_SUPER) {
                assert_true(is_near(here->score, there->score));
                assert_int_equal(here->efficiency, there->efficiency);
            } else if (is_double && here->state == DEA_MODEL_SCORED) {
                assert_true(is_near(fmin(1, here->score), there->score));
            } else if (here->state == DEA_MODEL_SCORED && here->score < 1) {
                assert_true(is_near(here->score, there->score));
            }
        }
        dea_model_result_free(other);
        dea_model_result_free(one);
    }
    dea_thread_end();
}

static void outliers_find(const struct dea_problem *problem, const struct dea_options *options, size_t place)
{
    struct dea_result *result = NULL;
    struct dea_outliers outliers = {.leverage = leverages[place], .is_flagged = flags[place]};
    assert_int_equal(dea_solve(problem, options, &result), STATUS_OK);
    assert_int_equal(dea_outliers_find(problem, options, result, &outliers), STATUS_OK);
    assert_true(outliers.certificate.program_count > 0);
    dea_result_free(result);
}

static void test_leave_one_out(void **state)
{
    (void) state;
    for (int kind = 0; kind < 4; kind++) {
        const struct dea_problem problem = problem_make(500 + (uint64_t) kind, kind / 2);
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = kind % 2 == 0 ? DEA_OUTPUT : DEA_INPUT;
        options.frontier = kind % 2 == 0 ? DEA_VRS : DEA_CRS;
        outliers_find(&problem, &options, 0);
        options.threads = 2 + 3 * (size_t) (kind % 2);
        outliers_find(&problem, &options, 1);
        assert_memory_equal(leverages[0], leverages[1], sizeof leverages[0]);
        assert_memory_equal(flags[0], flags[1], sizeof flags[0]);
        if (kind < 2) { /* where units tie, others may be peers */
            options.is_frameless = true;
            outliers_find(&problem, &options, 2);
            for (size_t u = 0; u < UNITS; u++) {
                assert_true(is_near(leverages[0][u], leverages[2][u]));
                assert_int_equal(flags[0][u], flags[2][u]);
            }
        }
    }
    dea_thread_end();
}

static void test_progress_and_an_end(void **state)
{
    (void) state;
    for (int kind = 0; kind < KINDS; kind++) {
        const struct dea_problem problem = problem_make(600 + (uint64_t) kind, 0);
        struct dea_model_options options = options_of(kind);
        struct told told = {0};
        options.is_cancelled = ask;
        options.progress = tell;
        options.cancel_context = &told;
        dea_model_result_free(solve(&problem, &options));
        assert_int_equal(told.last_done, told.last_due);
        assert_int_equal(told.count, told.last_due);
        assert_true(told.last_due >= 2 * UNITS); /* the frame and the scores */
        for (size_t threads = 1; threads <= 2; threads++) {
            struct dea_model_result *result = NULL;
            told = (struct told){.stop_at = threads == 1 ? told.asked * 2 / 3 : 3};
            options.threads = threads;
            assert_int_equal(dea_model_solve(&problem, &options, &result), STATUS_BUSY);
            assert_null(result);
        }
    }
    dea_thread_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_does_not_show), cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_any_order),           cmocka_unit_test(test_undesirable_outputs),
        cmocka_unit_test(test_units_that_add_nothing),
        cmocka_unit_test(test_leave_one_out),       cmocka_unit_test(test_progress_and_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
