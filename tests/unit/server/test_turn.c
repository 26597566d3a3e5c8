/* Which reads go on, wait, or are sent away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/request.h"
#include "server/wire/turn.h"

static void test_share_of_a_turn(void **state)
{
    struct turn turn = {0};
    (void)state;
    turn_begin(&turn);
    assert_false(turn_is_spent(&turn));
    turn_spend(&turn, TURN_READS_US);
    assert_false(turn_is_spent(&turn));
    turn_spend(&turn, 1);
    assert_true(turn_is_spent(&turn));
    turn_begin(&turn);
    assert_false(turn_is_spent(&turn));
}

static void test_first_come_first_served(void **state)
{
    static struct request requests[5];
    struct turn turn = {0};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        turn_put_off(&turn, &requests[i]);
    }
    turn_begin(&turn);
    assert_true(turn_is_spent(&turn)); /* nobody passes those who wait */
    assert_ptr_equal(turn_take(&turn), &requests[0]);
    turn_put_off(&turn, &requests[3]);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(turn.waiting, 4 - i);
        assert_ptr_equal(turn_take(&turn), &requests[i]);
    }
    assert_null(turn_take(&turn));
    assert_false(turn_is_spent(&turn));
    turn_put_off(&turn, &requests[4]);
    assert_ptr_equal(turn_take(&turn), &requests[4]);
    assert_int_equal(turn.put_off, 5);
}

static void test_who_watches_passes_by(void **state)
{
    static struct request waiting;
    struct turn turn = {0};
    (void)state;
    turn_put_off(&turn, &waiting);
    for (int round = 0; round < 2; round++) {
        turn_begin(&turn);
        assert_true(turn_is_spent(&turn));
        for (int i = 0; i < TURN_WATCHED_MAX; i++) {
            assert_true(turn_let_by(&turn));
        }
        assert_false(turn_let_by(&turn)); /* a flood of them waits as all reads do */
    }
    assert_ptr_equal(turn_take(&turn), &waiting);
}

static void test_too_long(void **state)
{
    struct turn turn = {0};
    (void)state;
    assert_false(turn_is_over(&turn, TURN_WAIT_US_MAX));
    assert_int_equal(turn.refused, 0);
    assert_true(turn_is_over(&turn, TURN_WAIT_US_MAX + 1));
    assert_int_equal(turn.refused, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share_of_a_turn),
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_who_watches_passes_by),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
