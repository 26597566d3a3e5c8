/* Density estimation beyond the curve: selectors, boundaries, mass, dip and critical bandwidth, and giving them up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analytics/kde/critical.h"
#include "analytics/kde/dip.h"
#include "analytics/kde/kde.h"
#include "analytics/kde/mass.h"
#include "analytics/kde/modes.h"
#include "analytics/kde/random.h"
#include "tests/unit/analytics/kde_help.h"

enum { N = 60 };

static const struct kde_watch nobody = {NULL, NULL, NULL};
static const enum kde_rule selectors[] = {KDE_RULE_UCV, KDE_RULE_BCV, KDE_RULE_SJ_STE, KDE_RULE_SJ_DPI};

static void fill(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = exp(0.4 * next_normal());
    }
}

/* Bins say nearly what pairs say; an end of the search and a quartile distance of 0 are told. */
static void test_selectors(void **state)
{
    (void)state;
    double values[3000];
    fill(values, 3000);
    for (size_t i = 0; i < 4; i++) {
        struct kde_options options = kde_options_default();
        options.rule = selectors[i];
        struct kde_curve *few = make(values, NULL, 2000, &options);  /* every pair */
        struct kde_curve *many = make(values, NULL, 2001, &options); /* bins */
        assert_near(many->bandwidth.sd / few->bandwidth.sd, 1.0, 0.02);
        options.adjust = 3.0;
        struct kde_curve *thrice = make(values, NULL, 2000, &options);
        assert_near(thrice->bandwidth.sd / few->bandwidth.sd, 3.0, 1e-12);
        kde_curve_free(thrice);
        kde_curve_free(many);
        kde_curve_free(few);
    }
    struct kde_options options = kde_options_default();
    options.rule = KDE_RULE_UCV;
    struct kde_curve *curve = make((const double[]){1, 1, 1, 2, 2, 2, 3, 3, 3, 3}, NULL, 10, &options);
    assert_true((curve->warnings & KDE_WARNING_AT_BOUND) != 0);
    kde_curve_free(curve);
    options.rule = KDE_RULE_SJ_DPI;
    curve = make((const double[]){1, 3, 3, 3, 3, 3, 3, 5}, NULL, 8, &options);
    assert_true((curve->warnings & KDE_WARNING_IQR_ZERO) != 0);
    kde_curve_free(curve);
}

/* Thousands of values and one far out: bounded time, and the outlier makes nothing wide. */
static void test_selectors_of_far_outliers(void **state)
{
    (void)state;
    const size_t n = 4000;
    double *values = calloc(n, sizeof *values);
    assert_non_null(values);
    fill(values, n);
    struct kde_options options = kde_options_default();
    options.rule = KDE_RULE_SJ_STE;
    struct kde_curve *clean = make(values, NULL, n, &options);
    values[0] = 1e12;
    struct kde_curve *curve = make(values, NULL, n, &options);
    assert_near(curve->bandwidth.sd / clean->bandwidth.sd, 1.0, 0.02);
    kde_curve_free(curve);
    kde_curve_free(clean);
    free(values);
}

/* Values that differ, by so little that the standard deviation or the distance of the quartiles underflows: refused, not fatal. */
static void test_selectors_of_underflowing_spread(void **state)
{
    (void)state;
    const double tiny[] = {1e-300, 2e-300, 5e-300, 9e-300};
    const double least = 4.9406564584124654e-324; /* a quartile distance of a few of these, the rest far out */
    const double mixed[] = {0, least, 2 * least, 3 * least, 4 * least, 5 * least, 6 * least, 1};
    for (size_t i = 0; i < 4; i++) {
        struct kde_options options = kde_options_default();
        options.rule = selectors[i];
        struct kde_refusal refusal;
        struct kde_curve *curve = NULL;
        const struct kde_sample small = {.values = tiny, .weights = NULL, .n = 4};
        assert_int_equal(kde_curve_create(&small, &options, &curve, &refusal), STATUS_INVALID);
        assert_int_equal(refusal.fault, KDE_FAULT_RULE);
        const bool goes_by_quartiles = selectors[i] == KDE_RULE_SJ_STE || selectors[i] == KDE_RULE_SJ_DPI;
        const struct kde_sample both = {.values = mixed, .weights = NULL, .n = 8};
        assert_int_equal(kde_curve_create(&both, &options, &curve, &refusal), goes_by_quartiles ? STATUS_INVALID : STATUS_OK);
        kde_curve_free(curve);
    }
}

