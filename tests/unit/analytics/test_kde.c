/* Density estimation: kernels, bandwidths, exact sums, binning, quartiles and every refusal. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/kde/kde.h"
#include "tests/unit/analytics/kde_help.h"

static void test_kernels_are_densities(void **state)
{
    (void)state;
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        const enum kde_kernel kernel = (enum kde_kernel)k;
        const double x[KDE_LANES] = {0};
        const double w[KDE_LANES] = {1.0};
        const double reach = kde_kernel_reach(kernel);
        const int steps = 20000;
        double mass = 0.0;
        double square = 0.0;
        double variance = 0.0;
        for (int i = 0; i < steps; i++) {
            const double u = reach * (2.0 * (i + 0.5) / steps - 1.0);
            const double value = kde_kernel_sum(kernel, x, w, 1, u, 1.0);
            assert_near(value, textbook(kernel, u), 1e-15);
            mass += value;
            square += value * value;
            variance += u * u * value;
            if (fabs(fabs(u) - 1.0) > 1e-3 && fabs(u) > 1e-3) {
                const double d = 1e-5;
                const double slope =
                    (textbook(kernel, u + d) - textbook(kernel, u - d)) / (2.0 * d);
                assert_near(kde_kernel_slope(kernel, x, w, 1, u, 1.0), slope, 1e-8);
            }
        }
        const double cell = 2.0 * reach / steps;
        assert_near(mass * cell, 1.0, 1e-8);
        assert_near(sqrt(variance * cell), kde_kernel_sd(kernel), 1e-7);
        const double canonical =
            pow(square * cell / pow(variance * cell, 2.0) * 2.0 * sqrt(PI), 0.2);
        assert_near(kde_kernel_canonical(kernel), canonical, 1e-7);
        assert_true(kde_kernel_sum(kernel, x, w, 1, 1e9, 1.0) < 1e-300);

        enum kde_kernel found;
        assert_true(kde_kernel_find(kde_kernel_name(kernel), &found));
        assert_int_equal(found, kernel);
    }
    enum kde_kernel untouched = KDE_KERNEL_COSINE;
    assert_false(kde_kernel_find("Gaussian", &untouched));
    assert_int_equal(untouched, KDE_KERNEL_COSINE);
    assert_near(kde_kernel_canonical(KDE_KERNEL_EPANECHNIKOV), 2.2138043588613394, 1e-15);
    assert_near(kde_kernel_canonical(KDE_KERNEL_OPTCOSINE), 2.274976675815245, 1e-14);
}

static void test_gaussian_runs_equal_single_sums(void **state)
{
    (void)state;
    double x[4 * KDE_LANES];
    double w[4 * KDE_LANES];
    double sums[KDE_RUN_MAX];
    for (size_t i = 0; i < 4 * KDE_LANES; i++) {
        x[i] = -8.0 + 16.0 * next_uniform();
        w[i] = next_uniform();
    }
    x[0] = -1e6; /* company that fills up the first group */
    for (double step = 0.001; step <= KDE_RUN_SPAN_MAX / KDE_RUN_MAX; step *= 1.7) {
        kde_kernel_gaussian_run(x, w, 4, -0.5, step, 1.0, KDE_RUN_MAX, sums);
        for (size_t c = 0; c < KDE_RUN_MAX; c++) {
            const double one =
                kde_kernel_sum(KDE_KERNEL_GAUSSIAN, x, w, 4, -0.5 + (double)c * step, 1.0);
            assert_near(sums[c], one, 1e-14 * one);
        }
    }
}

