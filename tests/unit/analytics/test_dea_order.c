/* Whatever order the units are given in: not a byte of an answer changes, on data that leave much to rounding. */
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
#include "analytics/dea/malmquist.h"
#include "analytics/dea/model.h"
#include "tests/unit/analytics/dea_many.h"

enum { UNITS = 320, SIDE_MAX = 3, PERIODS = 2, GROUPS = 3 };

/* The same units twice: unit u of the first is place[u] of the second. */
static struct {
    double inputs[PERIODS * UNITS * SIDE_MAX], outputs[PERIODS * UNITS * SIDE_MAX];
    bool missing[PERIODS * UNITS];
    size_t groups[UNITS];
} given, turned;
static size_t place[UNITS];

static void places_shuffle(size_t n)
{
    for (size_t u = 0; u < n; u++) {
        place[u] = u;
    }
    for (size_t u = n; u > 1; u--) {
        const size_t other = (size_t) (random_uniform() * (double) u);
        const size_t kept = place[u - 1];
        place[u - 1] = place[other];
        place[other] = kept;
    }
}

/* span decades to either side; with zeros; every seventh unit the same as the one three before. */
static void values_draw(double *values, size_t n, size_t width, double span)
{
    for (size_t u = 0; u < n; u++) {
        for (size_t i = 0; i < width; i++) {
            const double value = pow(10, span * (2 * random_uniform() - 1));
            values[u * width + i] = i + 1 < width && random_uniform() < 0.1 ? 0 : value;
            if (u % 7 == 6) {
                values[u * width + i] = values[(u - 3) * width + i];
            }
        }
    }
}

static void figures_make(uint64_t seed, size_t periods, size_t n, size_t m, size_t s, double span)
{
    random_state = seed;
    values_draw(given.inputs, periods * n, m, span);
    values_draw(given.outputs, periods * n, s, span);
    places_shuffle(n);
    for (size_t p = 0; p < periods; p++) {
        for (size_t u = 0; u < n; u++) {
            const size_t from = p * n + u;
            const size_t to = p * n + place[u];
            memcpy(turned.inputs + to * m, given.inputs + from * m, m * sizeof(double));
            memcpy(turned.outputs + to * s, given.outputs + from * s, s * sizeof(double));
            given.missing[from] = turned.missing[to] = periods > 1 && u % 11 == 5 + p;
            given.groups[u] = turned.groups[place[u]] = u % GROUPS;
        }
    }
}

static struct dea_problem problem_of(bool is_turned, size_t n, size_t m, size_t s)
{
    return (struct dea_problem){.unit_count = n,
                                .input_count = m,
                                .output_count = s,
                                .inputs = is_turned ? turned.inputs : given.inputs,
                                .outputs = is_turned ? turned.outputs : given.outputs,
                                .groups = is_turned ? turned.groups : given.groups,
                                .group_count = GROUPS};
}

static bool is_equal(const struct dea_problem *problem, size_t unit, size_t other)
{
    const size_t m = problem->input_count;
    const size_t s = problem->output_count;
    return memcmp(problem->inputs + unit * m, problem->inputs + other * m, m * sizeof(double)) == 0 &&
           memcmp(problem->outputs + unit * s, problem->outputs + other * s, s * sizeof(double)) == 0;
}

/* The same peers, but that of equals the first is named, and the same lambdas to the last digit. */
static void check_peers(const struct dea_problem *problem, const struct dea_peer *peers, size_t length, const struct dea_peer *others,
                        size_t other_length)
{
    assert_int_equal(length, other_length);
    for (size_t p = 0; p < length; p++) {
        size_t found = 0;
        for (size_t q = 0; q < length; q++) {
            assert_true(q == 0 || others[q - 1].unit < others[q].unit);
            size_t unit = 0;
            while (place[unit] != others[q].unit) {
                unit++;
            }
            found += is_equal(problem, peers[p].unit, unit) && memcmp(&peers[p].lambda, &others[q].lambda, sizeof(double)) == 0;
        }
        assert_int_not_equal(found, 0);
    }
}

