/* The permutation test of two samples' shapes: against all permutations there are, curves looked at place by place, extremes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/kde/permutation.h"
#include "tests/unit/analytics/kde_help.h"

static const struct kde_watch NOBODY = {NULL, NULL, NULL};

static struct kde_permutation test_of(const double *earlier, size_t earlier_count, const double *later, size_t later_count, size_t pairs)
{
    const struct kde_two two = {earlier, later, earlier_count, later_count, pairs};
    struct kde_permutation test;
    assert_int_equal(kde_permutation_test(&two, KDE_PERMUTATION_REPLICATES, &NOBODY, &test), STATUS_OK);
    const double ps[] = {test.height_p, test.width_p, test.sd_p};
    for (int i = 0; i < 3; i++) { /* a whole number of them, the sample itself counted */
        const double count = ps[i] * (KDE_PERMUTATION_REPLICATES + 1);
        assert_near(count, round(count), 1e-9);
        assert_true(count > 0.5 && ps[i] <= 1);
    }
    assert_true(test.height_ratio > 0 && test.width_ratio > 0 && test.sd_ratio > 0);
    return test;
}

static void fill_normal(double *values, size_t n, double mean, double sd)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = mean + sd * next_normal();
    }
}

/* The same sample twice, or moved as a whole: every permutation differs as much, so p = 1, whoever is a pair. */
static void test_identical_samples(void **state)
{
    (void)state;
    const double values[] = {3, 1, 4, 1, 5, 9, 2, 7};
    const double moved[] = {103, 101, 104, 101, 105, 109, 102, 107};
    for (size_t pairs = 0; pairs <= 8; pairs += 4) {
        for (int is_moved = 0; is_moved < 2; is_moved++) {
            const struct kde_permutation test = test_of(values, 8, is_moved ? moved : values, 8, pairs);
            assert_near(test.height_ratio, 1, 0);
            assert_near(test.width_ratio, 1, 0);
            assert_near(test.sd_ratio, 1, 0);
            assert_near(test.height_p, 1, 0);
            assert_near(test.width_p, 1, 0);
            assert_near(test.sd_p, 1, 0);
        }
    }
}

/* The curve from its definition, over n bells: Silverman's rule, the highest of many places, and where it has halved. */
static void shape_by_places(const double *sorted, size_t n, double *height, double *width)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        mean += sorted[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    }
    double quartile[2];
    for (int q = 0; q < 2; q++) {
        const double at = (double)(n - 1) * (q == 0 ? 0.25 : 0.75);
        const size_t i = (size_t)at;
        quartile[q] = sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
    }
    const double h = 0.9 * fmin(sqrt(squares / (double)(n - 1)), (quartile[1] - quartile[0]) / 1.34) * pow((double)n, -0.2);
    enum { PLACES = 20001 };
    static double f[PLACES];
    const double from = sorted[0] - 4 * h, step = (sorted[n - 1] - sorted[0] + 8 * h) / (PLACES - 1);
    size_t top = 0;
    for (size_t k = 0; k < PLACES; k++) {
        f[k] = 0;
        for (size_t i = 0; i < n; i++) {
            f[k] += textbook(KDE_KERNEL_GAUSSIAN, (from + step * (double)k - sorted[i]) / h) / (h * (double)n);
        }
        top = f[k] > f[top] ? k : top;
    }
    size_t left = top, right = top;
    while (f[left] > f[top] / 2) {
        left--;
    }
    while (f[right] > f[top] / 2) {
        right++;
    }
    *height = f[top];
    *width = step * ((double)(right - left) - (f[top] / 2 - f[left]) / (f[left + 1] - f[left]) -
                     (f[top] / 2 - f[right]) / (f[right - 1] - f[right]));
}

static void test_ratios(void **state)
{
    (void)state;
    const double earlier[] = {0, 1, 1.5, 2, 2.25, 3, 5}, later[] = {-4, 0, 1, 1.25, 1.5, 8};
    double heights[2], widths[2];
    shape_by_places(earlier, 7, &heights[0], &widths[0]);
    shape_by_places(later, 6, &heights[1], &widths[1]);
    for (size_t pairs = 0; pairs <= 6; pairs += 3) {
        const struct kde_permutation test = test_of(earlier, 7, later, 6, pairs);
        assert_near(test.height_ratio, heights[1] / heights[0], 1e-6);
        assert_near(test.width_ratio, widths[1] / widths[0], 1e-5);
        /* The sums of squares: 46.3125 - 14.75^2 / 7 over 6, and 84.8125 - 7.75^2 / 6 over 5. */
        assert_near(test.sd_ratio, sqrt((84.8125 - 7.75 * 7.75 / 6) / 5 / ((46.3125 - 14.75 * 14.75 / 7) / 6)), 1e-14);
    }
    /* Twice as wide is half as high. */
    double doubled[7];
    for (size_t i = 0; i < 7; i++) {
        doubled[i] = 2 * earlier[i] + 9;
    }
    const struct kde_permutation test = test_of(earlier, 7, doubled, 7, 7);
    assert_near(test.height_ratio, 0.5, 1e-12);
    assert_near(test.width_ratio, 2, 1e-6);
    assert_near(test.sd_ratio, 2, 1e-14);
}