static void test_rules(void **state)
{
    (void)state;
    /* s = 2 sqrt(5/2), type 7 quartiles 3 and 7, n = 5; worked by hand. */
    const double values[] = {9, 1, 5, 3, 7};
    const double a = fmin(sqrt(10.0), 4.0 / 1.34);
    const double power = pow(5.0, -0.2);
    struct kde_options options = kde_options_default();
    struct kde_curve *curve = make(values, NULL, 5, &options);
    assert_near(curve->summary.sd, sqrt(10.0), 1e-15);
    assert_near(curve->summary.quartile_1, 3.0, 0.0);
    assert_near(curve->summary.quartile_3, 7.0, 0.0);
    assert_near(curve->bandwidth.value, 0.9 * a * power, 1e-15);
    assert_int_equal(curve->warnings, KDE_WARNING_FEW_VALUES);
    kde_curve_free(curve);

    options.rule = KDE_RULE_SCOTT;
    options.kernel = KDE_KERNEL_EPANECHNIKOV;
    options.adjust = 2.0;
    curve = make(values, NULL, 5, &options);
    assert_near(curve->bandwidth.value, 2.0 * 1.06 * a * power, 1e-14);
    assert_near(curve->bandwidth.scale, curve->bandwidth.sd * sqrt(5.0), 1e-14);
    kde_curve_free(curve);

    options.rule = KDE_RULE_EVIEWS;
    options.convention = KDE_CONVENTION_HALF_WIDTH;
    options.adjust = 1.0;
    curve = make(values, NULL, 5, &options);
    assert_near(curve->bandwidth.value, 2.2138043588613394 * 0.9 * a * power, 1e-14);
    assert_near(curve->bandwidth.scale, curve->bandwidth.value, 0.0);
    kde_curve_free(curve);

    /* A convention tells the same choice in another unit. */
    options.rule = KDE_RULE_SILVERMAN;
    curve = make(values, NULL, 5, &options);
    assert_near(curve->bandwidth.sd, 0.9 * a * power, 1e-15);
    assert_near(curve->bandwidth.value, curve->bandwidth.sd * sqrt(5.0), 1e-14);
    kde_curve_free(curve);
}

static void test_iqr_zero_uses_s_alone(void **state)
{
    (void)state;
    const double values[] = {1, 3, 3, 3, 3, 3, 3, 5};
    const enum kde_rule rules[] = {KDE_RULE_SILVERMAN, KDE_RULE_SCOTT, KDE_RULE_EVIEWS};
    for (size_t i = 0; i < 3; i++) {
        struct kde_options options = kde_options_default();
        options.rule = rules[i];
        struct kde_curve *curve = make(values, NULL, 8, &options);
        const double factor = rules[i] == KDE_RULE_SCOTT ? 1.06 : 0.9;
        assert_near(curve->bandwidth.value, factor * curve->summary.sd * pow(8.0, -0.2), 1e-14);
        assert_true(curve->warnings & KDE_WARNING_IQR_ZERO);
        kde_curve_free(curve);
    }
}

static void expect_fault(const double *values, const double *weights, size_t n,
                         const struct kde_options *options, enum kde_fault fault, size_t index)
{
    const struct kde_sample sample = {.values = values, .weights = weights, .n = n};
    struct kde_refusal refusal = {KDE_FAULT_NONE, 99};
    struct kde_curve *curve = NULL;
    assert_int_equal(kde_curve_create(&sample, options, &curve, &refusal), STATUS_INVALID);
    assert_null(curve);
    assert_int_equal(refusal.fault, fault);
    assert_int_equal(refusal.index, index);
    assert_true(strlen(kde_fault_code(fault)) > 0 && strlen(kde_fault_text(fault)) > 10);
}

static void test_refusals(void **state)
{
    (void)state;
    const double nan_value = (double)NAN;
    const double infinite = (double)INFINITY;
    const double good[] = {1, 2, 4};
    struct kde_options rule = kde_options_default();
    struct kde_options number = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, 1.0);

    expect_fault(good, NULL, 0, &number, KDE_FAULT_EMPTY, 0);
    expect_fault(good, NULL, 1, &rule, KDE_FAULT_FEW_VALUES, 0);
    expect_fault((const double[]){0.1, 0.1, 0.1}, NULL, 3, &rule, KDE_FAULT_NO_SPREAD, 0);
    expect_fault((const double[]){1, nan_value}, NULL, 2, &number, KDE_FAULT_VALUE_NOT_FINITE, 1);
    expect_fault((const double[]){-infinite, 1}, NULL, 2, &number, KDE_FAULT_VALUE_NOT_FINITE, 0);
    expect_fault((const double[]){1, 2, 1e200}, NULL, 3, &number, KDE_FAULT_VALUE_TOO_LARGE, 2);
    expect_fault(good, (const double[]){1, infinite, 1}, 3, &number,
                 KDE_FAULT_WEIGHT_NOT_FINITE, 1);
    expect_fault(good, (const double[]){1, 1, -1e-9}, 3, &number, KDE_FAULT_WEIGHT_NEGATIVE, 2);
    expect_fault(good, (const double[]){0, 0, 0}, 3, &number, KDE_FAULT_WEIGHTS_ZERO, 0);
    const double bandwidths[] = {0.0, -1.0, nan_value, infinite};
    for (size_t i = 0; i < 4; i++) {
        number.bandwidth = bandwidths[i];
        expect_fault(good, NULL, 3, &number, KDE_FAULT_BANDWIDTH, 0);
        number.bandwidth = 1.0;
        number.adjust = bandwidths[i];
        expect_fault(good, NULL, 3, &number, KDE_FAULT_ADJUST, 0);
        number.adjust = 1.0;
    }
    number.bandwidth = 1e-15;
    expect_fault(good, NULL, 3, &number, KDE_FAULT_BANDWIDTH_TINY, 0);
    expect_fault((const double[]){1e16, 1e16 + 2}, NULL, 2, &rule, KDE_FAULT_BANDWIDTH_TINY, 0);
    number.bandwidth = 1e-200;
    expect_fault(good, NULL, 3, &number, KDE_FAULT_BANDWIDTH_RANGE, 0);
    number.bandwidth = 1e200;
    expect_fault(good, NULL, 3, &number, KDE_FAULT_BANDWIDTH_RANGE, 0);
}

