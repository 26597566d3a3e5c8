/* Weighted spreads and the error of a shift, by numbers that can be worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analytics/kde/shift.h"

static void assert_near(double found, double wanted)
{
    assert_true(fabs(found - wanted) <= 1e-14 * fabs(wanted));
}

static void test_spread(void **state)
{
    (void)state;
    const double values[] = { 1, 2, 6 };
    const double weights[] = { 1, 1, 2 }; /* mean 15/4; sum w (x - m)^2 / W = (121 + 49 + 2 * 81)/64 = 83/16 */
    const double lonely[] = { 0, 3, 0 };
    assert_near(kde_spread(&(struct kde_sample){ values, NULL, 3 }, 3), sqrt(7));
    assert_near(kde_spread(&(struct kde_sample){ values, weights, 3 }, 3.75), sqrt(1.5 * 83 / 16));
    assert_true(isnan(kde_spread(&(struct kde_sample){ values, NULL, 1 }, 1)));
    assert_true(isnan(kde_spread(&(struct kde_sample){ values, lonely, 3 }, 2)));
}

/* A power of two more or less changes nothing but the power, down to where numbers lose digits of their own. */
static void test_powers(void **state)
{
    (void)state;
    const double earlier[] = { 1, 2, 6, 7.5 };
    const double later[] = { 2, 4, 6, 8 };
    const double weights[] = { 1, 0.25, 2, 1.75 };
    const size_t units[] = { 3, 5, 8, 9 };
    const size_t others[] = { 3, 4, 8, 10 };
    double small[2][4];
    for (int power = -1010; power <= 500; power += 151) {
        for (size_t i = 0; i < 4; i++) {
            small[0][i] = ldexp(earlier[i], power);
            small[1][i] = ldexp(later[i], power);
        }
        const struct kde_sample plain[2] = { { earlier, weights, 4 }, { later, weights, 4 } };
        const struct kde_sample scaled[2] = { { small[0], weights, 4 }, { small[1], weights, 4 } };
        const struct kde_shift_side from = { &plain[0], units, 5 };
        const struct kde_shift_side to = { &plain[1], others, 6 };
        const struct kde_shift_side from_scaled = { &scaled[0], units, ldexp(5, power) };
        const struct kde_shift_side to_scaled = { &scaled[1], others, ldexp(6, power) };
        const double error = kde_shift_error(&from, &to);
        assert_near(kde_spread(&scaled[0], ldexp(5, power)), ldexp(kde_spread(&plain[0], 5), power));
        assert_near(kde_shift_error(&from_scaled, &to_scaled), ldexp(error, power));
        assert_true(kde_shift_p(&from, &to, error) > 0.05);
        assert_near(kde_shift_p(&from_scaled, &to_scaled, kde_shift_error(&from_scaled, &to_scaled)), kde_shift_p(&from, &to, error));
    }
}

static void test_shift_error(void **state)
{
    (void)state;
    const double earlier[] = { 1, 2, 6 };
    const double later[] = { 2, 4, 6 };
    const size_t units[] = { 3, 5, 8 };
    const size_t others[] = { 0, 4, 9 };
    const size_t one_shared[] = { 5, 6, 7 };
    const struct kde_sample before = { earlier, NULL, 3 };
    const struct kde_sample after = { later, NULL, 3 };
    const struct kde_shift_side from = { &before, units, 3 };
    const double apart = sqrt((7.0 + 4) / 3); /* variances 7 and 4 */
    assert_near(kde_shift_error(&from, &(struct kde_shift_side){ &after, units, 4 }), sqrt(1.0 / 3)); /* differences 1, 2, 0 */
    assert_near(kde_shift_error(&from, &(struct kde_shift_side){ &after, others, 4 }), apart);
    assert_near(kde_shift_error(&from, &(struct kde_shift_side){ &after, NULL, 4 }), apart);
    /* Influences -2/3, -1/3, 1 and -2/3, 0, 2/3; unit 5 has -1/3 and -2/3. */
    assert_near(kde_shift_error(&from, &(struct kde_shift_side){ &after, one_shared, 4 }), sqrt(1.5 * ((4 + 9) / 9.0 + 4 / 9.0 + 1 / 9.0)));
    const struct kde_sample alone = { later, NULL, 1 };
    assert_true(isnan(kde_shift_error(&from, &(struct kde_shift_side){ &alone, units, 2 })));
}

/*
 * Shares 1/2, 1/4, 1/4: S = 3/8. A_ii = p^2 (1 - 2 p + S) is 3/32, 7/128, 7/128; A_ij = p q (S - p - q) is -3/64 with the first and
 * -1/128 between the others. tr A = 13/64; tr A^2 = (144 + 49 + 49 + 4 * 36 + 2 * 1)/128^2; c = 24/13, f = 26^2/388.
 */
