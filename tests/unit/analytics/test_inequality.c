/* Indices of inequality of one sample: the order, closed forms, the definitions summed straight, extremes, refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/inequality/gini.h"
#include "analytics/inequality/inequality.h"
#include "analytics/inequality/theil.h"
#include "tests/unit/analytics/inequality_help.h"

static const struct inequality_options PLAIN = {.epsilon = 0.5, .alpha = 1.0};

static struct inequality_result measure(const double *values, const double *weights, size_t n,
                                        const struct inequality_options *options)
{
    struct inequality_order *order = put_in_order(values, weights, n);
    struct inequality_result result;
    inequality_measure(order, options, &result);
    inequality_order_free(order);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        assert_int_equal(isfinite(result.value[i]) != 0, result.reason[i] == INEQUALITY_DEFINED);
        assert_true(isfinite(result.value[i]) || isnan(result.value[i]));
    }
    return result;
}

static double gini_of(const double *values, const double *weights, size_t n)
{
    struct inequality_order *order = put_in_order(values, weights, n);
    const double gini = inequality_gini(order);
    inequality_order_free(order);
    return gini;
}

static void test_order_holds_its_invariants(void **state)
{
    (void)state;
    const double values[] = {6, -0.0, 3, 6, 1e300, 3};
    const double weights[] = {4, 1, 2, 1, 0, 2};
    struct inequality_order *order = put_in_order(values, weights, 6);
    const double raw[] = {0, 3, 3, 6, 6};
    const double heavy[] = {1, 2, 2, 1, 4};
    assert_int_equal(order->n, 5);
    assert_memory_equal(order->raw, raw, sizeof raw);
    double sum = 0;
    for (size_t i = 0; i < 5; i++) {
        sum += heavy[i];
        assert_near(ldexp(order->x[i], order->exponent), raw[i], 0);
        assert_near(ldexp(order->weight[i], order->weight_exponent), heavy[i], 0);
        assert_near(ldexp(order->cumulated[i], order->weight_exponent), sum, 0);
        assert_near(inequality_part(order, i), heavy[i] / 10, 1e-16);
    }
    assert_near(order->x[4], 0.75, 0);
    assert_near(order->total, order->cumulated[4], 0);
    assert_near(inequality_mean(order), 4.2, 1e-15);
    assert_near(inequality_log(order, 3), log(6 / 4.2), 1e-15);
    assert_true(order->has_zero && !order->has_negative);
    inequality_order_free(order);

    const double negative[] = {-8, 1, 2};
    order = put_in_order(negative, NULL, 3);
    assert_near(order->x[0], -0.5, 0);
    assert_near(order->total, 3, 0);
    assert_near(inequality_mean(order), -5.0 / 3, 1e-15);
    assert_true(order->has_negative && !order->has_zero);
    inequality_order_free(order);
    inequality_order_free(NULL);
}

static void test_order_refuses(void **state)
{
    (void)state;
    const double fit[] = {1, 2}, nan_value[] = {1, NAN}, infinite[] = {-INFINITY, 1}, none[] = {0, 0}, negative[] = {1, -1},
                 nan_weight[] = {NAN, 1}, infinite_weight[] = {INFINITY, 1}, last_nothing[] = {1, 0};
    const struct inequality_sample unfit[] = {
        {fit, NULL, 0},     {nan_value, NULL, 2}, {infinite, NULL, 2},       {fit, none, 2},
        {fit, negative, 2}, {fit, nan_weight, 2}, {fit, infinite_weight, 2}, {nan_value, last_nothing, 2},
    };
    struct inequality_order *mark = put_in_order(fit, NULL, 2);
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        struct inequality_order *order = mark;
        assert_int_equal(inequality_order_create(&unfit[i], &order), STATUS_INVALID);
        assert_ptr_equal(order, mark);
    }
    inequality_order_free(mark);
}

static void test_median(void **state)
{
    (void)state;
    const double values[] = {3, 1, 2, 10};
    const double weights[] = {2, 1, 1, 0};
    const double heavy[] = {5, 1, 1, 0};
    const struct {
        const double *weights;
        size_t n;
        double median;
    } cases[] = {{NULL, 1, 3}, {NULL, 2, 2}, {NULL, 3, 2}, {NULL, 4, 2.5}, {weights, 4, 2.5}, {heavy, 4, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct inequality_order *order = put_in_order(values, cases[i].weights, cases[i].n);
        assert_near(inequality_median(order), cases[i].median, 1e-15);
        inequality_order_free(order);
    }
}

static void test_all_equal(void **state)
{
    (void)state;
    const double sizes[] = {0.1, 1, 1e15, 1e308, 5e-324, 1e-310};
    double values[50];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t n = 1; n <= 50; n += 7) {
            for (size_t i = 0; i < n; i++) {
                values[i] = sizes[s];
            }
            const struct inequality_result r = measure(values, NULL, n, &PLAIN);
            const double wanted[INEQUALITY_COUNT] = {0, 0, 0, 0, 1, 0, 1.0 / (double)n, 0, 0};
            for (int i = 0; i < INEQUALITY_COUNT; i++) {
                assert_near(r.value[i], wanted[i], i == INEQUALITY_HHI ? 1e-15 : 0);
            }
        }
    }
}

/* One has all: G = (n - 1) / n, T = ln n, cv = sqrt(n - 1), HHI = 1, Atkinson 1 - n^(-e / (1 - e)). */
static void test_one_owner(void **state)
{
    (void)state;
    double values[64] = {0};
    for (size_t n = 2; n <= 64; n++) {
        memset(values, 0, sizeof values);
        values[n / 2] = 0.3;
        const struct inequality_result r = measure(values, NULL, n, &PLAIN);
        assert_near(r.value[INEQUALITY_GINI], (double)(n - 1) / (double)n, 1e-15);
        assert_near(r.value[INEQUALITY_THEIL_T], log((double)n), 1e-14);
        assert_near(r.value[INEQUALITY_CV], sqrt((double)n - 1), 1e-14);
        assert_near(r.value[INEQUALITY_HHI], 1, 1e-15);
        assert_near(r.value[INEQUALITY_ATKINSON], 1 - 1 / (double)n, 1e-14);
        assert_int_equal(r.reason[INEQUALITY_THEIL_L], INEQUALITY_ZERO_VALUES);
        assert_int_equal(r.reason[INEQUALITY_MAX_MIN], INEQUALITY_ZERO_VALUES);
        assert_int_equal(r.reason[INEQUALITY_WOLFSON], n == 2 ? INEQUALITY_DEFINED : INEQUALITY_ZERO_MEDIAN);
        const struct inequality_options averse = {.epsilon = 1 + (double)(n % 3), .alpha = 1};
        assert_near(measure(values, NULL, n, &averse).value[INEQUALITY_ATKINSON], 1, 0);
    }
}

