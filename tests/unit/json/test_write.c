/* Tests of json/write.c: exact bytes, everything reads back, every misuse is asserted. */
#include "json/write.h"

#include <math.h>

#include <jansson.h>

#include "tests/unit/json/support.h"

static void every_kind(void **state)
{
    struct buffer out;
    struct json_writer w;
    (void)state;
    buffer_init(&out);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    json_member_text(&w, "text", "a\"\\/\b\f\n\r\t\x01\x1f\x7f");
    json_member_text(&w, "none", NULL);
    json_member_text(&w, "\xe5\x90\x8d\"", "\xe6\xb9\x96\xe5\x8c\x97 \xf0\x9f\x98\x80");
    json_member_integer(&w, "low", -TEXT_INTEGER_MAX);
    json_member_integer(&w, "high", TEXT_INTEGER_MAX);
    json_member_double(&w, "double", 0.1);
    json_member_boolean(&w, "yes", true);
    json_member_boolean(&w, "no", false);
    json_member_instant(&w, "at", 1580710200250);
    json_member_hex(&w, "hash", "\x00\xff\x10", 3);
    json_member_hex(&w, "empty", NULL, 0);
    json_key(&w, "list");
    json_array_begin(&w);
    json_value_integer(&w, 0);
    json_value_boolean(&w, true);
    json_value_null(&w);
    json_double(&w, -0.0);
    json_text_length(&w, "a\0b", 3);
    json_raw(&w, "1.50", 4);
    json_instant(&w, 0);
    json_object_begin(&w);
    json_object_end(&w);
    json_array_begin(&w);
    json_array_end(&w);
    json_hex(&w, "\xab", 1);
    json_array_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
    assert_string_equal(out.bytes,
        "{\"text\":\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\",\"none\":null,"
        "\"\xe5\x90\x8d\\\"\":\"\xe6\xb9\x96\xe5\x8c\x97 \xf0\x9f\x98\x80\",\"low\":-9007199254740991,\"high\":9007199254740991,"
        "\"double\":0.1,\"yes\":true,\"no\":false,\"at\":\"2020-02-03T06:10:00.250Z\",\"hash\":\"00ff10\",\"empty\":\"\","
        "\"list\":[0,true,null,0,\"a\\u0000b\",1.50,\"1970-01-01T00:00:00.000Z\",{},[],\"ab\"]}");
    buffer_fini(&out);
}

static void scalars_at_the_top(void **state)
{
    struct buffer out;
    struct json_writer w;
    (void)state;
    buffer_init(&out);
    json_writer_init(&w, &out);
    json_text(&w, "alone");
    json_writer_finish(&w);
    assert_string_equal(out.bytes, "\"alone\"");
    buffer_fini(&out);
}

/* Texts of random bytes always become JSON that reads back; UTF-8 becomes itself. */
static void any_bytes_become_json(void **state)
{
    static const char *const broken[] = { "\xff", "a\xc3", "\xe6\xb9z", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "\x80\x80" };
    static const char *const repaired[] = { "\xef\xbf\xbd", "a\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbdz",
      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd" };
    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        char bytes[40];
        size_t length = random_below(sizeof bytes);
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (char)(round % 2 == 0 ? random_below(256) : random_below(3) == 0 ? 0xe0 + random_below(20) : 0x80 + random_below(64));
        }
        if (round < 7) {
            length = strlen(broken[round]);
            memcpy(bytes, broken[round], length);
        }
        char *copy = exact_copy(bytes, length);
        struct buffer out;
        struct json_writer w;
        buffer_init(&out);
        json_writer_init(&w, &out);
        json_text_length(&w, copy, length);
        json_t *again = json_loadb(out.bytes, out.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_true(json_is_string(again));
        if (text_is_utf8(bytes, length)) {
            assert_true(json_string_length(again) == length && memcmp(json_string_value(again), bytes, length) == 0);
        }
        if (round < 7) {
            assert_string_equal(json_string_value(again), repaired[round]);
        }
        json_decref(again);
        free(copy);
        buffer_fini(&out);
    }
}

static void depth_is_bounded(void **state)
{
    struct buffer out;
    struct json_writer w;
    (void)state;
    buffer_init(&out);
    json_writer_init(&w, &out);
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++) {
        json_array_begin(&w);
    }
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++) {
        json_array_end(&w);
    }
    json_writer_finish(&w);
    assert_int_equal(out.length, 2 * LIMIT_JSON_DEPTH);
    buffer_fini(&out);
}

static void memory_failure_shows_in_the_buffer(void **state)
{
    struct buffer out;
    struct json_writer w;
    (void)state;
    buffer_init(&out);
    out.failed = true;
    json_writer_init(&w, &out);
    json_object_begin(&w);
    json_member_text(&w, "a", "b");
    json_object_end(&w);
    assert_true(out.failed && out.length == 0);
    buffer_fini(&out);
}

static struct buffer misused;
static struct json_writer *fresh(void)
{
    static struct json_writer w;
    buffer_init(&misused);
    json_writer_init(&w, &misused);
    return &w;
}

static void value_without_key(void) { struct json_writer *w = fresh(); json_object_begin(w); json_value_null(w); }
static void key_in_array(void) { struct json_writer *w = fresh(); json_array_begin(w); json_key(w, "a"); }
static void key_at_the_top(void) { json_key(fresh(), "a"); }
static void two_keys(void) { struct json_writer *w = fresh(); json_object_begin(w); json_key(w, "a"); json_key(w, "b"); }
static void key_without_value(void) { struct json_writer *w = fresh(); json_object_begin(w); json_key(w, "a"); json_object_end(w); }
static void wrong_bracket(void) { struct json_writer *w = fresh(); json_object_begin(w); json_array_end(w); }
static void end_too_often(void) { struct json_writer *w = fresh(); json_array_begin(w); json_array_end(w); json_array_end(w); }
static void two_values(void) { struct json_writer *w = fresh(); json_value_null(w); json_value_null(w); }
static void unclosed(void) { struct json_writer *w = fresh(); json_array_begin(w); json_writer_finish(w); }
static void nothing_written(void) { json_writer_finish(fresh()); }
static void too_large(void) { json_value_integer(fresh(), TEXT_INTEGER_MAX + 1); }
static void too_small(void) { json_value_integer(fresh(), INT64_MIN); }
static void not_a_number(void) { json_double(fresh(), NAN); }
static void infinite(void) { json_double(fresh(), -INFINITY); }
static void raw_nothing(void) { json_raw(fresh(), "", 0); }
static void too_deep(void)
{
    struct json_writer *w = fresh();
    for (int i = 0; i <= LIMIT_JSON_DEPTH; i++) {
        json_array_begin(w);
    }
}

static void misuse_is_asserted(void **state)
{
    static void (*const misuses[])(void) = {
        value_without_key, key_in_array, key_at_the_top, two_keys, key_without_value, wrong_bracket, end_too_often, two_values,
        unclosed, nothing_written, too_large, too_small, not_a_number, infinite, raw_nothing, too_deep,
    };
    (void)state;
    for (size_t i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        if (!aborts(misuses[i])) {
            fail_msg("misuse %zu went through", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(scalars_at_the_top),
        cmocka_unit_test(any_bytes_become_json),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(memory_failure_shows_in_the_buffer),
        cmocka_unit_test(misuse_is_asserted),
    };
    return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
