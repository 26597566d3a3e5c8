/*
 * The bootstrap of efficiency scores. Under constant returns with one input and one output a replication's frontier is the
 * best quotient alone: with d_i = best / quotient_i the reference unit i is moved to best / d*_i, so every unit's distance is
 * d_i / min d*, and all that the header promises can be worked out here by its steps, without a program.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/dea/bootstrap.h"
#include "analytics/dea/philox.h"

enum { UNITS = 12, REPLICATIONS = 120 };

static const double INPUTS[UNITS] = {2, 4, 3, 5, 8, 7, 1, 6, 4, 9, 3, 5};
static const double OUTPUTS[UNITS] = {1, 3, 3, 2, 5, 6, 0.8, 3.5, 2.2, 4, 1.1, 4.9};
static const struct dea_bootstrap_options PLAIN = {
    .orientation = DEA_OUTPUT,
    .frontier = DEA_CRS,
    .replications = REPLICATIONS,
    .seed = UINT64_C(0x123456789abcdef0),
    .level = 0.9,
    .threads = 1,
};

static void assert_near(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance)) {
        fail_msg("found %.17g, wanted %.17g within %g", found, wanted, tolerance);
    }
}

static struct dea_problem problem_of(const double *inputs, const double *outputs, size_t n)
{
    return (struct dea_problem){.unit_count = n, .input_count = 1, .output_count = 1, .inputs = inputs, .outputs = outputs};
}

static struct dea_bootstrap *run(const struct dea_problem *problem, const double *scores, const struct dea_bootstrap_options *options)
{
    struct dea_bootstrap *bootstrap = NULL;
    assert_int_equal(dea_bootstrap_run(problem, scores, options, &bootstrap), STATUS_OK);
    assert_int_equal(bootstrap->unit_count, problem->unit_count);
    assert_int_equal(bootstrap->certificate.uncertified_count, 0);
    assert_true(bootstrap->certificate.duality_gap_max <= DEA_TOLERANCE);
    return bootstrap;
}

/* The scores that the bootstrap is to be given. */
static void solve(const struct dea_problem *problem, const struct dea_bootstrap_options *options, double *scores)
{
    struct dea_options wanted;
    struct dea_result *result = NULL;
    dea_options_init(&wanted);
    wanted.orientation = options->orientation;
    wanted.frontier = options->frontier;
    wanted.slacks = DEA_SLACKS_NONE;
    assert_int_equal(dea_solve(problem, &wanted, &result), STATUS_OK);
    for (size_t u = 0; u < problem->unit_count; u++) {
        scores[u] = result->units[u].score;
    }
    dea_result_free(result);
}

static void check_none(const struct dea_interval *interval)
{
    assert_true(isnan(interval->corrected) && isnan(interval->bias) && isnan(interval->low) && isnan(interval->high));
}

static void check_same(const struct dea_bootstrap *a, const struct dea_bootstrap *b)
{
    assert_int_equal(a->unit_count, b->unit_count);
    assert_int_equal(a->counted, b->counted);
    assert_memory_equal(&a->bandwidth, &b->bandwidth, sizeof a->bandwidth);
    assert_memory_equal(a->units, b->units, a->unit_count * sizeof *a->units);
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double quantile(const double *sorted, size_t count, double share)
{
    const double at = (double)(count - 1) * share;
    const size_t i = (size_t)floor(at);
    return i + 1 < count ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static double variance(const double *values, size_t n)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return squares / (double)(n - 1);
}

/* Step 2 of the header. */
static double bandwidth_of(const double *d, size_t n)
{
    double reflected[2 * UNITS];
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (d[i] > 1 + 1e-6) {
            reflected[m++] = d[i];
            reflected[m++] = 2 - d[i];
        }
    }
    qsort(reflected, m, sizeof *reflected, compare);
    const double s = sqrt(variance(reflected, m));
    const double q = quantile(reflected, m, 0.75) - quantile(reflected, m, 0.25);
    const double h = 0.9 * fmin(s, q / 1.349) * pow((double)m, -0.2);
    return h * pow((double)m / (double)n, 0.2) * sqrt(variance(d, n)) / s;
}