static void test_grids(void **state)
{
    (void)state;
    struct kde_grid grid = {0};
    struct kde_refusal refusal = {KDE_FAULT_NONE, 0};
    assert_int_equal(kde_grid_make(0, 1, 1, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_GRID_POINTS);
    assert_int_equal(kde_grid_make(0, 1, KDE_POINTS_MAX + 1, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_GRID_POINTS);
    assert_int_equal(kde_grid_make(1, 1, 5, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_GRID_BOUNDS);
    assert_int_equal(kde_grid_make(0, (double)INFINITY, 5, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_GRID_BOUNDS);
    assert_int_equal(kde_grid_make((double)NAN, 1, 5, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_GRID_BOUNDS);
    assert_int_equal(kde_grid_make(1, 1 + 1e-15, 100, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_GRID_RESOLUTION);
    assert_int_equal(grid.points, 0);
    assert_int_equal(kde_grid_make(-1, 1, 7, &grid, &refusal), STATUS_OK);
    assert_near(kde_grid_at(&grid, 0), -1.0, 0.0);
    assert_near(kde_grid_at(&grid, 6), 1.0, 0.0);

    const double low[] = {0, 1};
    const double high[] = {10, 12};
    const struct kde_options narrow = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, 0.5);
    const struct kde_options wide = numbered(KDE_KERNEL_UNIFORM, KDE_CONVENTION_HALF_WIDTH, 3.0);
    struct kde_curve *a = make(low, NULL, 2, &narrow);
    struct kde_curve *b = make(high, NULL, 2, &wide);
    const struct kde_curve *const both[] = {a, b};
    assert_int_equal(kde_grid_cover(both, 2, -1.0, 10, &grid, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.fault, KDE_FAULT_CUT);
    assert_int_equal(kde_grid_cover(both, 2, 3.0, 10, &grid, &refusal), STATUS_OK);
    assert_near(grid.from, -1.5, 1e-15);
    assert_near(grid.to, 12.0 + 3.0 * sqrt(3.0), 1e-14);
    double density[10];
    assert_true(warnings_of(a, &grid, density) & KDE_WARNING_GRID_COARSE);
    assert_int_equal(kde_grid_make(0.5, 5, 10, &grid, &refusal), STATUS_OK);
    assert_true(warnings_of(a, &grid, density) & KDE_WARNING_GRID_CUTS);
    kde_curve_free(a);
    kde_curve_free(b);
}

/* Every kernel, weights or none, against the plain double sum. */
static void test_exact_sums(void **state)
{
    (void)state;
    double values[200];
    double weights[200];
    double density[300];
    for (size_t i = 0; i < 200; i++) {
        values[i] = round(next_normal() * 10.0) + 1000.0;
        weights[i] = i % 5 == 0 ? 0.0 : next_uniform();
    }
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        for (int weighted = 0; weighted < 2; weighted++) {
            const struct kde_options options =
                numbered((enum kde_kernel)k, KDE_CONVENTION_HALF_WIDTH, 2.7);
            struct kde_curve *curve = make(values, weighted ? weights : NULL, 200, &options);
            const struct kde_curve *const one[] = {curve};
            struct kde_grid grid;
            struct kde_refusal refusal;
            assert_int_equal(kde_grid_cover(one, 1, 3.0, 300, &grid, &refusal), STATUS_OK);
            assert_int_equal(warnings_of(curve, &grid, density), 0);
            for (size_t i = 0; i < 300; i++) {
                const double x = kde_grid_at(&grid, i);
                double sum = 0.0;
                double total = 0.0;
                for (size_t j = 0; j < 200; j++) {
                    const double w = weighted ? weights[j] : 1.0;
                    sum += w * textbook((enum kde_kernel)k, (x - values[j]) / 2.7);
                    total += w;
                }
                assert_near(density[i], sum / total / 2.7, 1e-14);
                assert_near(kde_curve_at(curve, x), density[i], 1e-15);
            }
            assert_near(kde_grid_integral(&grid, density), 1.0, 0.02);
            kde_curve_free(curve);
        }
    }
}

/* Above KDE_EXACT_MAX: binned curve against its own exact sum over a few places. */
static void test_binned_against_exact(void **state)
{
    (void)state;
    const size_t n = 30000;
    double *values = malloc(n * sizeof *values);
    double *weights = malloc(n * sizeof *weights);
    assert_non_null(values);
    assert_non_null(weights);
    for (size_t i = 0; i < n; i++) {
        values[i] = next_normal() + (i % 2 == 0 ? 3.0 : 0.0);
        weights[i] = next_uniform();
    }
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        struct kde_options options = numbered((enum kde_kernel)k, KDE_CONVENTION_SD, 0.15);
        struct kde_curve *curve = make(values, weights, n, &options);
        assert_int_equal(curve->method, k == KDE_KERNEL_UNIFORM ? KDE_METHOD_EXACT
                                                                : KDE_METHOD_BINNED);
        for (double x = -4.0; x < 7.0; x += 0.83) {
            double sum = 0.0;
            double total = 0.0;
            for (size_t j = 0; j < n; j++) {
                sum += weights[j] *
                       textbook((enum kde_kernel)k, (x - values[j]) / curve->bandwidth.scale);
                total += weights[j];
            }
            assert_near(kde_curve_at(curve, x), sum / total / curve->bandwidth.scale, 2e-7);
        }
        kde_curve_free(curve);
    }
    free(weights);
    free(values);
}

/* Selection of quartiles must not mind order, sign, ties or size. */
static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_quartiles_of_large_samples(void **state)
{
    (void)state;
    const size_t sizes[] = {2, 3, 64, 65, 2048, 2049, 5000, 30001};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int shape = 0; shape < 4; shape++) {
            const size_t n = sizes[s];
            double *values = malloc(n * sizeof *values);
            assert_non_null(values);
            for (size_t i = 0; i < n; i++) {
                const double normal = next_normal();
                values[i] = shape == 0   ? normal
                            : shape == 1 ? round(normal)
                            : shape == 2 ? exp(20.0 * normal) * (i % 2 == 0 ? -1.0 : 1.0)
                                         : 1e6 + 1e-9 * (double)(i % 1000);
            }
            const struct kde_sample sample = {.values = values, .weights = NULL, .n = n};
            struct kde_summary summary;
            assert_int_equal(kde_sample_summarise(&sample, &summary), STATUS_OK);
            qsort(values, n, sizeof *values, compare_doubles);
            for (int q = 1; q <= 3; q += 2) {
                const double position = (double)(n - 1) * 0.25 * q;
                const size_t rank = (size_t)position;
                const double wanted = values[rank] + (position - (double)rank) *
                                                         (values[rank + 1] - values[rank]);
                assert_near(q == 1 ? summary.quartile_1 : summary.quartile_3, wanted, 0.0);
            }
            assert_near(summary.min, values[0], 0.0);
            assert_near(summary.max, values[n - 1], 0.0);
            free(values);
        }
    }
}

static void test_names_and_texts(void **state)
{
    (void)state;
    for (int i = 0; i < KDE_RULE_COUNT; i++) {
        enum kde_rule rule;
        assert_true(kde_rule_find(kde_rule_name((enum kde_rule)i), &rule));
        assert_int_equal(rule, i);
    }
    for (int i = 0; i < KDE_CONVENTION_COUNT; i++) {
        enum kde_convention convention;
        assert_true(kde_convention_find(kde_convention_name((enum kde_convention)i), &convention));
        assert_int_equal(convention, i);
    }
    for (int i = 0; i < KDE_WARNING_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(kde_warning_code((enum kde_warning)(1u << i)),
                                    kde_warning_code((enum kde_warning)(1u << j)));
        }
        assert_true(strlen(kde_warning_text((enum kde_warning)(1u << i))) > 20);
    }
    assert_string_equal(kde_warning_code(KDE_WARNING_MODES_COARSE), "modes_coarse");
    assert_string_equal(kde_method_name(KDE_METHOD_BINNED), "binned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_are_densities),
        cmocka_unit_test(test_gaussian_runs_equal_single_sums),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_iqr_zero_uses_s_alone),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_grids),
        cmocka_unit_test(test_exact_sums),
        cmocka_unit_test(test_binned_against_exact),
        cmocka_unit_test(test_quartiles_of_large_samples),
        cmocka_unit_test(test_names_and_texts),
    };
    return cmocka_run_group_tests_name("kde", tests, NULL, NULL);
}
