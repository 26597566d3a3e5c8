/*
 * Request targets: split first, decoded afterwards; what is no target gets a sentence.
 */
#include "server/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The target as one line: segments and parameters in brackets, or its fault. */
static const char *read_as(const char *raw, char text[512])
{
    struct arena arena;
    struct target target;
    arena_init(&arena);
    const char *fault = target_parse(&target, raw, &arena);
    size_t used = (size_t)snprintf(text, 512, "%s", fault != NULL ? fault : target.path);
    for (size_t i = 0; fault == NULL && i < target.segment_count; i++) {
        used += (size_t)snprintf(text + used, 512 - used, " [%s]", target.segments[i]);
    }
    for (size_t i = 0; fault == NULL && i < target.query_count; i++) {
        used += (size_t)snprintf(text + used, 512 - used, " {%s=%s}", target.query[i].name, target.query[i].value);
    }
    arena_fini(&arena);
    return text;
}

struct row {
    const char *raw;
    const char *read; /* the start of it, for a fault */
};

static void expect_all(const struct row *rows, size_t count)
{
    char text[512];
    for (size_t i = 0; i < count; i++) {
        read_as(rows[i].raw, text);
        if (strncmp(text, rows[i].read, strlen(rows[i].read)) != 0) {
            fail_msg("%s is read as %s and not %s", rows[i].raw, text, rows[i].read);
        }
    }
}

static void test_paths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"/", "/"},
        {"/a", "/a [a]"},
        {"/a/b", "/a/b [a] [b]"},
        {"/a/", "/a/ [a] []"},
        {"//a", "//a [] [a]"},
        {"/a%2Fb/c", "/a%2Fb/c [a/b] [c]"},
        {"/a%3fb", "/a%3fb [a?b]"},
        {"/%E6%B9%96%e5%8c%97", "/%E6%B9%96%e5%8c%97 [湖北]"},
        {"/a+b", "/a+b [a+b]"},
        {"/a%2Bb", "/a%2Bb [a+b]"},
        {"/a/../b", "/a/../b [a] [..] [b]"}, /* a name like any other: nothing here is a file */
        {"/%2e%2e", "/%2e%2e [..]"},
        {"/a;b=c", "/a;b=c [a;b=c]"},
        {"http://host/a", "/a [a]"},
        {"HTTP://host:80/a?b=c", "/a [a] {b=c}"},
        {"https://host", "/"},
        {"http://host?a=b", "/ {a=b}"}, /* an empty path is "/" (RFC 9110, 4.2.3) */
    };
    expect_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_what_stands_before_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *scheme, *authority;
    } rows[] = {
        {"http://host/a", "http", "host"}, {"HTTPS://host:80?a=//b", "https", "host:80"}, {"http://u@h#/a", "http", "u@h"},
        {"https:///a", "https", ""},       {"http://", "http", ""},                        {"http://[::1]:8080", "http", "[::1]:8080"},
    };
    static const char *const others[] = {"", "*", "/", "/http://host/a", "http:/host", "httpx://host", "https:", "//host/a", "host:80"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target_front front;
        assert_true(target_read_front(&front, rows[i].raw));
        assert_string_equal(front.is_https ? "https" : "http", rows[i].scheme);
        assert_int_equal(front.length, strlen(rows[i].authority));
        assert_memory_equal(front.authority, rows[i].authority, front.length);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct target_front front = {.length = 77};
        assert_false(target_read_front(&front, others[i]));
        assert_int_equal(front.length, 77);
    }
}

static void test_queries(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"/a?", "/a [a]"},
        {"/a?b", "/a [a] {b=}"},
        {"/a?b=", "/a [a] {b=}"},
        {"/a?=b", "/a [a] {=b}"},
        {"/a?b=c=d", "/a [a] {b=c=d}"},
        {"/a?b=c&d=e", "/a [a] {b=c} {d=e}"},
        {"/a?&&b=c&", "/a [a] {b=c}"},
        {"/a?b=c&b=d", "/a [a] {b=c} {b=d}"}, /* who may stand twice is not decided here */
        {"/a?b=c%26d%3De", "/a [a] {b=c&d=e}"},
        {"/a?b=c+d%2Be", "/a [a] {b=c d+e}"},
        {"/a?b?=/c?", "/a [a] {b?=/c?}"},
        {"/a?%E6%B9%96=1", "/a [a] {湖=1}"},
    };
    expect_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_no_targets(void **state)
{
    (void)state;
    static const char *const percent = "The request target has a % that two hexadecimal digits do not follow";
    static const char *const control = "The request target holds an encoded control character.";
    static const char *const encoding = "The request target does not decode to UTF-8.";
    static const char *const raw = "The request target holds a space, a control character or a byte outside ASCII";
    const struct row rows[] = {
        {"", "The request target must start with a slash."},
        {"a", "The request target must start with a slash."},
        {"?a", "The request target must start with a slash."},
        {"**", "The request target must start with a slash."},
        {"ftp://host/a", "The request target must start with a slash."},
        {"/a#b", "The request target holds a fragment"},
        {"/%", percent}, {"/%4", percent}, {"/%4g", percent}, {"/%%41", percent}, {"/%-1", percent}, {"/a?b=%", percent},
        {"/%/41", percent}, {"/a?%=41", percent}, {"/a?b=%4&1", percent}, /* never over the end of its part */
        {"/%00", control}, {"/%0a", control}, {"/%7F", control}, {"/a?b=%0d%0ac", control},
        {"/%ff", encoding}, {"/%c3", encoding}, {"/%c3/%a9", encoding}, {"/%ed%a0%80", encoding}, {"/%c0%af", encoding},
        {"/a b", raw}, {"/a\tb", raw}, {"/\xe6\xb9\x96", raw}, {"/a\x7f", raw},
    };
    expect_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_asterisk(void **state)
{
    (void)state;
    struct arena arena;
    struct target target;
    arena_init(&arena);
    assert_null(target_parse(&target, "*", &arena));
    assert_true(target.is_asterisk);
    assert_int_equal(target.segment_count, 0);
    assert_null(target_parse(&target, "/*", &arena));
    assert_false(target.is_asterisk);
    arena_fini(&arena);
}

/* As many parts as there is room for, and one more. */
static void test_limits(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct arena arena;
        struct target target;
        char raw[4096];
        size_t used = 0;
        arena_init(&arena);
        for (size_t i = 0; i < LIMIT_PATH_SEGMENTS + more; i++) {
            used += (size_t)snprintf(raw + used, sizeof raw - used, "/x");
        }
        assert_null(target_parse(&target, raw, &arena));
        assert_int_equal(target.segment_count, LIMIT_PATH_SEGMENTS);
        assert_int_equal(target.is_too_deep, more);
        used = (size_t)snprintf(raw, sizeof raw, "/x?");
        for (size_t i = 0; i < LIMIT_QUERY_PARAMETERS + more; i++) {
            used += (size_t)snprintf(raw + used, sizeof raw - used, "y=1&&");
        }
        const char *fault = target_parse(&target, raw, &arena);
        assert_int_equal(fault != NULL, more);
        assert_int_equal(target.query_count, LIMIT_QUERY_PARAMETERS);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths), cmocka_unit_test(test_what_stands_before_the_path), cmocka_unit_test(test_queries),
        cmocka_unit_test(test_no_targets),
        cmocka_unit_test(test_asterisk), cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
