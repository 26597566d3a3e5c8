/* Density estimation: modes, plateaus, roots and the changes between two curves. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/kde/kde.h"
#include "analytics/kde/change.h"
#include "analytics/kde/modes.h"
#include "analytics/kde/root.h"
#include "tests/unit/analytics/kde_help.h"

static void test_equal_values_with_a_bandwidth(void **state)
{
    (void)state;
    const double values[] = {0.75, 0.75, 0.75, 0.75};
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        const struct kde_options options = numbered((enum kde_kernel)k, KDE_CONVENTION_SD, 0.2);
        for (size_t n = 1; n <= 4; n++) {
            struct kde_curve *curve = make(values, NULL, n, &options);
            struct kde_mode modes[4];
            struct kde_mode_list list;
            assert_int_equal(kde_modes_find(curve, 4, modes, &list), STATUS_OK);
            assert_int_equal(list.total, 1);
            assert_int_equal(list.peaks, 1);
            assert_near(modes[0].x, 0.75, 1e-15);
            assert_near(modes[0].prominence, modes[0].height, 0.0);
            assert_near(modes[0].height,
                        textbook((enum kde_kernel)k, 0.0) / curve->bandwidth.scale, 1e-14);
            assert_true(n == 1 ? isnan(curve->summary.sd) : curve->summary.sd == 0.0);
            kde_curve_free(curve);
        }
    }
}

static void test_modes_of_twins(void **state)
{
    (void)state;
    const double values[] = {-4, 4};
    const struct kde_options options = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, 1.0);
    struct kde_curve *curve = make(values, NULL, 2, &options);
    struct kde_mode modes[8];
    struct kde_mode_list list;
    assert_int_equal(kde_modes_find(curve, 8, modes, &list), STATUS_OK);
    assert_int_equal(list.total, 2);
    assert_int_equal(list.peaks, 2);
    assert_int_equal(list.highest, 0);
    for (int i = 0; i < 2; i++) {
        assert_near(modes[i].prominence, modes[i].height, 1e-15);
        assert_near(modes[i].width, 2.0 * sqrt(2.0 * log(2.0)), 1e-4);
        assert_near(kde_curve_slope_at(curve, modes[i].x), 0.0, 1e-15);
    }
    assert_near(modes[0].x, -modes[1].x, 1e-14);

    /* Little room: the first of equals, and a warning. */
    assert_int_equal(kde_modes_find(curve, 1, modes, &list), STATUS_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.total, 2);
    assert_true(list.warnings & KDE_WARNING_MODES_LEFT_OUT);
    kde_curve_free(curve);
}

static void test_modes_far_apart_and_unequal(void **state)
{
    (void)state;
    const double values[] = {0, 100, 100, 100, 250};
    struct kde_options options = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, 0.5);
    struct kde_mode modes[8];
    struct kde_mode_list list;
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        options.kernel = (enum kde_kernel)k;
        struct kde_curve *curve = make(values, NULL, 5, &options);
        assert_int_equal(kde_modes_find(curve, 8, modes, &list), STATUS_OK);
        assert_int_equal(list.total, 3);
        assert_int_equal(list.highest, 1);
        assert_near(modes[0].x, 0.0, 1e-12);
        assert_near(modes[1].x, 100.0, 1e-12);
        assert_near(modes[2].x, 250.0, 1e-12);
        assert_near(modes[0].height * 3.0, modes[1].height, 1e-14);
        assert_near(modes[2].prominence, modes[2].height, 1e-15);
        kde_curve_free(curve);
    }
    /* The smallest bandwidth that doubles resolve still shows each value. */
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        options.kernel = (enum kde_kernel)k;
        options.bandwidth = 1e-12;
        struct kde_curve *curve = make(values, NULL, 5, &options);
        assert_int_equal(kde_modes_find(curve, 8, modes, &list), STATUS_OK);
        assert_int_equal(list.total, 3);
        assert_true(modes[2].width > 0.0);
        kde_curve_free(curve);
    }
}

