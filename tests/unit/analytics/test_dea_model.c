/* The models beyond the radial scores: small cases by hand, the door, giving up, threads. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/dea/model.h"
#include "analytics/dea/outliers.h"

#define NEAR(a, b) assert_true(fabs((a) - (b)) <= 1e-9)

enum { UNITS = 5 };

/* One input, one output, as in any textbook: A (2,1), B (3,3), C (6,5), D (5,2), E (9,5). */
static const double inputs[UNITS] = {2, 3, 6, 5, 9};
static const double outputs[UNITS] = {1, 3, 5, 2, 5};

static const struct dea_problem textbook = {
    .unit_count = UNITS, .input_count = 1, .output_count = 1, .inputs = inputs, .outputs = outputs};

static struct dea_model_result *solve(const struct dea_model_options *options)
{
    struct dea_model_result *result = NULL;
    assert_int_equal(dea_model_solve(&textbook, options, &result), STATUS_OK);
    assert_int_equal(result->certificate.uncertified_count, 0);
    assert_true(result->certificate.duality_gap_max <= DEA_TOLERANCE);
    return result;
}

static void check(const struct dea_model_options *options, const double *expected)
{
    struct dea_model_result *result = solve(options);
    for (size_t u = 0; u < UNITS; u++) {
        if (isnan(expected[u])) {
            assert_int_equal(result->units[u].state, DEA_MODEL_INFEASIBLE);
            assert_true(isnan(result->units[u].score));
        } else {
            assert_int_equal(result->units[u].state, DEA_MODEL_SCORED);
            NEAR(result->units[u].score, expected[u]);
        }
    }
    dea_model_result_free(result);
}

/* CRS: only B has 1 per input; without it C is best with 5/6. Inputs under VRS: A without itself could use 3 of B. */
static void test_super(void **state)
{
    (void) state;
    struct dea_model_options options;
    dea_model_options_init(&options, DEA_MODEL_SUPER);
    options.side = DEA_SIDE_INPUT;
    options.frontier = DEA_CRS;
    check(&options, (double[]){0.5, 1.2, 5.0 / 6, 0.4, 5.0 / 9});
    options.frontier = DEA_VRS; /* B between A and C: 2 + 4 * 2/4; C's output is E's; D makes 2 with 2.5; E the same as C */
    check(&options, (double[]){1.5, 4.0 / 3, 1.5, 0.5, 6.0 / 9});
    options.side = DEA_SIDE_OUTPUT; /* nobody uses as little as A */
    check(&options, (double[]){NAN, 1.5, 5.0 / 4, 2 / (3 + 4.0 / 3), 1});
}

/* The other unit can do what is asked without any of the input that moves: that is no lack of others who can. */
static void test_super_with_a_fixed_input(void **state)
{
    (void) state;
    const double taken[] = {1, 1, 1, 0}, made[] = {1, 1};
    const struct dea_problem problem = {.unit_count = 2, .input_count = 2, .output_count = 1, .inputs = taken, .outputs = made};
    struct dea_model_options options;
    struct dea_model_result *result = NULL;
    dea_model_options_init(&options, DEA_MODEL_SUPER);
    options.side = DEA_SIDE_INPUT;
    options.is_fixed = (const bool[]){true, false};
    assert_int_equal(dea_model_solve(&problem, &options, &result), STATUS_OK);
    assert_int_equal(result->units[0].state, DEA_MODEL_UNBOUNDED);
    assert_int_equal(result->units[1].state, DEA_MODEL_NO_INPUTS);
    dea_model_result_free(result);
}

static void test_slacks(void **state)
{
    (void) state;
    struct dea_model_options options;
    dea_model_options_init(&options, DEA_MODEL_ADDITIVE);
    options.frontier = DEA_CRS; /* x - y: what B would save at the same output is at least what it would add */
    check(&options, (double[]){1, 0, 1, 3, 4});
    dea_model_options_init(&options, DEA_MODEL_SBM);
    options.frontier = DEA_CRS; /* one ratio: either side has the radial score, both sides no more */
    options.side = DEA_SIDE_INPUT;
    check(&options, (double[]){0.5, 1, 5.0 / 6, 0.4, 5.0 / 9});
    options.side = DEA_SIDE_OUTPUT;
    check(&options, (double[]){0.5, 1, 5.0 / 6, 0.4, 5.0 / 9});
}

