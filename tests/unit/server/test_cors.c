/*
 * Which pages of other origins may call: origins as the Fetch standard has browsers serialise them (scheme, host, a port that
 * is not the scheme's own; "null" for those that have none), compared byte for byte.
 */
#include "server/cors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_origins(void **state)
{
    (void)state;
    static const char *const sound[] = {
        "*", "https://dashboard.example.org", "http://localhost:3000", "http://192.0.2.1", "http://[2001:db8::1]:8080",
        "https://xn--fsq.example", "https://dashboard.example.org,http://localhost:3000", "https://a,https://b,https://c",
    };
    static const char *const unsound[] = {
        "", ",", "null", "dashboard.example.org", "//dashboard.example.org", "ftp://example.org", "https:", "https:/a",
        "https://", "http://", "https://example.org/", "https://example.org/path", "https://example.org?query",
        "https://example.org#part", "https://user@example.org", "https://Example.org", "HTTPS://example.org", "https://*",
        "https://*.example.org", "https://例.example", "https://a,", ",https://a", "https://a,,https://b", "https://a, https://b",
        "https://a https://b", " https://a", "https://a ", "https://a,*", "*,https://a", "**", "* ", "https://a,null",
        "https://a,https://", "https://a\r\nX: y",
    };
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        if (!cors_is_sound(sound[i])) {
            fail_msg("%s is refused", sound[i]);
        }
    }
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++) {
        if (cors_is_sound(unsound[i])) {
            fail_msg("%s is taken", unsound[i]);
        }
    }
}

static void test_every_page(void **state)
{
    (void)state;
    static const char *const origins[] = { "https://a.example", "null", "", NULL };
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        assert_string_equal(cors_allowed("*", origins[i]), "*");
        assert_null(cors_allowed(NULL, origins[i])); /* nothing is configured: nobody */
    }
    assert_false(cors_varies("*"));
    assert_false(cors_varies(NULL));
}

static void test_pages_of_a_list(void **state)
{
    (void)state;
    static const char list[] = "https://a.example,http://localhost:3000,https://b.example:8443";
    static const char *const allowed[] = { "https://a.example", "http://localhost:3000", "https://b.example:8443" };
    static const char *const others[] = {
        "", "null", "*", ",", "https://a.exampl", "https://a.example.org", "https://a.example:443", "http://a.example", "https://A.example",
        "https://a.example/", "http://localhost", "http://localhost:300", "http://localhost:30000", "https://b.example", "a.example",
        "https://a.example,http://localhost:3000", "https://a.example,http://localhost:3000,https://b.example:8443", "example",
        "https://b.example:8443,",
    };
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        char origin[64];
        snprintf(origin, sizeof origin, "%s", allowed[i]);
        assert_ptr_equal(cors_allowed(list, origin), origin); /* itself */
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (cors_allowed(list, others[i]) != NULL) {
            fail_msg("%s is let in", others[i]);
        }
    }
    assert_null(cors_allowed(list, NULL)); /* not from a page of another origin */
    assert_null(cors_allowed("https://a.example", "https://b.example"));
    assert_true(cors_varies(list));
    assert_true(cors_varies("https://a.example"));
}

/* Whether a header's list has a name, written as here. */
static bool names(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; *at != 0; at += strspn(at, ", ")) {
        const size_t found = strcspn(at, ",");
        if (found == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += found;
    }
    return false;
}

/* Where a request names its token, * would not stand for Authorization (Fetch standard, CORS-unsafe request-header names). */
static void test_lists_of_headers(void **state)
{
    (void)state;
    assert_true(names(CORS_ACCEPTED, "Authorization"));
    assert_true(names(CORS_ACCEPTED, "Content-Type"));
    assert_true(names(CORS_ACCEPTED, "Idempotency-Key"));
    assert_true(names(CORS_ACCEPTED, "If-Match"));
    assert_true(names(CORS_EXPOSED, "ETag"));
    assert_true(names(CORS_EXPOSED, "WWW-Authenticate"));
    assert_true(names(CORS_EXPOSED, "Server-Timing"));
    assert_true(names(CORS_ACCEPTED, "Last-Event-ID"));
    assert_false(names(CORS_EXPOSED, "Set-Cookie")); /* forbidden to pages */
    assert_false(names(CORS_ACCEPTED, "Cookie"));
    assert_int_equal(strspn(CORS_MAX_AGE, "0123456789"), strlen(CORS_MAX_AGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_every_page),
        cmocka_unit_test(test_pages_of_a_list),
        cmocka_unit_test(test_lists_of_headers),
    };
    return cmocka_run_group_tests_name("cors", tests, NULL, NULL);
}