/* 1, 2, ... n: G = (n - 1) / (3 n), the variance (n^2 - 1) / 12. */
static void test_whole_numbers(void **state)
{
    (void)state;
    double values[100];
    for (size_t n = 1; n <= 100; n++) {
        values[n - 1] = (double)n;
        const double size = (double)n;
        const struct inequality_result r = measure(values, NULL, n, &PLAIN);
        assert_near(r.value[INEQUALITY_GINI], (size - 1) / (3 * size), 1e-15);
        assert_near(r.value[INEQUALITY_CV], sqrt((size * size - 1) / 12) / ((size + 1) / 2), 1e-15);
        assert_near(r.value[INEQUALITY_MAX_MIN], size, 0);
        assert_near(r.value[INEQUALITY_HHI], 2 * (2 * size + 1) / (3 * size * (size + 1)), 1e-15);
    }
}

/* Two values a < b, a part p of the weight at b: G = p (1 - p) (b - a) / mu. */
static void test_two_values(void **state)
{
    (void)state;
    for (double b = 1.5; b < 1e12; b *= 3.7) {
        for (double w = 1e-6; w < 1e7; w *= 11) {
            const double values[] = {b, 1};
            const double weights[] = {w, 1};
            const double p = w / (1 + w), mean = (1 + w * b) / (1 + w);
            const double gini = p / (1 + w) * (b - 1) / mean;
            assert_near(gini_of(values, weights, 2), gini, 1e-14 * gini);
        }
    }
    const double pair[] = {1, 3};
    struct inequality_options options = PLAIN;
    struct inequality_result r = measure(pair, NULL, 2, &options);
    assert_near(r.value[INEQUALITY_GINI], 0.25, 1e-16);
    assert_near(r.value[INEQUALITY_CV], 0.5, 1e-16);
    assert_near(r.value[INEQUALITY_MAX_MIN], 3, 0);
    assert_near(r.value[INEQUALITY_HHI], 0.625, 1e-15);
    assert_near(r.value[INEQUALITY_ATKINSON], 0.5 - sqrt(3) / 4, 1e-15);
    options.epsilon = 1;
    assert_near(measure(pair, NULL, 2, &options).value[INEQUALITY_ATKINSON], 1 - sqrt(3) / 2, 1e-15);
    options.epsilon = 2; /* the harmonic mean is 3/2 */
    assert_near(measure(pair, NULL, 2, &options).value[INEQUALITY_ATKINSON], 0.25, 1e-15);
    options.epsilon = 0;
    assert_near(measure(pair, NULL, 2, &options).value[INEQUALITY_ATKINSON], 0, 0);
}