/* y + beta y <= x - beta x, so beta = (x - y) / (x + y) on B's ray. */
static void test_directional(void **state)
{
    (void) state;
    struct dea_model_options options;
    dea_model_options_init(&options, DEA_MODEL_DIRECTIONAL);
    options.frontier = DEA_CRS;
    check(&options, (double[]){1.0 / 3, 0, 1.0 / 11, 3.0 / 7, 4.0 / 14});
}

static void test_cost(void **state)
{
    (void) state;
    const double price = 7;
    struct dea_model_options options;
    dea_model_options_init(&options, DEA_MODEL_COST);
    options.frontier = DEA_CRS;
    options.prices = &price;
    struct dea_model_result *result = solve(&options);
    NEAR(result->units[3].score, 0.4); /* with one input all inefficiency is technical */
    NEAR(result->units[3].parts[0], 35);
    NEAR(result->units[3].parts[1], 14);
    NEAR(result->units[3].parts[2], 0.4);
    NEAR(result->units[3].parts[3], 1);
    dea_model_result_free(result);
}

/* Steam with cold water left over must be paid by less power, when it is a by-product: unit 2 makes as much good with more bad. */
static void test_undesirable(void **state)
{
    (void) state;
    static const double one[] = {1, 1, 1};
    static const double goods[] = {4, 2, 4, 4, 2, 2}; /* good, bad */
    static const bool bad[] = {false, true};
    const struct dea_problem problem = {
        .unit_count = 3, .input_count = 1, .output_count = 2, .inputs = one, .outputs = goods};
    struct dea_model_options options;
    struct dea_model_result *result = NULL;
    dea_model_options_init(&options, DEA_MODEL_DIRECTIONAL);
    options.is_undesirable = bad;
    options.frontier = DEA_CRS;
    options.side = DEA_SIDE_OUTPUT; /* good and bad move alike */
    assert_int_equal(dea_model_solve(&problem, &options, &result), STATUS_OK);
    NEAR(result->units[0].score, 0);
    NEAR(result->units[1].score, 0); /* bad must be made: 4 (1 + beta) good takes 2 (1 + beta) bad of unit 1 */
    NEAR(result->units[2].score, 1.0 / 3); /* (2.67, 1.33) lies on the ray of unit 1 */
    dea_model_result_free(result);
}

static void test_door(void **state)
{
    (void) state;
    struct dea_model_options options;
    struct dea_model_result *result = NULL;
    const struct dea_limit same = {.first = 0, .second = 0, .minimum = 1, .maximum = 2};
    const double zero = 0;
    dea_model_options_init(&options, DEA_MODEL_COST);
    assert_int_equal(dea_model_solve(&textbook, &options, &result), STATUS_INVALID); /* no prices */
    options.prices = &zero;
    assert_int_equal(dea_model_solve(&textbook, &options, &result), STATUS_INVALID);
    dea_model_options_init(&options, DEA_MODEL_SUPER);
    options.side = DEA_SIDE_BOTH;
    assert_int_equal(dea_model_solve(&textbook, &options, &result), STATUS_INVALID);
    dea_model_options_init(&options, DEA_MODEL_RADIAL);
    options.frontier = DEA_FDH;
    assert_int_equal(dea_model_solve(&textbook, &options, &result), STATUS_INVALID);
    dea_model_options_init(&options, DEA_MODEL_RADIAL);
    options.limits = &same;
    options.limit_count = 1;
    assert_int_equal(dea_model_solve(&textbook, &options, &result), STATUS_INVALID);
    assert_null(result);
}

static bool say_yes(void *context)
{
    ++*(int *) context;
    return true;
}

static void test_giving_up(void **state)
{
    (void) state;
    for (int model = DEA_MODEL_RADIAL; model <= DEA_MODEL_COST; model++) {
        const double price = 1;
        int asked = 0;
        struct dea_model_options options;
        struct dea_model_result *result = NULL;
        dea_model_options_init(&options, (enum dea_model) model);
        options.prices = model == DEA_MODEL_COST ? &price : NULL;
        options.is_cancelled = say_yes;
        options.cancel_context = &asked;
        assert_int_equal(dea_model_solve(&textbook, &options, &result), STATUS_BUSY);
        assert_int_equal(asked, 1);
    }
}

