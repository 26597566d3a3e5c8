/*
 * In which parts a key can be: never too few, seldom too many, and from the newest to the oldest.
 */
#include "db/key_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The number in hexadecimal digits between two texts. */
struct form {
    const char *before, *behind;
};

static const struct form plain = { "", "" };

enum { PART = 1 << KEY_FILTER_PART_BITS, FEW = 20, MANY = 125 /* parts, of two groups and of five, the last two as large as they get */ };

static uint64_t hash_of(const struct key_filter *filter, const struct form *form, unsigned number)
{
    char key[64];
    snprintf(key, sizeof key, "%s%08x%s", form->before, number, form->behind);
    return key_filter_hash(filter, "CN-HB clerk", key);
}

static int set_up(void **state)
{
    struct key_filter *filter = NULL;
    assert_int_equal(key_filter_open(&filter), STATUS_OK);
    *state = filter;
    return 0;
}

static int tear_down(void **state)
{
    key_filter_close(*state);
    return 0;
}

/* How many parts a look names, this among them or not. */
static unsigned look(const struct key_filter *filter, uint64_t hash, int64_t wanted, bool *has_it)
{
    unsigned count = 0;
    size_t place = 0;
    int64_t part = -1;
    *has_it = false;
    while (key_filter_next(filter, hash, &place, &part)) {
        *has_it = *has_it || part == wanted;
        count++;
    }
    assert_false(key_filter_next(filter, hash, &place, &part)); /* the end stays the end */
    return count;
}

static void test_an_empty_one_names_nothing(void **state)
{
    bool has_it = true;
    assert_int_equal(look(*state, hash_of(*state, &plain, 1), 0, &has_it), 0);
    assert_false(has_it);
}

/* Keys as they come: random ones and such that differ at the end alone. A full part names a foreign key twice in a hundred thousand times,
 * at the most. */
static void check_full(struct key_filter *filter, const struct form *form, unsigned parts)
{
    unsigned named = 0;
    bool has_it = false;
    for (unsigned i = 0; i < parts * PART; i++) {
        assert_int_equal(key_filter_add(filter, i / PART, hash_of(filter, form, i)), STATUS_OK);
    }
    for (unsigned i = 0; i < parts * PART; i += 29) {
        named += look(filter, hash_of(filter, form, i), i / PART, &has_it) - 1;
        assert_true(has_it);
    }
    const double share = named / (parts * PART / 29.0) / (parts - 1);
    print_message("keys like %s1%s: a part names %.7f of the others\n", form->before, form->behind, share);
    assert_true(share < 0.00002);
    named = 0;
    for (unsigned i = 0; i < PART; i++) {
        named += look(filter, hash_of(filter, form, parts * PART + i), -1, &has_it);
        assert_false(has_it);
    }
    assert_true(named < 0.00002 * PART * parts);
}

static void test_keys_that_count(void **state)
{
    check_full(*state, &(struct form){ "transfer-", "" }, FEW);
}

static void test_keys_that_differ_in_the_middle(void **state)
{
    check_full(*state, &(struct form){ "01900000-", "-7000-8000-a0b1c2d3e4f5" }, MANY);
}

static void test_newest_first(void **state)
{
    struct key_filter *filter = *state;
    size_t place = 0;
    int64_t part = -1;
    const uint64_t hash = hash_of(filter, &plain, 1);
    for (int64_t i = 0; i < MANY; i++) { /* numbers need not follow each other, nor be positive */
        assert_int_equal(key_filter_add(filter, i * 3 - 5, hash), STATUS_OK);
        assert_int_equal(key_filter_add(filter, -5, hash_of(filter, &plain, 2)), STATUS_OK); /* an older one again */
    }
    for (int64_t i = MANY; i-- > 0;) {
        assert_true(key_filter_next(filter, hash, &place, &part));
        assert_int_equal(part, i * 3 - 5);
    }
    assert_false(key_filter_next(filter, hash, &place, &part));
}

static void test_scope_and_key_are_two(void **state)
{
    const struct key_filter *filter = *state;
    static const char *const pairs[][2] = { { "ab", "c" }, { "a", "bc" }, { "", "abc" }, { "abc", "" }, { "12345678", "x" }, { "1234567", "8x" } };
    enum { COUNT = sizeof pairs / sizeof pairs[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(key_filter_hash(filter, pairs[i][0], pairs[i][1]) != key_filter_hash(filter, pairs[j][0], pairs[j][1]));
        }
    }
}

static void test_each_has_hashes_of_its_own(void **state)
{
    struct key_filter *other = NULL;
    assert_int_equal(key_filter_open(&other), STATUS_OK);
    assert_true(hash_of(*state, &plain, 1) != hash_of(other, &plain, 1));
    key_filter_close(other);
    key_filter_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_empty_one_names_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_that_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_that_differ_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scope_and_key_are_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_has_hashes_of_its_own, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("key_filter", tests, NULL, NULL);
}
