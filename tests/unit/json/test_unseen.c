/* Characters that nobody sees, in finished JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "json/unseen.h"

static void test_cases(void **state)
{
    (void)state;
    static const struct {
        const char *json, *wanted; /* NULL: it stays */
    } cases[] = {
        {"{}", NULL},
        {"{\"a\":\"\xe5\x90\x8d \xc3\xa9 \xc2\xa0 \xe2\x80\xa6 \xe2\x81\xaa \xf0\x9f\x98\x80\"}", NULL}, /* U+00A0, U+2026, U+206A */
        {"\"\x7f\"", "\"\\u007f\""},
        {"\"\xc2\x80\xc2\x9f\"", "\"\\u0080\\u009f\""},
        {"\"a\xe2\x80\xa8\xe2\x80\xa9z\"", "\"a\\u2028\\u2029z\""},
        {"\"\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9\"", "\"\\u202a\\u202e\\u2066\\u2069\""},
        {"{\"\x7f\":[\"\x7f\",1]}", "{\"\\u007f\":[\"\\u007f\",1]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        const char *json = cases[i].json;
        assert_int_equal(unseen_escape(json, strlen(json), &out), cases[i].wanted != NULL);
        if (cases[i].wanted == NULL) {
            assert_int_equal(out.length, 0);
            continue;
        }
        assert_string_equal(out.bytes, cases[i].wanted);
        json_t *before = json_loads(json, JSON_DECODE_ANY, NULL), *after = json_loads(out.bytes, JSON_DECODE_ANY, NULL);
        assert_true(before != NULL && json_equal(before, after)); /* it means the same */
        json_decref(before);
        json_decref(after);
        buffer_fini(&out);
    }
}

static void test_in_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned code; /* 0: none */
        size_t place;
    } cases[] = {
        {"", 0, 0}, {"Depot \xe5\x90\x8d \xc3\xa9 \xc2\xa0 \xe2\x80\xa6 \xf0\x9f\x98\x80", 0, 0},
        {"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae \xe2\x80\x8d", 0, 0},
        {"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xb0", 0, 0}, /* U+2027, 202F, 205F, 2070 */
        {"\xc2\xac\xc2\xae\xd8\x9b\xd8\x9d\xef\xbb\xbe\xef\xbf\xb8\xef\xbf\xbc", 0, 0}, {"\xf3\xa0\x81\xa7", 0, 0},
        {"a\xe2\x80\xae" "b", 0x202e, 2}, {"\xf0\x9f\x98\x80\xe5\x90\x8d\xc2\xad\xe2\x80\xae", 0xad, 3},
        {"\xd8\x9c", 0x61c, 1}, {"\xe1\xa0\x8e", 0x180e, 1}, {"\xe2\x80\x8b", 0x200b, 1}, {"\xe2\x80\x8e", 0x200e, 1}, {"\xe2\x80\x8f", 0x200f, 1},
        {"\xe2\x80\xa8", 0x2028, 1}, {"\xe2\x81\xa0", 0x2060, 1}, {"\xe2\x81\xa6", 0x2066, 1}, {"\xe2\x81\xaf", 0x206f, 1},
        {"\xcd\x8f", 0x34f, 1}, {"\xe1\x85\x9f", 0x115f, 1}, {"\xe1\x85\xa0", 0x1160, 1}, {"\xe3\x85\xa4", 0x3164, 1}, {"\xef\xbe\xa0", 0xffa0, 1},
        /* The neighbours of these, and the blank of Braille. */
        {"\xcd\x8e\xcd\x90\xe1\x85\x9e\xe1\x85\xa1\xe3\x85\xa3\xe3\x85\xa5\xef\xbe\x9f\xef\xbe\xa1\xe2\xa0\x80", 0, 0},
        {"x\xef\xbb\xbf", 0xfeff, 2}, {"\xef\xbf\xb9", 0xfff9, 1}, {"\xef\xbf\xbb", 0xfffb, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned code = 0;
        size_t place = 0;
        assert_int_equal(unseen_find(cases[i].text, &code, &place), cases[i].code != 0);
        assert_int_equal(code, cases[i].code);
        assert_int_equal(place, cases[i].place);
    }
}

static void test_what_is_cut_short(void **state)
{
    (void)state;
    static const char *const ends[] = {"\xc2", "\xe2", "\xe2\x80", "\xe2\x81"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        assert_false(unseen_escape(ends[i], strlen(ends[i]), &out));
        buffer_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_in_names),
        cmocka_unit_test(test_what_is_cut_short),
    };
    return cmocka_run_group_tests_name("unseen", tests, NULL, NULL);
}