/* Steps 3 and "Draws": the least d* of a replication. */
static double least_drawn(const double *d, size_t n, double h, uint64_t key, uint32_t replication)
{
    double beta[UNITS], e[UNITS], both[2 * UNITS], mean = 0, least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        both[i] = d[i];
        both[n + i] = 2 - d[i];
    }
    for (size_t i = 0; i < n; i++) {
        const struct philox w = philox((struct philox){{(uint32_t)i, replication, 0, 0}}, (uint32_t)key, (uint32_t)(key >> 32));
        const long double share = ((long double)w.words[0] + 4294967296.0L * w.words[1]) / 18446744073709551616.0L;
        const double a = (w.words[2] + 0.5) / 4294967296.0, c = (w.words[3] + 0.5) / 4294967296.0;
        beta[i] = both[(size_t)floorl(share * (long double)(2 * n))];
        e[i] = beta[i] + h * sqrt(-2 * log(a)) * cos(2 * acos(-1) * c);
        mean += beta[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double kept = mean + (e[i] - mean) / sqrt(1 + h * h / variance(both, 2 * n));
        least = fmin(least, kept < 1 ? 2 - kept : kept);
    }
    return least;
}

/* Random123's known answers. */
static void test_philox(void **state)
{
    (void)state;
    const struct philox zeros = philox((struct philox){{0, 0, 0, 0}}, 0, 0);
    const struct philox ones = philox((struct philox){{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, 0xffffffff, 0xffffffff);
    const struct philox pi = philox((struct philox){{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0);
    const uint32_t wanted[3][4] = {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                   {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                   {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    assert_memory_equal(zeros.words, wanted[0], sizeof wanted[0]);
    assert_memory_equal(ones.words, wanted[1], sizeof wanted[1]);
    assert_memory_equal(pi.words, wanted[2], sizeof wanted[2]);
}

/* Of quotients alone; the same in both orientations, which are one program here, by both solvers and in any unit. */
static void check_steps(double input_unit, double output_unit, const struct dea_bootstrap_options *options)
{
    double inputs[UNITS], outputs[UNITS], scores[UNITS], d[UNITS], best = 0, replicated[REPLICATIONS], least[REPLICATIONS], sum = 0;
    for (size_t u = 0; u < UNITS; u++) {
        inputs[u] = INPUTS[u] * input_unit;
        outputs[u] = OUTPUTS[u] * output_unit;
        best = fmax(best, OUTPUTS[u] / INPUTS[u]);
    }
    for (size_t u = 0; u < UNITS; u++) {
        d[u] = best / (OUTPUTS[u] / INPUTS[u]);
        scores[u] = 1 / d[u];
    }
    const double h = bandwidth_of(d, UNITS);
    for (uint32_t b = 0; b < REPLICATIONS; b++) {
        least[b] = least_drawn(d, UNITS, h, options->seed, b);
        sum += 1 / least[b];
    }
    const struct dea_problem problem = problem_of(inputs, outputs, UNITS);
    struct dea_bootstrap *bootstrap = run(&problem, scores, options);
    assert_near(bootstrap->bandwidth, h, 1e-12);
    assert_int_equal(bootstrap->counted, UNITS);
    assert_true(bootstrap->certificate.program_count > 0);
    for (size_t u = 0; u < UNITS; u++) {
        const struct dea_interval *found = &bootstrap->units[u];
        for (size_t b = 0; b < REPLICATIONS; b++) {
            replicated[b] = d[u] / least[b] - d[u];
        }
        qsort(replicated, REPLICATIONS, sizeof *replicated, compare);
        const double corrected = 1 / (2 * d[u] - d[u] * sum / REPLICATIONS);
        assert_near(found->score, scores[u], 0);
        assert_near(found->corrected, corrected, 1e-8);
        assert_near(found->bias, scores[u] - corrected, 1e-8);
        assert_near(found->low, 1 / (d[u] - quantile(replicated, REPLICATIONS, (1 - options->level) / 2)), 1e-8);
        assert_near(found->high, 1 / (d[u] - quantile(replicated, REPLICATIONS, (1 + options->level) / 2)), 1e-8);
        /* The frontier of those seen is never above the true one. */
        assert_true(found->bias > 0 && found->low <= found->corrected && found->corrected <= found->high);
        assert_true(found->high <= found->score + 1e-9);
    }
    dea_bootstrap_free(bootstrap);
}

static void test_steps(void **state)
{
    (void)state;
    struct dea_bootstrap_options options = PLAIN;
    check_steps(1, 1, &options);
    options.orientation = DEA_INPUT;
    check_steps(1, 1, &options);
    options.solver = DEA_SOLVER_GLPK;
    options.level = 0.5;
    check_steps(1, 1, &options);
    options = PLAIN;
    options.seed = 0;
    check_steps(1e15, 1e-15, &options);
    check_steps(1e-300, 1e300, &options);
}

/* The same bytes from the same seed and any number of threads, other ones from another seed. */
static void test_same_bytes(void **state)
{
    (void)state;
    const struct dea_problem problem = problem_of(INPUTS, OUTPUTS, UNITS);
    const enum dea_frontier frontiers[] = {DEA_VRS, DEA_CRS, DEA_NIRS, DEA_NDRS};
    for (int kind = 0; kind < 8; kind++) {
        struct dea_bootstrap_options options = PLAIN;
        options.orientation = kind % 2 == 0 ? DEA_OUTPUT : DEA_INPUT;
        options.frontier = frontiers[kind / 2];
        double scores[UNITS];
        solve(&problem, &options, scores);
        struct dea_bootstrap *alone = run(&problem, scores, &options);
        for (size_t threads = 1; threads <= 5; threads += 2) {
            options.threads = threads;
            struct dea_bootstrap *again = run(&problem, scores, &options);
            check_same(alone, again);
            dea_bootstrap_free(again);
        }
        options.seed ^= UINT64_C(1) << (kind * 9);
        struct dea_bootstrap *other = run(&problem, scores, &options);
        assert_memory_equal(&alone->bandwidth, &other->bandwidth, sizeof alone->bandwidth);
        assert_memory_not_equal(alone->units, other->units, UNITS * sizeof *alone->units);
        dea_bootstrap_free(other);
        dea_bootstrap_free(alone);
    }
}

/* What is asked to hold more often is wider; the corrected score stays. */
static void test_levels(void **state)
{
    (void)state;
    const struct dea_problem problem = problem_of(INPUTS, OUTPUTS, UNITS);
    const double levels[] = {1e-9, 0.5, 0.95, 1 - 1e-9};
    struct dea_bootstrap_options options = PLAIN;
    double scores[UNITS];
    options.frontier = DEA_VRS;
    solve(&problem, &options, scores);
    struct dea_bootstrap *narrow = NULL;
    for (size_t i = 0; i < 4; i++) {
        options.level = levels[i];
        struct dea_bootstrap *wide = run(&problem, scores, &options);
        for (size_t u = 0; u < UNITS; u++) {
            const struct dea_interval *one = &wide->units[u];
            assert_true(one->low <= one->high);
            assert_near(one->bias, one->score - one->corrected, 0);
            assert_true(i > 0 || one->high - one->low < 1e-8);
            if (narrow != NULL) {
                assert_true(one->low <= narrow->units[u].low && narrow->units[u].high <= one->high);
                assert_memory_equal(&one->corrected, &narrow->units[u].corrected, sizeof one->corrected);
            }
        }
        dea_bootstrap_free(narrow);
        narrow = wide;
    }
    dea_bootstrap_free(narrow);
}

/* Units without a score are not counted among those that draw, and change nobody's interval. */
static void test_units_without_a_score(void **state)
{
    (void)state;
    double inputs[UNITS + 2], outputs[UNITS + 2], scores[UNITS + 2], plain_scores[UNITS];
    const struct dea_problem plain = problem_of(INPUTS, OUTPUTS, UNITS);
    const struct dea_problem problem = problem_of(inputs, outputs, UNITS + 2);
    memcpy(inputs + 1, INPUTS, sizeof INPUTS);
    memcpy(outputs + 1, OUTPUTS, sizeof OUTPUTS);
    inputs[0] = 0; /* something from nothing */
    outputs[0] = 1;
    inputs[UNITS + 1] = 1; /* nothing from something */
    outputs[UNITS + 1] = 0;
    solve(&plain, &PLAIN, plain_scores);
    solve(&problem, &PLAIN, scores);
    struct dea_bootstrap *wanted = run(&plain, plain_scores, &PLAIN);
    struct dea_bootstrap *found = run(&problem, scores, &PLAIN);
    assert_int_equal(found->counted, UNITS);
    for (size_t u = 0; u < UNITS + 2; u++) {
        const struct dea_interval *interval = &found->units[u];
        if (u == 0 || u == UNITS + 1) {
            assert_true(isnan(interval->score));
            check_none(interval);
        } else {
            assert_near(interval->corrected, wanted->units[u - 1].corrected, 1e-8);
            assert_near(interval->low, wanted->units[u - 1].low, 1e-8);
            assert_near(interval->high, wanted->units[u - 1].high, 1e-8);
        }
    }
    dea_bootstrap_free(found);
    dea_bootstrap_free(wanted);
}

/* One score, all the same, or none: nothing to draw from. */
static void test_nothing_varies(void **state)
{
    (void)state;
    const double equal[] = {2, 2, 2}, ones[] = {1, 1, 1}, none[] = {NAN, NAN, NAN}, one[] = {NAN, 1, NAN};
    const double *const scores[] = {ones, none, one};
    const size_t counted[] = {3, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        const struct dea_problem problem = problem_of(equal, equal, 3);
        struct dea_bootstrap *bootstrap = run(&problem, scores[i], &PLAIN);
        assert_near(bootstrap->bandwidth, 0, 0);
        assert_int_equal(bootstrap->counted, counted[i]);
        for (size_t u = 0; u < 3; u++) { /* but the score itself */
            check_none(&bootstrap->units[u]);
            assert_true(isnan(scores[i][u]) ? isnan(bootstrap->units[u].score) : bootstrap->units[u].score == scores[i][u]);
        }
        dea_bootstrap_free(bootstrap);
    }
    const struct dea_problem alone = problem_of(equal, equal, 1);
    struct dea_bootstrap *bootstrap = run(&alone, ones, &PLAIN);
    assert_near(bootstrap->bandwidth, 0, 0);
    check_none(&bootstrap->units[0]);
    dea_bootstrap_free(bootstrap);
    dea_bootstrap_free(NULL);
}

static void refuse(const struct dea_problem *problem, const double *scores, const struct dea_bootstrap_options *options)
{
    struct dea_bootstrap mark, *bootstrap = &mark;
    assert_int_equal(dea_bootstrap_run(problem, scores, options, &bootstrap), STATUS_INVALID);
    assert_ptr_equal(bootstrap, &mark);
}

static void test_refusals(void **state)
{
    (void)state;
    double scores[UNITS], values[UNITS];
    const struct dea_problem problem = problem_of(INPUTS, OUTPUTS, UNITS);
    solve(&problem, &PLAIN, scores);
    struct dea_bootstrap_options options[11];
    for (size_t i = 0; i < 11; i++) {
        options[i] = PLAIN;
    }
    options[0].replications = DEA_REPLICATIONS_MIN - 1;
    options[1].replications = DEA_REPLICATIONS_MAX + 1;
    options[2].level = 0;
    options[3].level = 1;
    options[4].level = NAN;
    options[5].threads = 0;
    options[6].threads = 65;
    options[7].frontier = DEA_FDH;
    options[8].orientation = (enum dea_orientation)2;
    options[9].solver = (enum dea_solver_kind)2;
    options[10].replications = 0;
    for (size_t i = 0; i < 11; i++) {
        refuse(&problem, scores, &options[i]);
    }
    const double bad_scores[] = {0, -0.5, nextafter(1, 2), INFINITY};
    for (size_t i = 0; i < 4; i++) {
        memcpy(values, scores, sizeof values);
        values[UNITS - 1] = bad_scores[i];
        refuse(&problem, values, &PLAIN);
    }
    const double bad_data[] = {NAN, INFINITY, -1};
    for (size_t i = 0; i < 3; i++) {
        memcpy(values, INPUTS, sizeof values);
        values[3] = bad_data[i];
        const struct dea_problem bad = problem_of(values, OUTPUTS, UNITS);
        refuse(&bad, scores, &PLAIN);
    }
    const struct dea_problem empty = problem_of(INPUTS, OUTPUTS, 0), missing = problem_of(INPUTS, NULL, UNITS);
    refuse(&empty, scores, &PLAIN);
    refuse(&missing, scores, &PLAIN);
    enum { TOO_MANY = DEA_BOOTSTRAP_PROGRAMS_MAX / DEA_REPLICATIONS_MAX + 1 };
    double many[TOO_MANY];
    for (size_t i = 0; i < TOO_MANY; i++) {
        many[i] = 1;
    }
    const struct dea_problem large = problem_of(many, many, TOO_MANY);
    struct dea_bootstrap_options most = PLAIN;
    most.replications = DEA_REPLICATIONS_MAX;
    refuse(&large, many, &most);
}

/* What the caller is asked and told. */
struct talk {
    size_t left; /* questions before a yes */
    bool is_over; /* a yes was said */
    size_t done, count;
};

static bool count_down(void *context)
{
    struct talk *talk = context;
    talk->is_over = (talk->left > 0 ? talk->left-- : 0) == 0;
    return talk->is_over;
}

static void hear(void *context, size_t done, size_t count)
{
    struct talk *talk = context;
    assert_true(done >= talk->done && done <= count);
    talk->done = done;
    talk->count = count;
}

static void test_giving_up(void **state)
{
    (void)state;
    double scores[UNITS];
    const struct dea_problem problem = problem_of(INPUTS, OUTPUTS, UNITS);
    solve(&problem, &PLAIN, scores);
    struct dea_bootstrap *plain = run(&problem, scores, &PLAIN);
    for (size_t threads = 1; threads <= 3; threads += 2) {
        struct talk talk = {.left = 0};
        struct dea_bootstrap_options options = PLAIN;
        options.threads = threads;
        options.is_cancelled = count_down;
        options.progress = hear;
        options.context = &talk;
        for (size_t left = 0; left < 64; left = 2 * left + 1) {
            struct dea_bootstrap mark, *bootstrap = &mark;
            talk = (struct talk){.left = left};
            const enum status status = dea_bootstrap_run(&problem, scores, &options, &bootstrap);
            assert_true(talk.is_over || threads > 1); /* others may have done all before the caller was asked so often */
            assert_int_equal(status, talk.is_over ? STATUS_BUSY : STATUS_OK);
            assert_int_equal(bootstrap == &mark, talk.is_over);
            dea_bootstrap_free(talk.is_over ? NULL : bootstrap);
        }
        talk = (struct talk){.left = SIZE_MAX};
        struct dea_bootstrap *bootstrap = run(&problem, scores, &options);
        assert_true(talk.count == REPLICATIONS || (talk.count == 0 && threads > 1));
        assert_true((talk.left < SIZE_MAX && talk.done == REPLICATIONS) || threads > 1);
        check_same(plain, bootstrap);
        dea_bootstrap_free(bootstrap);
    }
    dea_bootstrap_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_units_without_a_score),
        cmocka_unit_test(test_nothing_varies),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_giving_up),
    };
    return cmocka_run_group_tests_name("dea_bootstrap", tests, NULL, NULL);
}
