/* Holm's correction: by hand, and by the closed tests that it is a short way to. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analytics/kde/holm.h"
#include "analytics/kde/permutation.h"
#include "tests/unit/analytics/kde_help.h"

enum { MANY = 10 };

static void test_by_hand(void **state)
{
    (void)state;
    const double p[] = {0.01, 0.04, 0.03, 0.005};
    const double wanted[] = {0.03, 0.06, 0.06, 0.02};
    double found[4];
    kde_holm(p, 4, found);
    for (size_t i = 0; i < 4; i++) {
        assert_near(found[i], wanted[i], 1e-16);
    }
    kde_holm(p + 1, 1, found); /* one test alone is itself */
    assert_near(found[0], 0.04, 0);
    kde_holm((const double[]){0.4, 0.6, 1, 0}, 4, found);
    assert_near(found[0] + found[1] + found[2], 3, 0);
    assert_near(found[3], 0, 0);
    kde_holm(NULL, 0, NULL);
}

/* A test is rejected where each set of tests that has it is, by Bonferroni (Marcus, Peritz and Gabriel 1976, Biometrika 63, 655):
 * the largest, over all such sets, of their size times their least p-value. */
static double closed(const double *p, size_t n, size_t which)
{
    double most = 0;
    for (unsigned set = 1; set < 1u << n; set++) {
        double least = 1;
        unsigned size = 0;
        for (size_t i = 0; i < n; i++) {
            if ((set >> i & 1u) != 0) {
                least = fmin(least, p[i]);
                size++;
            }
        }
        most = (set >> which & 1u) != 0 ? fmax(most, fmin(1, size * least)) : most;
    }
    return most;
}

static void test_closed_tests(void **state)
{
    (void)state;
    for (size_t round = 0; round < 200; round++) {
        const size_t n = 1 + round % MANY;
        double p[MANY], found[MANY];
        for (size_t i = 0; i < n; i++) {
            p[i] = round % 3 == 0 ? floor(6 * next_uniform()) / 50 : pow(next_uniform(), 1 + (double)(round % 5));
        }
        kde_holm(p, n, found);
        for (size_t i = 0; i < n; i++) {
            assert_near(found[i], closed(p, n, i), 0);
        }
    }
}

/* The least p-value there can be is of use after the correction, up to so many tests. */
static void test_replicates(void **state)
{
    (void)state;
    for (size_t tests = 0; tests <= 300; tests++) {
        const size_t replicates = kde_permutation_replicates(tests);
        assert_in_range(replicates, KDE_PERMUTATION_REPLICATES, KDE_PERMUTATION_REPLICATES_MAX);
        assert_true(tests > 50 || (double)tests / (double)(replicates + 1) <= 0.025);
        assert_true(tests >= 100 || (double)tests / (double)(replicates + 1) < 0.05);
        assert_true(tests == 0 || replicates >= kde_permutation_replicates(tests - 1));
    }
    assert_int_equal(kde_permutation_replicates(12), KDE_PERMUTATION_REPLICATES);
    assert_int_equal(kde_permutation_replicates(13), 519);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_closed_tests),
        cmocka_unit_test(test_replicates),
    };
    return cmocka_run_group_tests_name("kde_holm", tests, NULL, NULL);
}