/* exp(s) and exp(-s): the mean is cosh s, L = ln cosh s, T = s tanh s - ln cosh s. */
static void test_theil_of_two_logarithms(void **state)
{
    (void)state;
    for (double s = 1e-3; s < 300; s *= 2.3) {
        const double values[] = {exp(s), exp(-s)};
        const double log_cosh = s + log1p(exp(-2 * s)) - log(2);
        struct inequality_order *order = put_in_order(values, NULL, 2);
        assert_near(inequality_theil_l(order), log_cosh, 1e-14 * fmax(s, 1));
        assert_near(inequality_theil_t(order), s * tanh(s) - log_cosh, 1e-13 * fmax(s, 1));
        inequality_order_free(order);
    }
    /* Three parts of 1 and one of 5: the mean is 2. */
    const double values[] = {5, 1};
    const double weights[] = {0.25, 0.75};
    struct inequality_order *order = put_in_order(values, weights, 2);
    assert_near(inequality_theil_t(order), 0.375 * log(0.5) + 0.625 * log(2.5), 1e-15);
    assert_near(inequality_theil_l(order), log(2) - 0.25 * log(5), 1e-15);
    inequality_order_free(order);
}

/* Sums by the definitions, of random samples with and without weights. */
static void test_definitions(void **state)
{
    (void)state;
    double x[25], w[25];
    for (size_t round = 0; round < 60; round++) {
        const size_t n = 1 + round % 25;
        long double all = 0, mean = 0, gini = 0, t = 0, l = 0, hhi = 0, power = 0, polar = 0;
        for (size_t i = 0; i < n; i++) {
            x[i] = round % 3 == 0 ? 1 + floor(4 * next_uniform()) : exp(6 * next_uniform());
            w[i] = round % 2 == 0 ? 1 : floor(4 * next_uniform()) + (i == 0 ? 1 : 0);
            all += (long double)w[i];
            mean += (long double)w[i] * x[i];
        }
        mean /= all;
        for (size_t i = 0; i < n; i++) {
            const long double p = w[i] / all, y = x[i] / mean;
            t += p * y * logl(y);
            l -= p * logl(y);
            hhi += p * y * p * y;
            power += p / (y * y);
            for (size_t k = 0; k < n; k++) {
                const long double apart = fabsl((long double)x[i] - x[k]) / mean;
                gini += p * w[k] / all * apart / 2;
                polar += powl(p, 1.4L) * w[k] / all * apart;
            }
        }
        const struct inequality_options options = {.epsilon = 3, .alpha = 0.4};
        const struct inequality_result r = measure(x, round % 2 == 0 ? NULL : w, n, &options);
        assert_near(r.value[INEQUALITY_GINI], (double)gini, 1e-14);
        assert_near(r.value[INEQUALITY_THEIL_T], (double)t, 1e-14);
        assert_near(r.value[INEQUALITY_THEIL_L], (double)l, 1e-14);
        assert_near(r.value[INEQUALITY_HHI], (double)hhi, 1e-14);
        assert_near(r.value[INEQUALITY_ATKINSON], (double)(1 - powl(power, -0.5L)), 1e-14);
        assert_near(r.value[INEQUALITY_ESTEBAN_RAY], (double)polar, 1e-14);
    }
}