static void test_plateaus(void **state)
{
    (void)state;
    struct kde_mode modes[8];
    struct kde_mode_list list;
    /* Boxes of half-width 1 around 0, 1 and 10 overlap on (0, 1); the stairs beside it lie at
     * half of its height and count as fallen to. */
    const double values[] = {0, 1, 10};
    struct kde_options options = numbered(KDE_KERNEL_UNIFORM, KDE_CONVENTION_HALF_WIDTH, 1.0);
    struct kde_curve *curve = make(values, NULL, 3, &options);
    assert_int_equal(kde_modes_find(curve, 8, modes, &list), STATUS_OK);
    assert_int_equal(list.total, 2);
    assert_near(modes[0].x, 0.5, 1e-15);
    assert_near(modes[0].height, 2.0 / 6.0, 1e-15);
    assert_near(modes[0].width, 1.0, 1e-14);
    assert_near(modes[1].x, 10.0, 1e-14);
    kde_curve_free(curve);

    /* Edges that meet but for rounding (0.1 + 0.1 against 0.3 - 0.1) leave no gap between. */
    const double tenths[] = {0.1, 0.3, 0.5};
    options.bandwidth = 0.1;
    curve = make(tenths, NULL, 3, &options);
    assert_int_equal(kde_modes_find(curve, 8, modes, &list), STATUS_OK);
    assert_int_equal(list.total, 1);
    assert_near(modes[0].x, 0.3, 1e-15);
    kde_curve_free(curve);

    /* Two triangles whose slopes cancel between the points: a flat top. */
    const double pair[] = {2, 3};
    options = numbered(KDE_KERNEL_TRIANGULAR, KDE_CONVENTION_HALF_WIDTH, 1.0);
    curve = make(pair, NULL, 2, &options);
    assert_int_equal(kde_modes_find(curve, 8, modes, &list), STATUS_OK);
    assert_int_equal(list.total, 1);
    assert_near(modes[0].x, 2.5, 1e-15);
    assert_near(modes[0].height, 0.5, 1e-15);
    assert_near(modes[0].width, 2.0, 1e-13);
    kde_curve_free(curve);
}

/* Between neighbouring modes lies a valley; each mode is higher than its surroundings, and the
 * crossings lie at half prominence. Random samples, every smooth kernel. */
static void test_modes_hold_their_invariants(void **state)
{
    (void)state;
    struct kde_mode modes[64];
    struct kde_mode_list list;
    double values[40];
    for (int round = 0; round < 160; round++) {
        const size_t n = 2 + (size_t)(next_uniform() * 38.0);
        const struct kde_options options = numbered((enum kde_kernel)(round % KDE_KERNEL_COUNT),
                                                    KDE_CONVENTION_SD,
                                                    0.02 + next_uniform() * 0.6);
        for (size_t i = 0; i < n; i++) {
            values[i] = next_normal() + (i % 3 == 0 ? 2.0 : 0.0);
        }
        struct kde_curve *curve = make(values, NULL, n, &options);
        assert_int_equal(kde_modes_find(curve, 64, modes, &list), STATUS_OK);
        assert_int_equal(list.count, list.total);
        size_t peaks = 0;
        for (size_t i = 0; i < list.count; i++) {
            const struct kde_mode *mode = &modes[i];
            assert_true(mode->prominence > 0.0 && mode->prominence <= mode->height);
            assert_true(mode->left <= mode->x && mode->x <= mode->right);
            assert_true(mode->height <= modes[list.highest].height * (1.0 + 1e-12));
            assert_near(kde_curve_at(curve, mode->x), mode->height, 1e-12 * mode->height);
            if (options.kernel != KDE_KERNEL_UNIFORM) {
                const double level = mode->height - 0.5 * mode->prominence;
                assert_near(kde_curve_at(curve, mode->left), level, 1e-11 * mode->height);
                assert_near(kde_curve_at(curve, mode->right), level, 1e-11 * mode->height);
            }
            assert_true(i == 0 || modes[i - 1].x < mode->x);
            peaks += mode->is_peak ? 1 : 0;
        }
        assert_int_equal(peaks, list.peaks);
        assert_near(modes[list.highest].prominence, modes[list.highest].height, 0.0);
        kde_curve_free(curve);
    }
}