static double sd_of(const double *values, size_t n)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return sqrt(squares / (double)(n - 1));
}

static double contrast_of(double a, double b)
{
    return a > b ? a / b : b / a;
}

/* The share of all dealings, 2^(2 n) of which those count that are possible, whose standard deviations differ as much:
 * of pairs each swap of pairs, else each choice of n from 2 n. */
static double sd_p_of_all(const double *earlier, const double *later, size_t n, bool is_paired)
{
    double a[8], b[8], all[16], means[2] = {0, 0};
    for (size_t i = 0; i < n; i++) {
        means[0] += earlier[i] / (double)n;
        means[1] += later[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        all[i] = earlier[i] - means[0];
        all[n + i] = later[i] - means[1];
    }
    const double least = contrast_of(sd_of(earlier, n), sd_of(later, n)) * (1 - 1e-9);
    size_t count = 0, hits = 0;
    for (size_t mask = 0; mask < (size_t)1 << 2 * n; mask++) {
        size_t left = 0, right = 0;
        bool is_possible = true;
        for (size_t i = 0; i < 2 * n && left <= n && right <= n; i++) {
            const bool is_left = (mask >> i & 1) != 0;
            is_possible = is_possible && (!is_paired || is_left != ((mask >> (i + n) % (2 * n) & 1) != 0));
            if (is_left && left < n) {
                a[left] = all[i];
            } else if (!is_left && right < n) {
                b[right] = all[i];
            }
            left += is_left ? 1 : 0;
            right += is_left ? 0 : 1;
        }
        if (is_possible && left == n && right == n) {
            count++;
            hits += contrast_of(sd_of(a, n), sd_of(b, n)) >= least ? 1 : 0;
        }
    }
    assert_int_equal(count, is_paired ? (size_t)1 << n : 252);
    return (double)hits / (double)count;
}

/* 499 dealings by chance come as near to the share of all as chance has it: four standard errors. */
static void test_all_permutations(void **state)
{
    (void)state;
    enum { N = 5 };
    double earlier[N], later[N];
    for (int round = 0; round < 24; round++) {
        const bool is_paired = round % 2 == 0;
        fill_normal(earlier, N, 0, 1);
        fill_normal(later, N, 10, round % 3 == 0 ? 1 : 3);
        const double share = sd_p_of_all(earlier, later, N, is_paired);
        const struct kde_permutation test = test_of(earlier, N, later, N, is_paired ? N : 0);
        const double away = 4 * sqrt(share * (1 - share) / KDE_PERMUTATION_REPLICATES) + 2.0 / (KDE_PERMUTATION_REPLICATES + 1);
        assert_near(test.sd_p, share, away);
    }
}

static void test_same_bytes(void **state)
{
    (void)state;
    double earlier[20], later[15];
    fill_normal(earlier, 20, 0, 1);
    fill_normal(later, 15, 3, 1.5);
    for (size_t pairs = 0; pairs <= 15; pairs += 5) {
        const struct kde_permutation once = test_of(earlier, 20, later, 15, pairs);
        const struct kde_permutation again = test_of(earlier, 20, later, 15, pairs);
        assert_memory_equal(&once, &again, sizeof once);
    }
}

/* To differ is the ratio or its reciprocal: where all are pairs, the same coins swap them, so the samples may change places. */
static void test_swapped_samples(void **state)
{
    (void)state;
    double earlier[12], later[12];
    for (int round = 0; round < 5; round++) {
        fill_normal(earlier, 12, 0, 1);
        fill_normal(later, 12, -2, 1 + 0.4 * round);
        const struct kde_permutation there = test_of(earlier, 12, later, 12, 12);
        const struct kde_permutation back = test_of(later, 12, earlier, 12, 12);
        assert_near(there.height_p, back.height_p, 0);
        assert_near(there.width_p, back.width_p, 0);
        assert_near(there.sd_p, back.sd_p, 0);
        assert_near(there.height_ratio * back.height_ratio, 1, 1e-15);
        assert_near(there.width_ratio * back.width_ratio, 1, 1e-15);
        assert_near(there.sd_ratio * back.sd_ratio, 1, 1e-15);
    }
}

static void test_a_great_difference(void **state)
{
    (void)state;
    double earlier[40], later[40];
    for (size_t pairs = 0; pairs <= 40; pairs += 20) {
        fill_normal(earlier, 40, 0, 1);
        fill_normal(later, 40, 5, 20);
        const struct kde_permutation test = test_of(earlier, 40, later, 40, pairs);
        assert_true(test.sd_ratio > 10 && test.height_ratio < 0.1 && test.width_ratio > 10);
        assert_true(test.sd_p <= 0.006 && test.height_p <= 0.006 && test.width_p <= 0.02);
    }
}

/* Of one unit or another: the same p, ratios but for rounding. */
static void test_extremes(void **state)
{
    (void)state;
    const double earlier[] = {1, 2, 4, 7, 11, 16}, later[] = {3, 4, 4, 5, 6, 8};
    const struct kde_permutation wanted = test_of(earlier, 6, later, 6, 3);
    const double units[] = {1e15, 1e148, 1e-150, 0x1p-1050};
    double small[6], large[6];
    for (size_t u = 0; u < 4; u++) {
        for (size_t i = 0; i < 6; i++) {
            small[i] = earlier[i] * units[u];
            large[i] = later[i] * units[u];
        }
        const struct kde_permutation test = test_of(small, 6, large, 6, 3);
        assert_near(test.height_p, wanted.height_p, 0);
        assert_near(test.width_p, wanted.width_p, 0);
        assert_near(test.sd_p, wanted.sd_p, 0);
        assert_near(test.height_ratio, wanted.height_ratio, 1e-6);
        assert_near(test.width_ratio, wanted.width_ratio, 1e-5);
        assert_near(test.sd_ratio, wanted.sd_ratio, 1e-6);
    }
    /* The fewest there may be; two pairs have two ways to lie, and both differ as much. */
    const double two[] = {0, 1}, wide[] = {0, 3};
    const struct kde_permutation least = test_of(two, 2, wide, 2, 2);
    assert_near(least.sd_ratio, 3, 1e-15);
    assert_near(least.height_ratio, 1.0 / 3, 1e-12);
    assert_true(least.sd_p > 0.4); /* neither or both swapped: half of them */
}

static void test_no_spread(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 5}, equal[] = {2, 2, 2, 2}, close[] = {0, 1e-14, 3e-14, 2e-14}, far[] = {0, 1, 2, 30};
    const struct kde_two unfit[] = {{values, equal, 4, 4, 4}, {equal, values, 4, 4, 0}, {equal, equal, 4, 2, 2}, {far, close, 4, 4, 4}};
    for (size_t i = 0; i < 4; i++) {
        struct kde_permutation test, before;
        memset(&test, 0x55, sizeof test);
        memcpy(&before, &test, sizeof test);
        assert_int_equal(kde_permutation_test(&unfit[i], KDE_PERMUTATION_REPLICATES, &NOBODY, &test), STATUS_INVALID);
        assert_memory_equal(&test, &before, sizeof test);
    }
}