/* A weight is so many people with that value; of HHI and Esteban-Ray each value is one, however heavy. Neither the unit of the
 * weights nor what has none, nor the order of the sample, makes a difference. */
static void test_weights_are_repetitions(void **state)
{
    (void)state;
    const double values[] = {4, 1e300, 0.7, 9, 4, 2};
    const double weights[] = {2, 0, 3, 1, 1, 5};
    const double counted[] = {9, 2, 2, 2, 2, 2, 4, 4, 4, 0.7, 0.7, 0.7};
    const struct inequality_result heavy = measure(values, weights, 6, &PLAIN);
    const struct inequality_result many = measure(counted, NULL, 12, &PLAIN);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        if (i != INEQUALITY_HHI && i != INEQUALITY_ESTEBAN_RAY) {
            assert_near(heavy.value[i], many.value[i], 4e-15 * fabs(many.value[i]));
        }
    }
    const double sum = 33.1; /* 8 + 2.1 + 9 + 4 + 10 */
    assert_near(heavy.value[INEQUALITY_HHI], (64 + 2.1 * 2.1 + 81 + 16 + 100) / (sum * sum), 1e-15);

    const double scales[] = {0x1p-1070, 0x1p-30, 0x1p1020};
    double other[6], turned[6], turned_weights[6];
    for (size_t s = 0; s < 3; s++) {
        for (size_t i = 0; i < 6; i++) {
            other[i] = weights[i] * scales[s];
            turned[i] = values[(i * 5 + s) % 6];
            turned_weights[i] = weights[(i * 5 + s) % 6];
        }
        const struct inequality_result scaled = measure(values, other, 6, &PLAIN);
        const struct inequality_result shuffled = measure(turned, turned_weights, 6, &PLAIN);
        assert_memory_equal(scaled.value, heavy.value, sizeof heavy.value);
        assert_memory_equal(shuffled.value, heavy.value, sizeof heavy.value);
    }
}

static void test_extremes(void **state)
{
    (void)state;
    /* One unit in a thousand million million is not lost. */
    const double near_equal[] = {1e15, 1e15 + 1};
    struct inequality_result r = measure(near_equal, NULL, 2, &PLAIN);
    assert_near(r.value[INEQUALITY_GINI], 0.25 / (1e15 + 0.5), 1e-28);
    assert_near(r.value[INEQUALITY_CV], 0.5 / (1e15 + 0.5), 1e-28);
    assert_true(r.value[INEQUALITY_THEIL_T] >= 0 && r.value[INEQUALITY_THEIL_T] < 1e-15);
    assert_true(r.value[INEQUALITY_THEIL_L] >= 0 && r.value[INEQUALITY_THEIL_L] < 1e-15);

    /* 1 and 2 of the smallest there is and of the largest are 1 and 2. */
    const double plain[] = {1, 2};
    const struct inequality_result wanted = measure(plain, NULL, 2, &PLAIN);
    const double units[] = {0x1p-1074, 0x1p-1040, 0x1p1022};
    for (size_t u = 0; u < 3; u++) {
        const double values[] = {2 * units[u], units[u]};
        r = measure(values, NULL, 2, &PLAIN);
        for (int i = 0; i < INEQUALITY_COUNT; i++) {
            assert_near(r.value[i], wanted.value[i], 0);
        }
    }
    assert_near(wanted.value[INEQUALITY_GINI], 1.0 / 6, 1e-16);

    /* Far apart: the logarithm of a quotient that no double holds. */
    const double apart[] = {1e-300, 1e300};
    r = measure(apart, NULL, 2, &PLAIN);
    assert_near(r.value[INEQUALITY_GINI], 0.5, 1e-16);
    assert_near(r.value[INEQUALITY_THEIL_T], log(2), 1e-15);
    assert_near(r.value[INEQUALITY_THEIL_L], 300 * log(10) - log(2), 1e-12);
    assert_int_equal(r.reason[INEQUALITY_MAX_MIN], INEQUALITY_NOT_FINITE);
}