static double dip_of(const double *values, size_t n)
{
    size_t room[4 * (N + 1)];
    assert_true(n <= N);
    return kde_dip_sorted(values, n, room);
}

static void test_dips(void **state)
{
    (void)state;
    assert_near(dip_of((const double[]){7}, 1), 0.5, 0.0);
    assert_near(dip_of((const double[]){7, 7, 7}, 3), 1.0 / 6.0, 0.0);
    assert_near(dip_of((const double[]){0, 1}, 2), 0.25, 0.0);
    assert_near(dip_of((const double[]){0, 0, 0, 1, 1, 1}, 6), 0.25, 0.0); /* the largest there is */
    double even[N];
    for (size_t i = 0; i < N; i++) {
        even[i] = (double)i;
    }
    assert_near(dip_of(even, N), 0.5 / N, 1e-15); /* the least */
    struct kde_dip dip;
    assert_int_equal(kde_dip_test(even, N, &nobody, &dip), STATUS_OK);
    assert_near(dip.p_value, 1.0, 0.0);
    for (size_t i = 0; i < N; i++) {
        even[i] += i < N / 2 ? 0.0 : 1e6;
    }
    assert_int_equal(kde_dip_test(even, N, &nobody, &dip), STATUS_OK);
    assert_near(dip.p_value, 1.0 / (1.0 + KDE_DIP_REPLICATES), 1e-15);
}

static size_t modes_at(const double *values, size_t n, double h)
{
    const struct kde_options options = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, h);
    struct kde_curve *curve = make(values, NULL, n, &options);
    struct kde_mode modes[N];
    struct kde_mode_list list;
    assert_int_equal(kde_modes_find(curve, N, modes, &list), STATUS_OK);
    kde_curve_free(curve);
    return list.total;
}

/* The scan of modes, another program, sees one mode above the critical bandwidth and more below. */
static void test_critical_bandwidths(void **state)
{
    (void)state;
    double values[N];
    for (int round = 0; round < 20; round++) {
        const size_t n = 2 + (size_t)(next_uniform() * (N - 2));
        double h = 0.0;
        fill(values, n);
        assert_int_equal(kde_critical_bandwidth(values, n, &h), STATUS_OK);
        assert_int_equal(modes_at(values, n, h * 1.0005), 1);
        assert_true(modes_at(values, n, h * 0.995) > 1);
    }
    double h = 0.0;
    assert_int_equal(kde_critical_bandwidth((const double[]){3e-160, 1e-160}, 2, &h), STATUS_OK);
    assert_near(h / 1e-160, 1.0, 2e-5); /* two values: half their distance */
    struct kde_critical first;
    struct kde_critical second;
    fill(values, N);
    assert_int_equal(kde_critical_test(values, N, &nobody, &first), STATUS_OK);
    assert_int_equal(kde_critical_test(values, N, &nobody, &second), STATUS_OK);
    assert_memory_equal(&first, &second, sizeof first);
    const double least = 1.0 / (1.0 + KDE_CRITICAL_REPLICATES);
    assert_true(first.p_value >= least && first.p_value <= 1.0 && first.calibrated_p >= least && first.calibrated_p <= 1.0);
    for (size_t i = 0; i < N; i++) { /* two heaps: no sample of one mode is as far from it */
        values[i] = 1e-3 * (double)i + (i % 2 == 0 ? 0.0 : 100.0);
    }
    assert_int_equal(kde_critical_test(values, N, &nobody, &first), STATUS_OK);
    assert_near(first.p_value, least, 1e-15);
    assert_near(first.calibrated_p, least, 1e-15);
}