static void check_units(const struct dea_problem *problem, const struct dea_result *one, const struct dea_result *other)
{
    const size_t numbers = 3 * (problem->input_count + problem->output_count);
    for (size_t u = 0; u < problem->unit_count; u++) {
        const struct dea_unit *here = &one->units[u];
        const struct dea_unit *there = &other->units[place[u]];
        const double scores[] = {here->crste, here->vrste, here->nirste, here->ndrste, here->score, here->crs_lambda_sum};
        const double others[] = {there->crste, there->vrste, there->nirste, there->ndrste, there->score, there->crs_lambda_sum};
        assert_int_equal(here->state, there->state);
        assert_int_equal(here->rts, there->rts);
        assert_int_equal(here->efficiency, there->efficiency);
        assert_memory_equal(scores, others, sizeof scores);
        assert_memory_equal(here->input_slacks, there->input_slacks, numbers * sizeof(double)); /* and all behind them */
        check_peers(problem, here->peers, here->peers_length, there->peers, there->peers_length);
    }
}

static void test_radial(void **state)
{
    (void) state;
    size_t uncertified = 0;
    for (uint64_t kind = 0; kind < 240; kind++) {
        const bool is_many = kind % 40 == 0;
        const size_t n = is_many ? UNITS : 8 + kind % 13;
        const size_t m = 1 + kind % SIDE_MAX;
        const size_t s = 1 + kind / 3 % SIDE_MAX;
        struct dea_result *one = NULL;
        struct dea_result *other = NULL;
        struct dea_options options;
        figures_make(kind, 1, n, m, s, is_many ? 2 : 1 + (double) (kind % 6));
        const struct dea_problem problem = problem_of(false, n, m, s);
        const struct dea_problem permuted = problem_of(true, n, m, s);
        dea_options_init(&options);
        options.orientation = kind % 2 == 0 ? DEA_OUTPUT : DEA_INPUT;
        options.slacks = (enum dea_slacks) (kind / 2 % 5);
        options.frontier = (enum dea_frontier) (kind / 7 % 5);
        assert_int_equal(dea_solve(&problem, &options, &one), STATUS_OK);
        assert_int_equal(dea_solve(&permuted, &options, &other), STATUS_OK);
        check_units(&problem, one, other);
        assert_memory_equal(&one->mean, &other->mean, sizeof one->mean);
        assert_memory_equal(one->group_means, other->group_means, GROUPS * sizeof *one->group_means);
        assert_memory_equal(&one->certificate, &other->certificate, sizeof one->certificate);
        uncertified += one->certificate.uncertified_count;
        dea_result_free(other);
        dea_result_free(one);
    }
    assert_int_not_equal(uncertified, 0); /* the data are hard enough for that to be seen */
    dea_thread_end();
}

static void check_model_units(const struct dea_problem *problem, const struct dea_model_result *one, const struct dea_model_result *other)
{
    const size_t numbers = 2 * (problem->input_count + problem->output_count);
    for (size_t u = 0; u < problem->unit_count; u++) {
        const struct dea_model_unit *here = &one->units[u];
        const struct dea_model_unit *there = &other->units[place[u]];
        assert_int_equal(here->state, there->state);
        assert_int_equal(here->efficiency, there->efficiency);
        assert_memory_equal(&here->score, &there->score, sizeof here->score);
        assert_memory_equal(here->parts, there->parts, sizeof here->parts);
        assert_memory_equal(here->slacks, there->slacks, numbers * sizeof(double)); /* and the targets */
        check_peers(problem, here->peers, here->peers_length, there->peers, there->peers_length);
    }
}