/* NIRS, NDRS and FDH of dea.h: A has increasing, E decreasing returns; D copies B, E copies C and has 3 to spare. */
static void test_frontiers(void **state)
{
    (void) state;
    struct dea_options options;
    struct dea_result *result = NULL;
    dea_options_init(&options);
    options.orientation = DEA_INPUT;
    options.frontier = DEA_NDRS;
    assert_int_equal(dea_solve(&textbook, &options, &result), STATUS_OK);
    NEAR(result->units[0].nirste, 0.5);
    NEAR(result->units[0].ndrste, 1);
    NEAR(result->units[4].nirste, 6.0 / 9);
    NEAR(result->units[4].ndrste, 5.0 / 9);
    NEAR(result->units[4].score, 5.0 / 9);
    dea_result_free(result);
    options.orientation = DEA_OUTPUT;
    options.frontier = DEA_FDH;
    assert_int_equal(dea_solve(&textbook, &options, &result), STATUS_OK);
    NEAR(result->units[3].score, 2.0 / 3);
    assert_int_equal(result->units[3].peers[0].unit, 1);
    assert_int_equal(result->units[4].efficiency, DEA_EFFICIENT_WEAK);
    NEAR(result->units[4].input_slacks[0], 3);
    NEAR(result->units[4].input_targets[0], 6);
    assert_int_equal(result->units[0].efficiency, DEA_EFFICIENT_STRONG);
    dea_result_free(result);
}

/* Without B the best ratio is 5/6: all others' scores rise by a fifth. */
static void test_outliers(void **state)
{
    (void) state;
    double leverage[UNITS];
    bool is_flagged[UNITS];
    struct dea_outliers outliers = {.leverage = leverage, .is_flagged = is_flagged};
    struct dea_options options;
    struct dea_result *result = NULL;
    dea_options_init(&options);
    options.orientation = DEA_INPUT;
    options.frontier = DEA_CRS;
    assert_int_equal(dea_solve(&textbook, &options, &result), STATUS_OK);
    assert_int_equal(dea_outliers_find(&textbook, &options, result, &outliers), STATUS_OK);
    const double expected = 0.2 * sqrt((0.25 + 25.0 / 36 + 0.16 + 25.0 / 81) / 4);
    NEAR(leverage[1], expected);
    NEAR(outliers.threshold, expected / 5 * log(5));
    for (size_t u = 0; u < UNITS; u++) {
        assert_true(is_flagged[u] == (u == 1) && (u == 1 || leverage[u] == 0));
    }
    options.frontier = DEA_FDH;
    assert_int_equal(dea_outliers_find(&textbook, &options, result, &outliers), STATUS_INVALID);
    dea_result_free(result);
}

/* ---- threads ---- */

enum { MANY = 60, THREADS = 4 };

static double many_inputs[MANY * 2];
static double many_outputs[MANY * 2];

static void *solve_many(void *target)
{
    const struct dea_problem problem = {
        .unit_count = MANY, .input_count = 2, .output_count = 2, .inputs = many_inputs, .outputs = many_outputs};
    double *scores = target;
    for (int model = DEA_MODEL_RADIAL; model <= DEA_MODEL_CROSS; model++) {
        struct dea_model_options options;
        struct dea_model_result *result = NULL;
        dea_model_options_init(&options, (enum dea_model) model);
        if (dea_model_solve(&problem, &options, &result) != STATUS_OK) {
            return NULL;
        }
        for (size_t u = 0; u < MANY; u++) {
            scores[model * MANY + (int) u] = result->units[u].score;
        }
        dea_model_result_free(result);
    }
    dea_thread_end();
    return target;
}

static void test_threads(void **state)
{
    (void) state;
    static double scores[THREADS][DEA_MODEL_COST * MANY];
    pthread_t threads[THREADS];
    uint32_t seed = 12345;
    for (size_t i = 0; i < 2 * (size_t) MANY; i++) {
        seed = seed * 1664525 + 1013904223;
        many_inputs[i] = 1 + (double) (seed >> 16) / 8192;
        seed = seed * 1664525 + 1013904223;
        many_outputs[i] = 1 + (double) (seed >> 16) / 8192;
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_create(&threads[t], NULL, solve_many, scores[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        void *done = NULL;
        pthread_join(threads[t], &done);
        assert_non_null(done);
        assert_memory_equal(scores[t], scores[0], sizeof scores[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_super),       cmocka_unit_test(test_super_with_a_fixed_input),
        cmocka_unit_test(test_slacks),      cmocka_unit_test(test_directional),
        cmocka_unit_test(test_cost),        cmocka_unit_test(test_undesirable), cmocka_unit_test(test_door),
        cmocka_unit_test(test_frontiers),   cmocka_unit_test(test_outliers),
        cmocka_unit_test(test_giving_up),   cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