/* No mass lies below the bound, all of it above, and quantiles undo masses: every kernel, both boundaries. */
static void test_boundaries_keep_the_mass(void **state)
{
    (void)state;
    double values[N];
    double density[16384];
    fill(values, N);
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        for (int b = 0; b < KDE_BOUNDARY_COUNT; b++) {
            struct kde_options options = numbered((enum kde_kernel)k, KDE_CONVENTION_SD, 0.3);
            struct kde_grid grid;
            struct kde_refusal refusal;
            options.boundary = (enum kde_boundary)b;
            if (options.boundary == KDE_BOUNDARY_LOG && kde_kernel_is_polygonal(options.kernel)) {
                continue;
            }
            struct kde_curve *curve = make(values, NULL, N, &options);
            assert_int_equal(kde_grid_cover((const struct kde_curve *const[]){curve}, 1, 9.0, 16384, &grid, &refusal), STATUS_OK);
            warnings_of(curve, &grid, density);
            assert_near(kde_grid_integral(&grid, density), 1.0, 2e-3);
            assert_true(b == KDE_BOUNDARY_NONE || kde_curve_at(curve, -1e-9) == 0.0);
            assert_true(b == KDE_BOUNDARY_NONE || kde_curve_mass_below(curve, 0.0) == 0.0);
            assert_near(kde_curve_mass_below(curve, 1e6), 1.0, 1e-14);
            for (double p = 0.02; p < 1.0; p += 0.16) {
                const double x = kde_curve_quantile(curve, p);
                const double d = 1e-5;
                assert_near(kde_curve_mass_below(curve, x), p, 1e-12);
                if (k != KDE_KERNEL_UNIFORM) { /* f is the derivative of the mass */
                    const double slope = (kde_curve_mass_below(curve, x + d) - kde_curve_mass_below(curve, x - d)) / (2 * d);
                    assert_near(slope, kde_curve_at(curve, x), 1e-4);
                    const double change = (kde_curve_at(curve, x + d) - kde_curve_at(curve, x - d)) / (2 * d);
                    assert_near(change, kde_curve_slope_at(curve, x), k == KDE_KERNEL_TRIANGULAR ? 0.2 : 1e-3);
                }
            }
            kde_curve_free(curve);
        }
    }
}

static void test_boundaries_refuse(void **state)
{
    (void)state;
    const double values[] = {2.0, 1.0, 3.0};
    const struct kde_sample sample = {.values = values, .weights = NULL, .n = 3};
    struct kde_options options = kde_options_default();
    struct kde_refusal refusal;
    struct kde_curve *curve = NULL;
    options.lower = 1.0;
    options.boundary = KDE_BOUNDARY_LOG;
    assert_int_equal(kde_curve_create(&sample, &options, &curve, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_BELOW_BOUNDARY);
    assert_int_equal(refusal.index, 1);
    options.boundary = KDE_BOUNDARY_REFLECT;
    assert_int_equal(kde_curve_create(&sample, &options, &curve, &refusal), STATUS_OK);
    kde_curve_free(curve);
    curve = NULL;
    options.lower = 0.0;
    options.boundary = KDE_BOUNDARY_LOG;
    options.kernel = KDE_KERNEL_TRIANGULAR;
    assert_int_equal(kde_curve_create(&sample, &options, &curve, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_BOUNDARY_KERNEL);
    assert_null(curve);
}

/* Modes of reflected curves and of logarithms hold the invariants of modes.h, at any bandwidth. */
static void test_modes_at_boundaries(void **state)
{
    (void)state;
    double values[N];
    for (int round = 0; round < 200; round++) {
        const size_t n = 1 + (size_t)(next_uniform() * (N - 1));
        fill(values, n);
        struct kde_options options = numbered((enum kde_kernel)(round % KDE_KERNEL_COUNT), KDE_CONVENTION_SD,
                                              0.01 * exp(6.0 * next_uniform()));
        options.boundary = round % 2 == 0 || kde_kernel_is_polygonal(options.kernel) ? KDE_BOUNDARY_REFLECT : KDE_BOUNDARY_LOG;
        options.lower = options.boundary == KDE_BOUNDARY_REFLECT && round % 3 == 0 ? values[0] : 0.0;
        for (size_t i = 0; i < n; i++) {
            values[i] = fmax(values[i], options.lower);
        }
        struct kde_curve *curve = make(values, NULL, n, &options);
        struct kde_mode modes[4 * N];
        struct kde_mode_list list;
        assert_int_equal(kde_modes_find(curve, 4 * N, modes, &list), STATUS_OK);
        assert_true(list.count >= 1 && list.peaks >= 1);
        for (size_t i = 0; i < list.count; i++) {
            assert_true(modes[i].x >= options.lower && modes[i].prominence > 0.0 && modes[i].prominence <= modes[i].height);
            assert_true(modes[i].left <= modes[i].x && modes[i].x <= modes[i].right && modes[i].left >= options.lower);
            assert_true(i == 0 || modes[i].x > modes[i - 1].x);
        }
        kde_curve_free(curve);
    }
}

static bool count_down(void *context)
{
    size_t *left = context;
    return (*left)-- == 0;
}

static void test_giving_up(void **state)
{
    (void)state;
    double values[2500];
    fill(values, 2500);
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 500; n <= 2500; n += 2000) {
            size_t left = 1;
            struct kde_options options = kde_options_default();
            const struct kde_sample sample = {.values = values, .weights = NULL, .n = n};
            struct kde_refusal refusal;
            struct kde_curve *curve = NULL;
            options.rule = selectors[i];
            options.watch = (struct kde_watch){count_down, &left, NULL};
            enum status status = kde_curve_create(&sample, &options, &curve, &refusal);
            assert_true(status == STATUS_BUSY || (n == 500 && selectors[i] == KDE_RULE_SJ_DPI)); /* that is asked once */
            kde_curve_free(curve);
        }
    }
    struct kde_dip dip = {.statistic = 7.0};
    struct kde_critical critical = {.bandwidth = 7.0};
    size_t left = 3;
    const struct kde_watch watch = {count_down, &left, NULL};
    assert_int_equal(kde_dip_test(values, 200, &watch, &dip), STATUS_BUSY);
    left = 3;
    assert_int_equal(kde_critical_test(values, 100, &watch, &critical), STATUS_BUSY);
    assert_true(dip.statistic == 7.0 && critical.bandwidth == 7.0);
}

