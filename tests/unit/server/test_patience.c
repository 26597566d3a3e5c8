/* How long a loop lets a read run, and what it remembers of those that took long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/wire/patience.h"

static void test_a_read_has_its_time(void **state)
{
    struct patience patience = {0};
    (void)state;
    assert_true(patience_lasts(&patience, INT64_MAX)); /* nothing was begun: all the time there is */
    assert_false(patience_end(&patience));
    patience_begin(&patience, 1000);
    assert_true(patience_lasts(&patience, 1000));
    assert_true(patience_lasts(&patience, 1000 + PATIENCE_US - 1));
    assert_false(patience_end(&patience));
    assert_true(patience_lasts(&patience, INT64_MAX));
    patience_begin(&patience, 1000);
    assert_false(patience_lasts(&patience, 1000 + PATIENCE_US));
    assert_false(patience_lasts(&patience, 1000)); /* over is over */
    assert_true(patience_end(&patience));
    assert_true(patience_lasts(&patience, INT64_MAX));
    assert_false(patience_end(&patience));
}

static void test_what_was_long_is_known_for_a_while(void **state)
{
    struct patience patience = {0};
    const uint64_t shape = 0x123456789abcdef1, other = shape + PATIENCE_SHAPES, third = shape + 1;
    (void)state;
    assert_false(patience_knows(&patience, shape, 0));
    assert_false(patience_knows(&patience, 0, 0));
    patience_learn(&patience, shape, PATIENCE_US - 1, 5);
    assert_false(patience_knows(&patience, shape, 5));
    patience_learn(&patience, shape, PATIENCE_US, 5);
    patience_learn(&patience, third, PATIENCE_US, 5);
    assert_true(patience_knows(&patience, shape, 5));
    assert_true(patience_knows(&patience, shape, 5 + PATIENCE_KNOWN_US - 1));
    assert_false(patience_knows(&patience, shape, 5 + PATIENCE_KNOWN_US));
    assert_false(patience_knows(&patience, other, 5)); /* in the same place */
    patience_learn(&patience, other, 0, 6);            /* and says nothing of the first */
    patience_learn(&patience, shape, PATIENCE_US / PATIENCE_SHORT_SHARE + 1, 6); /* between long and short: as it was */
    assert_true(patience_knows(&patience, shape, 6));
    patience_learn(&patience, shape, PATIENCE_US / PATIENCE_SHORT_SHARE, 7);
    assert_false(patience_knows(&patience, shape, 7));
    assert_true(patience_knows(&patience, third, 7));
    patience_learn(&patience, shape, INT64_MAX, 8);
    patience_learn(&patience, other, PATIENCE_US, 9);
    assert_true(patience_knows(&patience, other, 9));
    assert_false(patience_knows(&patience, shape, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_read_has_its_time),
        cmocka_unit_test(test_what_was_long_is_known_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
