/* Sums beyond 2^53 - 1 and beyond 64 bits, against numbers worked out with Python's integers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "base/wide.h"

static void digits(void **state)
{
    static const struct {
        int64_t billions, rest;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 999999999, "999999999"},
        {0, 1000000000, "1000000000"},
        {1, 7, "1000000007"},
        {9007199, 254740991, "9007199254740991"},
        {9007199, 254740992, "9007199254740992"},
        {5, -1, "4999999999"},
        {9223372037, 0, "9223372037000000000"},
        {9223372036854, 999999999999, "9223372037853999999999"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[WIDE_TEXT_BYTES];
        wide_to_text(wide_of(cases[i].billions, cases[i].rest), text);
        assert_string_equal(text, cases[i].text);
    }
}

static void what_an_integer_holds(void **state)
{
    int64_t value = 42;
    (void)state;
    assert_false(wide_to_integer(wide_of(9007199, 254740992), &value));
    assert_false(wide_to_integer(wide_of(INT64_MAX / 2, 0), &value));
    assert_false(wide_to_integer(wide_of(INT64_MIN / 2, 0), &value));
    assert_false(wide_to_integer(wide_of(-9007199, -254740992), &value));
    assert_int_equal(value, 42);
    assert_true(wide_to_integer(wide_of(9007199, 254740991), &value));
    assert_true(value == TEXT_INTEGER_MAX);
    assert_true(wide_to_integer(wide_of(-9007199, -254740991), &value));
    assert_true(value == -TEXT_INTEGER_MAX);
}

static void differences(void **state)
{
    int64_t value = 0;
    (void)state;
    struct wide left = wide_minus(wide_of(18014398, 509481982), wide_of(9007199, 254740991));
    assert_true(wide_to_integer(left, &value) && value == TEXT_INTEGER_MAX);
    left = wide_minus(wide_of(3, 1), wide_of(2, 999999999));
    assert_true(wide_to_integer(left, &value) && value == 2);
    left = wide_minus(wide_of(3, 1), wide_of(3, 2));
    assert_true(wide_to_integer(left, &value) && value == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits),
        cmocka_unit_test(what_an_integer_holds),
        cmocka_unit_test(differences),
    };
    return cmocka_run_group_tests_name("wide", tests, NULL, NULL);
}