static void test_models(void **state)
{
    (void) state;
    static const enum dea_model models[] = {DEA_MODEL_RADIAL,   DEA_MODEL_SUPER,       DEA_MODEL_SBM,
                                            DEA_MODEL_ADDITIVE, DEA_MODEL_DIRECTIONAL, DEA_MODEL_CROSS};
    const size_t count = sizeof models / sizeof models[0];
    for (uint64_t kind = 0; kind < 90; kind++) {
        const enum dea_model model = models[kind % count];
        const size_t n = kind < 2 ? UNITS : 8 + kind % 13;
        const size_t m = 1 + kind / 2 % SIDE_MAX;
        const size_t s = 1 + kind / 3 % SIDE_MAX;
        struct dea_model_result *one = NULL;
        struct dea_model_result *other = NULL;
        struct dea_model_options options;
        figures_make(500 + kind, 1, n, m, s, n == UNITS ? 1 : 1 + (double) (kind % 5));
        const struct dea_problem problem = problem_of(false, n, m, s);
        const struct dea_problem permuted = problem_of(true, n, m, s);
        dea_model_options_init(&options, model);
        if (model != DEA_MODEL_CROSS) {
            options.frontier = kind / count % 2 == 0 ? DEA_VRS : DEA_CRS;
        }
        assert_int_equal(dea_model_solve(&problem, &options, &one), STATUS_OK);
        assert_int_equal(dea_model_solve(&permuted, &options, &other), STATUS_OK);
        check_model_units(&problem, one, other);
        assert_memory_equal(&one->mean, &other->mean, sizeof one->mean);
        assert_memory_equal(one->group_means, other->group_means, GROUPS * sizeof *one->group_means);
        assert_memory_equal(&one->certificate, &other->certificate, sizeof one->certificate);
        dea_model_result_free(other);
        dea_model_result_free(one);
    }
    dea_thread_end();
}

static struct dea_panel panel_of(bool is_turned, size_t n, size_t m, size_t s)
{
    return (struct dea_panel){.period_count = PERIODS,
                              .unit_count = n,
                              .input_count = m,
                              .output_count = s,
                              .inputs = is_turned ? turned.inputs : given.inputs,
                              .outputs = is_turned ? turned.outputs : given.outputs,
                              .is_missing = is_turned ? turned.missing : given.missing,
                              .groups = is_turned ? turned.groups : given.groups,
                              .group_count = GROUPS};
}

static void test_malmquist(void **state)
{
    (void) state;
    for (uint64_t kind = 0; kind < 42; kind++) {
        const size_t n = kind < 2 ? UNITS : 7 + kind % 13;
        const size_t m = 1 + kind / 2 % SIDE_MAX;
        const size_t s = 1 + kind / 3 % SIDE_MAX;
        const struct dea_panel_options options = {.orientation = kind % 2 == 0 ? DEA_OUTPUT : DEA_INPUT};
        struct dea_changes *one = NULL;
        struct dea_changes *other = NULL;
        figures_make(900 + kind, PERIODS, n, m, s, n == UNITS ? 1 : 1 + (double) (kind % 5));
        const struct dea_panel panel = panel_of(false, n, m, s);
        const struct dea_panel permuted = panel_of(true, n, m, s);
        assert_int_equal(dea_malmquist(&panel, &options, &one), STATUS_OK);
        assert_int_equal(dea_malmquist(&permuted, &options, &other), STATUS_OK);
        for (size_t u = 0; u < n; u++) {
            const struct dea_change *here = &one->changes[u];
            const struct dea_change *there = &other->changes[place[u]];
            assert_int_equal(here->state, there->state);
            assert_memory_equal(&here->effch, &there->effch, sizeof *here - offsetof(struct dea_change, effch));
        }
        assert_memory_equal(&one->mean, &other->mean, sizeof one->mean);
        assert_memory_equal(one->group_means, other->group_means, GROUPS * sizeof *one->group_means);
        assert_memory_equal(&one->certificate, &other->certificate, sizeof one->certificate);
        dea_changes_free(other);
        dea_changes_free(one);
    }
    dea_thread_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radial),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_malmquist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
