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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_spread), cmocka_unit_test(test_shift_error) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