static void test_reasons(void **state)
{
    (void)state;
    const double negative[] = {-1, 2, 5}, nothing[] = {0, 0}, debt[] = {-3, 1};
    struct inequality_result r = measure(negative, NULL, 3, &PLAIN);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        const bool is_known = i == INEQUALITY_CV || i == INEQUALITY_ESTEBAN_RAY;
        assert_int_equal(r.reason[i], is_known ? INEQUALITY_DEFINED : INEQUALITY_NEGATIVE_VALUES);
    }
    assert_near(r.value[INEQUALITY_CV], sqrt(1.5), 1e-15); /* the mean 2, the variance (9 + 0 + 9) / 3 */
    assert_near(r.value[INEQUALITY_ESTEBAN_RAY], 12.0 / 27, 1e-15); /* sum |x - x'| = 24, over 2, times (1/3)^3 */
    r = measure(nothing, NULL, 2, &PLAIN);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        assert_int_equal(r.reason[i], INEQUALITY_ZERO_MEAN);
    }
    struct inequality_order *order = put_in_order(debt, NULL, 2);
    assert_int_equal(inequality_reason_of(order, INEQUALITY_CV), INEQUALITY_ZERO_MEAN);
    assert_int_equal(inequality_reason_of(order, INEQUALITY_GINI), INEQUALITY_NEGATIVE_VALUES);
    inequality_order_free(order);
    assert_string_equal(inequality_index_name(INEQUALITY_GINI), "gini");
    assert_string_equal(inequality_index_name(INEQUALITY_ESTEBAN_RAY), "esteban_ray");
    assert_string_equal(inequality_reason_name(INEQUALITY_NEGATIVE_VALUES), "negative_values");
    assert_string_equal(inequality_reason_name(INEQUALITY_NOT_FINITE), "not_finite");
}

static void test_lorenz(void **state)
{
    (void)state;
    struct inequality_point points[101];
    double values[100];
    size_t count = 0;
    for (size_t i = 0; i < 100; i++) {
        values[i] = (double)(100 - i);
    }
    struct inequality_order *order = put_in_order(values, NULL, 100);
    inequality_lorenz(order, 101, points, &count);
    assert_int_equal(count, 101);
    double twice = 0; /* the area below the curve, by trapezoids: G = 1 - twice that */
    for (size_t k = 0; k <= 100; k++) {
        const double rank = (double)k;
        assert_near(points[k].population, rank / 100, 1e-15);
        assert_near(points[k].share, rank * (rank + 1) / 10100, 1e-14);
        twice += k > 0 ? (points[k].share + points[k - 1].share) / 100 : 0;
    }
    assert_near(1 - twice, inequality_gini(order), 1e-13);
    assert_near(inequality_half_gap(order), 0.5 - 2550.0 / 10100, 1e-15);
    inequality_lorenz(order, 5, points, &count);
    assert_int_equal(count, 5);
    for (size_t k = 0; k < 5; k++) {
        const double rank = 25 * (double)k;
        assert_near(points[k].population, rank / 100, 1e-15);
        assert_near(points[k].share, rank * (rank + 1) / 10100, 1e-14);
    }
    inequality_lorenz(order, 2, points, &count);
    assert_int_equal(count, 2);
    assert_near(points[0].population + points[0].share, 0, 0);
    assert_near(points[1].population + points[1].share, 2, 0);
    inequality_order_free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_holds_its_invariants),
        cmocka_unit_test(test_order_refuses),
        cmocka_unit_test(test_median),
        cmocka_unit_test(test_all_equal),
        cmocka_unit_test(test_one_owner),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_two_values),
        cmocka_unit_test(test_theil_of_two_logarithms),
        cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_weights_are_repetitions),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_lorenz),
    };
    return cmocka_run_group_tests_name("inequality", tests, NULL, NULL);
}