static void test_changes(void **state)
{
    (void)state;
    /* The same shape, moved by 1 and half as wide. */
    const double early[] = {-0.2, 0, 0.2};
    const double late[] = {0.9, 1, 1.1};
    const struct kde_options wide = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, 1.0);
    const struct kde_options narrow = numbered(KDE_KERNEL_GAUSSIAN, KDE_CONVENTION_SD, 0.5);
    struct kde_curve *a = make(early, NULL, 3, &wide);
    struct kde_curve *b = make(late, NULL, 3, &narrow);
    const struct kde_curve *const both[] = {a, b};
    struct kde_grid grid;
    struct kde_refusal refusal;
    static double f[2000];
    static double g[2000];
    assert_int_equal(kde_grid_cover(both, 2, 8.0, 2000, &grid, &refusal), STATUS_OK);
    assert_int_equal(warnings_of(a, &grid, f), 0);
    assert_int_equal(warnings_of(b, &grid, g), 0);
    struct kde_mode mode_a;
    struct kde_mode mode_b;
    struct kde_mode_list list;
    assert_int_equal(kde_modes_find(a, 1, &mode_a, &list), STATUS_OK);
    assert_int_equal(kde_modes_find(b, 1, &mode_b, &list), STATUS_OK);
    const struct kde_side from = {a->summary.weighted_mean, &mode_a, f};
    const struct kde_side to = {b->summary.weighted_mean, &mode_b, g};
    const struct kde_change change = kde_change_between(&from, &to, &grid);
    assert_near(change.mean_shift, 1.0, 1e-15);
    assert_near(change.mode_shift, 1.0, 1e-12);
    assert_near(change.height_ratio, 2.0, 1e-12);
    assert_near(change.width_ratio, 0.5, 1e-12);
    double wanted = 0.0;
    const double cell = (grid.to - grid.from) / 200000.0;
    for (int i = 0; i < 200000; i++) {
        const double x = grid.from + (i + 0.5) * cell;
        wanted += fmin(kde_curve_at(a, x), kde_curve_at(b, x)) * cell;
    }
    assert_near(change.overlap, wanted, 1e-5);
    assert_near(kde_change_between(&from, &from, &grid).overlap, 1.0, 1e-12);

    /* Crossing lines: min(t, 1 - t) has the mean 1/4, not the ends' 0. */
    const double up[] = {0, 1};
    const double down[] = {1, 0};
    const struct kde_grid cell_grid = {0, 1, 2};
    const struct kde_side rising = {0, &mode_a, up};
    const struct kde_side falling = {0, &mode_a, down};
    assert_near(kde_change_between(&rising, &falling, &cell_grid).overlap, 0.25, 1e-15);
    kde_curve_free(a);
    kde_curve_free(b);
}

static double cubic(const void *context, double x)
{
    return x * x * x - *(const double *)context;
}

static void test_roots(void **state)
{
    (void)state;
    for (double c = 1e-9; c < 1e9; c *= 7.3) {
        const struct kde_root_function function = {.at = cubic, .context = &c};
        assert_near(kde_root_find(&function, 0.0, 1e4), cbrt(c), 4e-16 * cbrt(c) + 1e-300);
    }
    const double none = -8.0;
    const struct kde_root_function function = {.at = cubic, .context = &none};
    assert_near(kde_root_find(&function, 1.0, 2.0), 1.0, 0.0);
}

/* Lets so many questions pass, then says yes. */
static bool count_down(void *context)
{
    size_t *left = context;
    return (*left)-- == 0;
}

/* However late it is said, a curve, its values and its modes are given up at once, and nothing is told of them. */
static void test_giving_up(void **state)
{
    (void)state;
    enum { VALUES = 300, POINTS = 64 };
    double values[VALUES], density[POINTS];
    struct kde_mode modes[VALUES];
    const struct kde_sample sample = {.values = values, .n = VALUES};
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = (double)(i * i % 97);
    }
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        size_t left = 0, passed[3] = {0};
        struct kde_options options = numbered((enum kde_kernel)k, KDE_CONVENTION_SD, 0.3);
        options.watch = (struct kde_watch){count_down, &left, NULL};
        const struct kde_grid grid = {-1.0, 98.0, POINTS};
        struct kde_refusal refusal;
        for (size_t step = 0; step < 3;) { /* creating, evaluating, finding modes: until a step passes */
            struct kde_curve *curve = NULL;
            struct kde_mode_list list = {.count = 77};
            unsigned warnings = 64;
            left = step == 0 ? passed[0] : SIZE_MAX;
            enum status status = kde_curve_create(&sample, &options, &curve, &refusal);
            if (step > 0) {
                left = passed[step];
                status = step == 1 ? kde_curve_evaluate(curve, &grid, density, &warnings)
                                   : kde_modes_find(curve, VALUES, modes, &list);
            }
            if (status == STATUS_OK) {
                step++;
            } else {
                assert_int_equal(status, STATUS_BUSY);
                assert_int_equal(left, SIZE_MAX); /* not asked again once it had said so */
                assert_true(step > 0 || curve == NULL);
                assert_int_equal(warnings, 64);
                assert_int_equal(list.count, 77);
                passed[step]++;
            }
            kde_curve_free(curve);
        }
        assert_true(passed[0] >= 1 && passed[1] >= 2 && passed[2] >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_values_with_a_bandwidth),
        cmocka_unit_test(test_modes_of_twins),
        cmocka_unit_test(test_modes_far_apart_and_unequal),
        cmocka_unit_test(test_plateaus),
        cmocka_unit_test(test_modes_hold_their_invariants),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_giving_up),
    };
    return cmocka_run_group_tests_name("kde_modes", tests, NULL, NULL);
}
