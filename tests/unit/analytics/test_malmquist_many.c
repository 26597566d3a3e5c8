/* Malmquist indices of many units: with the frames and without them, by any number of threads, in any order, given up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/dea/malmquist.h"
#include "tests/unit/analytics/dea_many.h"

enum { UNITS = 320, PERIODS = 3, INPUTS = 2, OUTPUTS = 2, ROWS = UNITS * PERIODS };

static double inputs[ROWS * INPUTS], outputs[ROWS * OUTPUTS];
static double turned_inputs[ROWS * INPUTS], turned_outputs[ROWS * OUTPUTS];
static bool missing[ROWS], turned_missing[ROWS];

/* Of each kind: numbers that never tie, or small whole ones, which often do; both with units that are missing. */
static struct dea_panel panel_make(uint64_t seed, bool is_whole)
{
    random_state = seed;
    for (size_t row = 0; row < ROWS; row++) {
        const double size = 0.2 + random_uniform();
        const double growth = 1 + 0.1 * (double) (row / UNITS);
        missing[row] = random_uniform() < 0.02;
        for (size_t i = 0; i < INPUTS; i++) {
            inputs[row * INPUTS + i] = size * (0.5 + random_uniform());
            outputs[row * OUTPUTS + i] = growth * sqrt(size) * (0.4 + 0.6 * random_uniform());
            if (is_whole) {
                inputs[row * INPUTS + i] = (i == 0 ? 1 : 0) + floor(5 * random_uniform());
                outputs[row * OUTPUTS + i] = floor(6 * random_uniform());
            }
        }
    }
    return (struct dea_panel){.period_count = PERIODS, .unit_count = UNITS, .input_count = INPUTS, .output_count = OUTPUTS,
                              .inputs = inputs, .outputs = outputs, .is_missing = missing};
}

static struct dea_changes *solve(const struct dea_panel *panel, const struct dea_panel_options *options)
{
    struct dea_changes *changes = NULL;
    assert_int_equal(dea_malmquist(panel, options, &changes), STATUS_OK);
    assert_int_equal(changes->certificate.uncertified_count, 0);
    return changes;
}

enum { NUMBERS = 11 };

static void numbers_of(const struct dea_change *change, double numbers[NUMBERS])
{
    const double all[NUMBERS] = {change->effch,        change->techch,     change->pech,       change->sech,     change->tfpch,
                                 change->from_by_from, change->to_by_from, change->from_by_to, change->to_by_to, change->vrs_from,
                                 change->vrs_to};
    memcpy(numbers, all, sizeof all);
}

static void check_near(const struct dea_change *a, const struct dea_change *b)
{
    double one[NUMBERS];
    double other[NUMBERS];
    numbers_of(a, one);
    numbers_of(b, other);
    assert_int_equal(a->state, b->state);
    for (size_t i = 0; i < NUMBERS; i++) {
        assert_true((isnan(one[i]) && isnan(other[i])) || fabs(one[i] - other[i]) <= 1e-8 * fabs(one[i]));
    }
}

static void check_same(const struct dea_changes *a, const struct dea_changes *b)
{
    double one[NUMBERS];
    double other[NUMBERS];
    for (size_t i = 0; i < a->step_count * UNITS; i++) {
        assert_int_equal(a->changes[i].state, b->changes[i].state);
        numbers_of(&a->changes[i], one);
        numbers_of(&b->changes[i], other);
        assert_memory_equal(one, other, sizeof one);
    }
    assert_memory_equal(&a->certificate, &b->certificate, sizeof a->certificate);
    assert_memory_equal(&a->mean, &b->mean, sizeof a->mean);
}

static void test_any_number_of_threads(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2; kind++) {
        const struct dea_panel panel = panel_make(1 + (uint64_t) kind, kind == 1);
        struct dea_panel_options options = {.orientation = kind == 0 ? DEA_OUTPUT : DEA_INPUT};
        struct dea_changes *alone = solve(&panel, &options);
        for (size_t threads = 1; threads <= 5; threads = threads == 2 ? 5 : threads + 1) {
            options.threads = threads;
            struct dea_changes *together = solve(&panel, &options);
            check_same(alone, together);
            dea_changes_free(together);
        }
        dea_changes_free(alone);
    }
    dea_thread_end();
}

static void test_frame_and_order_do_not_show(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2; kind++) {
        const struct dea_panel panel = panel_make(11 + (uint64_t) kind, kind == 1);
        struct dea_panel turned = panel;
        struct dea_panel_options options = {.orientation = kind == 0 ? DEA_INPUT : DEA_OUTPUT};
        for (size_t row = 0; row < ROWS; row++) {
            const size_t to = row / UNITS * UNITS + UNITS - 1 - row % UNITS;
            memcpy(turned_inputs + to * INPUTS, inputs + row * INPUTS, INPUTS * sizeof *inputs);
            memcpy(turned_outputs + to * OUTPUTS, outputs + row * OUTPUTS, OUTPUTS * sizeof *outputs);
            turned_missing[to] = missing[row];
        }
        turned.inputs = turned_inputs;
        turned.outputs = turned_outputs;
        turned.is_missing = turned_missing;
        struct dea_changes *framed = solve(&panel, &options);
        struct dea_changes *other = solve(&turned, &options);
        options.is_frameless = true;
        struct dea_changes *whole = solve(&panel, &options);
        for (size_t i = 0; i < (PERIODS - 1) * UNITS; i++) {
            check_near(&framed->changes[i], &whole->changes[i]);
            check_near(&framed->changes[i], &other->changes[i / UNITS * UNITS + UNITS - 1 - i % UNITS]);
        }
        dea_changes_free(whole);
        dea_changes_free(other);
        dea_changes_free(framed);
    }
    dea_thread_end();
}

static void test_progress_and_an_end(void **state)
{
    (void) state;
    const struct dea_panel panel = panel_make(21, false);
    struct told told = {0};
    struct dea_panel_options options = {.is_cancelled = ask, .progress = tell, .context = &told};
    dea_changes_free(solve(&panel, &options));
    assert_int_equal(told.last_done, told.last_due);
    assert_int_equal(told.count, told.last_due);
    assert_true(told.last_due > ROWS); /* the frames too */
    for (size_t threads = 1; threads <= 2; threads++) {
        for (size_t part = 1; part < 8; part += 3) {
            struct dea_changes *changes = NULL;
            const size_t asked = told.asked;
            told = (struct told){.stop_at = threads == 1 ? asked * part / 8 : part};
            options.threads = threads;
            assert_int_equal(dea_malmquist(&panel, &options, &changes), STATUS_BUSY);
            assert_null(changes);
            told.asked = asked;
        }
    }
    dea_thread_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_frame_and_order_do_not_show),
        cmocka_unit_test(test_progress_and_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