static void test_weights_make_a_sample_smaller(void **state)
{
    (void)state;
    const double values[] = { 1, 2, 6 };
    const double later[] = { 4, 4.5, 5 };
    const double weights[] = { 2, 1, 1 };
    const double alike[] = { 0.3, 0.3, 0.3 };
    const double first_alone[] = { 1, 1e-200, 1e-201 };
    const struct kde_sample sample = { values, weights, 3 };
    const struct kde_sample other = { later, weights, 3 };
    const struct kde_sample equal = { values, alike, 3 };
    const struct kde_sample plain = { values, NULL, 3 };
    const struct kde_sample heavy = { values, first_alone, 3 };
    const struct kde_shift_side from = { &sample, NULL, 2.5 };
    const struct kde_shift_side to = { &other, NULL, 4.375 };
    const struct kde_shift_side even = { &equal, NULL, 3 };
    const struct kde_shift_side bare = { &plain, NULL, 3 };
    const struct kde_shift_side one = { &heavy, NULL, 1 };
    /* Influences -3/4, -1/8, 7/8 and -3/16, 1/32, 5/32. */
    const double squares = (36.0 + 1 + 49) / 64 + (36.0 + 1 + 25) / 1024;
    assert_near(kde_shift_error(&from, &to), sqrt(24.0 / 13 * squares));
    assert_int_equal(kde_shift_freedom(&from, &to), 1); /* 1.74 */
    assert_true(kde_shift_error(&even, &even) == kde_shift_error(&bare, &bare));
    assert_int_equal(kde_shift_freedom(&even, &bare), 2);
    assert_int_equal(kde_shift_freedom(&one, &bare), 1);
}

/* By the distribution's closed forms: 1 degree is Cauchy's, 2 and 3 are Student's own; the limit is normal. */
static void test_student(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    for (double t = -40; t <= 40; t += 0.5) {
        const double x = fabs(t);
        const double third = 2 / pi * (atan2(x, sqrt(3)) + sqrt(3) * x / (3 + x * x));
        assert_true(fabs(kde_student(t, 1) - (1 - 2 / pi * atan(x))) < 1e-15);
        assert_true(fabs(kde_student(t, 2) - (1 - x / sqrt(2 + x * x))) < 1e-15);
        assert_true(fabs(kde_student(t, 3) - (1 - third)) < 1e-15);
        assert_true(fabs(kde_student(t, 4) - (1 - x / sqrt(4 + x * x) * (1 + 2 / (4 + x * x)))) < 1e-15);
        assert_true(fabs(kde_student(t, 200001) - erfc(x / sqrt(2))) < 1e-5);
        assert_true(fabs(kde_student(t, 200000) - kde_student(t, 200001)) < 1e-10);
    }
    assert_true(kde_student(0, 5) == 1 && kde_student(INFINITY, 5) == 0 && kde_student(1e300, 6) == 0);
}

static void test_shift_p(void **state)
{
    (void)state;
    const double earlier[] = { 1, 2, 6 };
    const double later[] = { 2, 4, 6 };
    const double moved[] = { 2, 3, 7 };
    const double lonely[] = { 0, 3, 0 };
    const size_t units[] = { 3, 5, 8 };
    const struct kde_sample before = { earlier, NULL, 3 };
    const struct kde_sample after = { later, NULL, 3 };
    const struct kde_sample exact = { moved, NULL, 3 };
    const struct kde_sample one = { later, lonely, 3 };
    const struct kde_shift_side from = { &before, units, 3 };
    const struct kde_shift_side to = { &after, units, 4 }; /* t = 1/sqrt(1/3) of 2 degrees: 1 - sqrt(3/5) */
    const struct kde_shift_side on = { &exact, units, 4 };
    const struct kde_shift_side thin = { &one, units, 4 };
    assert_true(fabs(kde_shift_p(&from, &to, kde_shift_error(&from, &to)) - (1 - sqrt(0.6))) < 1e-15);
    assert_true(kde_shift_error(&from, &on) == 0 && kde_shift_p(&from, &on, 0) == 0 && kde_shift_p(&from, &from, 0) == 1);
    assert_true(isnan(kde_shift_p(&from, &thin, kde_shift_error(&from, &thin))));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_spread), cmocka_unit_test(test_powers), cmocka_unit_test(test_shift_error),
                                        cmocka_unit_test(test_weights_make_a_sample_smaller),
                                        cmocka_unit_test(test_student), cmocka_unit_test(test_shift_p) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
