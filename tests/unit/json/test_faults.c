/* Tests of json/faults.c: what is kept, what is counted, what is quoted. */
#include "json/faults.h"

#include "tests/unit/json/support.h"

static void three_kinds_are_kept(void **state)
{
    struct arena arena;
    struct faults faults;
    char pointer[] = "/lines/0";
    (void)state;
    arena_init(&arena);
    faults_init(&faults, &arena);
    assert_true(faults.count == 0 && faults.total == 0 && !faults_is_full(&faults));
    faults_add(&faults, pointer, "wrong_type", "quantity is %s", "a text");
    pointer[1] = 'x'; /* it was copied */
    faults_add_row(&faults, 17, "value", "bad_format", "value is %d", 3);
    faults_add_parameter(&faults, "limit", "out_of_range", "limit is %d", 5000);
    assert_int_equal(faults.count, 3);
    assert_int_equal(faults.total, 3);
    const struct fault *f = faults.items;
    assert_string_equal(f[0].pointer, "/lines/0");
    assert_string_equal(f[0].code, "wrong_type");
    assert_string_equal(f[0].detail, "quantity is a text");
    assert_true(f[0].row == 0 && f[0].column == NULL && f[0].parameter == NULL);
    assert_true(f[1].pointer == NULL && f[1].row == 17 && f[1].parameter == NULL);
    assert_string_equal(f[1].column, "value");
    assert_string_equal(f[1].detail, "value is 3");
    assert_true(f[2].pointer == NULL && f[2].row == 0 && f[2].column == NULL);
    assert_string_equal(f[2].parameter, "limit");
    arena_fini(&arena);
}

static void more_are_counted(void **state)
{
    struct arena arena;
    struct faults faults;
    (void)state;
    arena_init(&arena);
    faults_init(&faults, &arena);
    for (int i = 0; i < 100000; i++) {
        faults_add(&faults, "", "code", "fault %d", i);
    }
    assert_int_equal(faults.count, LIMIT_FAULTS);
    assert_int_equal(faults.total, 100000);
    assert_true(faults_is_full(&faults));
    assert_string_equal(faults.items[LIMIT_FAULTS - 1].detail, "fault 99");
    assert_true(arena.total_bytes < 64 * 1024);
    arena_fini(&arena);
}

static void rows_are_numbered_and_sorted(void **state)
{
    static const struct { long row; const char *detail; } wanted[] = {
        { 0, "of none" }, { 0, "elsewhere" }, { 1, "first" }, { 1, "first again" }, { 2, "of CSV" }, { 13, "the twelfth behind it" },
    };
    struct arena arena;
    struct faults faults;
    (void)state;
    arena_init(&arena);
    faults_init(&faults, &arena);
    faults_add(&faults, "/rows/12/value", "code", "the twelfth behind it");
    faults_add(&faults, "/rows", "code", "of none");
    faults_add(&faults, "/rows/0", "code", "first");
    faults_add(&faults, "/rowses/0/a", "code", "elsewhere");
    faults_add_row(&faults, 2, "value", "code", "of CSV");
    faults_add(&faults, "/rows/0/year", "code", "first again");
    faults_number_rows(&faults, "/rows");
    faults_sort_rows(&faults);
    assert_int_equal(faults.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(faults.items[i].row, wanted[i].row);
        assert_string_equal(faults.items[i].detail, wanted[i].detail);
    }
    arena_fini(&arena);
}

static void quoting_escapes(void **state)
{
    static const struct { const char *text, *quoted; } cases[] = {
        { "", "\"\"" }, { "quantity", "\"quantity\"" }, { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "a\nb\x1b\x7f", "\"a\\u000ab\\u001b\\u007f\"" }, { "\xe6\x95\xb0\xe9\x87\x8f", "\"\\u6570\\u91cf\"" },
        { "\xf0\x9f\x98\x80", "\"\\ud83d\\ude00\"" }, { "\xff\xc3", "\"\\xff\\xc3\"" }, { "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },
        { "\xe2\x80\xae", "\"\\u202e\"" },
    };
    struct arena arena;
    struct faults faults;
    (void)state;
    arena_init(&arena);
    faults_init(&faults, &arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *copy = exact_copy(cases[i].text, strlen(cases[i].text));
        assert_string_equal(faults_quote(&faults, copy, strlen(cases[i].text)), cases[i].quoted);
        free(copy);
    }
    assert_string_equal(faults_quote(&faults, "a\0b", 3), "\"a\\u0000b\"");
    char wide[200];
    memset(wide, '\n', sizeof wide);
    const char *quoted = faults_quote(&faults, wide, sizeof wide);
    assert_int_equal(strlen(quoted), 1 + 64 * 6 + 4);
    assert_string_equal(quoted + strlen(quoted) - 5, "a...\"");
    memset(wide, 'x', sizeof wide);
    assert_int_equal(strlen(faults_quote(&faults, wide, 64)), 66);
    assert_int_equal(strlen(faults_quote(&faults, wide, 65)), 69);
    for (size_t at = 60; at < 68; at++) { /* a character of four bytes across the cut */
        memset(wide, '\n', sizeof wide);
        memcpy(wide + at, "\xf0\x9f\x98\x80", 4);
        quoted = faults_quote(&faults, wide, sizeof wide);
        assert_true(strlen(quoted) < 410 && quoted[strlen(quoted) - 1] == '"');
    }
    arena_fini(&arena);
}

static void the_last_one_gets_the_suggestion(void **state)
{
    struct arena arena;
    struct faults faults;
    char nearest[] = "limit";
    (void)state;
    arena_init(&arena);
    faults_init(&faults, &arena);
    faults_suggest(&faults, "nothing"); /* there is none yet */
    faults_add_parameter(&faults, "limti", "unknown_parameter", "limti is unknown");
    faults_suggest(&faults, NULL);
    assert_null(faults.items[0].nearest);
    faults_suggest(&faults, nearest);
    memset(nearest, 'x', sizeof nearest - 1); /* a copy was made */
    assert_string_equal(faults.items[0].nearest, "limit");
    while (!faults_is_full(&faults)) {
        faults_add(&faults, "/a", "wrong_type", "again");
    }
    faults_add(&faults, "/b", "unknown_member", "counted only");
    faults_suggest(&faults, "bee");
    assert_null(faults.items[LIMIT_FAULTS - 1].nearest);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_kinds_are_kept),
        cmocka_unit_test(more_are_counted),
        cmocka_unit_test(rows_are_numbered_and_sorted),
        cmocka_unit_test(quoting_escapes),
        cmocka_unit_test(the_last_one_gets_the_suggestion),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