/* Lets so many questions pass, then says yes. */
static bool count_down(void *context)
{
    size_t *left = context;
    return (*left)-- == 0;
}

static void test_giving_up(void **state)
{
    (void)state;
    const double earlier[] = {1, 2, 4, 7}, later[] = {3, 4, 6, 8};
    const struct kde_two two = {earlier, later, 4, 4, 4};
    size_t left = SIZE_MAX;
    const struct kde_watch watch = {count_down, &left, NULL};
    struct kde_permutation test, before;
    memset(&test, 0x55, sizeof test);
    memcpy(&before, &test, sizeof test);
    size_t passed = 0;
    enum status status = STATUS_BUSY;
    for (; status == STATUS_BUSY && passed < 1000; passed++) {
        left = passed;
        status = kde_permutation_test(&two, KDE_PERMUTATION_REPLICATES, &watch, &test);
        if (status == STATUS_BUSY) {
            assert_int_equal(left, SIZE_MAX); /* not asked again once it had said so */
            assert_memory_equal(&test, &before, sizeof test);
        }
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(passed > 10);
    const struct kde_permutation alone = test_of(earlier, 4, later, 4, 4);
    assert_memory_equal(&test, &alone, sizeof test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identical_samples),
        cmocka_unit_test(test_ratios),
        cmocka_unit_test(test_all_permutations),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_swapped_samples),
        cmocka_unit_test(test_a_great_difference),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_no_spread),
        cmocka_unit_test(test_giving_up),
    };
    return cmocka_run_group_tests_name("kde_permutation", tests, NULL, NULL);
}
