/* Shares of phases into shares of the whole, as a job hears of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handlers/analysis/watch.h"
#include "handlers/exchange.h"

static size_t told, whole, count;

static void hear(void *exchange, size_t done, size_t due)
{
    (void)exchange;
    assert_true(count == 0 || done > told);
    assert_true(done <= due);
    told = done;
    whole = due;
    count++;
}

static bool give_up(void *exchange)
{
    (void)exchange;
    return true;
}

static void test_phases_add_up(void **state)
{
    (void)state;
    struct exchange exchange = { .progress = hear };
    struct analysis_watch watch = analysis_watch_begin(&exchange, 10);
    assert_int_equal(count, 0);
    analysis_watch_next(&watch, 2);
    assert_int_equal(told, 0);
    analysis_watch_progress(&watch, 1, 2);
    assert_int_equal(told * 10, whole);
    analysis_watch_progress(&watch, 0, 2); /* another loop begins: nothing is told until it has come farther */
    analysis_watch_progress(&watch, 1, 2);
    assert_int_equal(count, 2);
    analysis_watch_progress(&watch, 3, 2);
    assert_int_equal(told * 5, whole);
    analysis_watch_next(&watch, 8);
    analysis_watch_progress(&watch, 1, 4);
    assert_int_equal(told * 10, whole * 4);
    analysis_watch_progress(&watch, 1, 0);
    analysis_watch_progress(&watch, 4, 4);
    assert_int_equal(told, whole);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct exchange exchange = { .progress = NULL };
    struct analysis_watch watch = analysis_watch_begin(&exchange, 1);
    analysis_watch_next(&watch, 1);
    analysis_watch_progress(&watch, 1, 2);
    assert_false(analysis_watch_is_cancelled(&watch));
    exchange.is_cancelled = give_up;
    assert_true(analysis_watch_is_cancelled(&watch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases_add_up),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