static void hear(void *context, size_t done, size_t count)
{
    size_t *heard = context;
    assert_true(done < count);
    (*heard)++;
}

/* What takes long tells of it: the selectors that look at pairs, the tests. */
static void test_telling(void **state)
{
    (void)state;
    double values[2500];
    size_t heard = 0;
    fill(values, 2500);
    for (size_t i = 0; i < 4; i++) {
        struct kde_options options = kde_options_default();
        const struct kde_sample sample = {.values = values, .weights = NULL, .n = 2500};
        struct kde_refusal refusal;
        struct kde_curve *curve = NULL;
        options.rule = selectors[i];
        options.watch = (struct kde_watch){NULL, &heard, hear};
        heard = 0;
        assert_int_equal(kde_curve_create(&sample, &options, &curve, &refusal), STATUS_OK);
        assert_true(heard > 0);
        kde_curve_free(curve);
    }
    struct kde_dip dip;
    struct kde_critical critical;
    const struct kde_watch watch = {NULL, &heard, hear};
    heard = 0;
    assert_int_equal(kde_dip_test(values, 200, &watch, &dip), STATUS_OK);
    assert_true(heard > 5);
    heard = 0;
    assert_int_equal(kde_critical_test(values, 20, &watch, &critical), STATUS_OK);
    assert_true(heard > 5);
}

/* Streams of one seed are apart, deviates have the moments that they should have. */
static void test_random_numbers(void **state)
{
    (void)state;
    double mean = 0.0;
    double square = 0.0;
    for (uint64_t stream = 0; stream < 1000; stream++) {
        struct kde_random random = kde_random_stream(1981, stream);
        double pair[2];
        for (int i = 0; i < 50; i++) {
            kde_random_normals(&random, pair);
            mean += (pair[0] + pair[1]) / 1e5;
            square += (pair[0] * pair[0] + pair[1] * pair[1]) / 1e5;
            assert_true(kde_random_below(&random, 7) < 7);
        }
    }
    assert_near(mean, 0.0, 0.015);
    assert_near(square, 1.0, 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_selectors_of_far_outliers),
        cmocka_unit_test(test_selectors_of_underflowing_spread),
        cmocka_unit_test(test_dips),
        cmocka_unit_test(test_critical_bandwidths),
        cmocka_unit_test(test_boundaries_keep_the_mass),
        cmocka_unit_test(test_boundaries_refuse),
        cmocka_unit_test(test_modes_at_boundaries),
        cmocka_unit_test(test_giving_up),
        cmocka_unit_test(test_telling),
        cmocka_unit_test(test_random_numbers),
    };
    return cmocka_run_group_tests_name("kde_more", tests, NULL, NULL);
}
