/* The quota of a minute, as callers see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "server/limiter.h"

static const int64_t second_us = 1000000;

static struct limiter *open_limiter(void)
{
    struct limiter *limiter = NULL;
    assert_int_equal(limiter_open(&limiter), STATUS_OK);
    return limiter;
}

static void test_quota_and_wait(void **state)
{
    struct limiter *limiter = open_limiter();
    struct limiter_view view;
    (void)state;
    for (int i = 0; i < 10; i++) {
        limiter_take(limiter, "a", 1, 10, 5 * second_us, &view);
        assert_int_equal(view.wait_s, 0);
        assert_int_equal(view.quota, 10);
        assert_int_equal(view.remaining, 9 - i);
        assert_int_equal(view.reset_s, 6 * (i + 1));
    }
    limiter_take(limiter, "a", 1, 10, 5 * second_us, &view);
    assert_int_equal(view.wait_s, 6);
    assert_int_equal(view.remaining, 0);
    limiter_take(limiter, "b", 1, 10, 5 * second_us, &view); /* another caller */
    assert_int_equal(view.wait_s, 0);
    assert_int_equal(view.remaining, 9);
    limiter_take(limiter, "a", 1, 10, 10 * second_us, &view); /* refusals cost nothing */
    assert_int_equal(view.wait_s, 1);
    limiter_take(limiter, "a", 1, 10, 11 * second_us, &view);
    assert_int_equal(view.wait_s, 0);
    assert_int_equal(view.remaining, 0);
    limiter_take(limiter, "a", 1, 10, 200 * second_us, &view); /* all is there again, and not more */
    assert_int_equal(view.remaining, 9);
    limiter_close(limiter);
}

static void test_one_a_minute(void **state)
{
    struct limiter *limiter = open_limiter();
    struct limiter_view view;
    (void)state;
    limiter_take(limiter, "a", 1, 1, second_us, &view);
    assert_int_equal(view.wait_s, 0);
    assert_int_equal(view.remaining, 0);
    limiter_take(limiter, "a", 1, 1, 60 * second_us, &view);
    assert_int_equal(view.wait_s, 1);
    limiter_take(limiter, "a", 1, 1, 61 * second_us, &view);
    assert_int_equal(view.wait_s, 0);
    limiter_close(limiter);
}

/* However many there are, who has used up its quota is not forgotten for those who have theirs. */
static void test_many_callers(void **state)
{
    struct limiter *limiter = open_limiter();
    struct limiter_view view;
    char key[16];
    (void)state;
    for (int i = 0; i < 5; i++) {
        limiter_take(limiter, "greedy", 6, 5, second_us, &view);
        assert_int_equal(view.wait_s, 0);
    }
    for (int i = 0; i < 100000; i++) {
        int length = snprintf(key, sizeof key, "c%d", i);
        limiter_take(limiter, key, (size_t)length, 5, second_us, &view);
    }
    limiter_take(limiter, "greedy", 6, 5, second_us, &view);
    assert_true(view.wait_s > 0);
    limiter_close(limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quota_and_wait),
        cmocka_unit_test(test_one_a_minute),
        cmocka_unit_test(test_many_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
