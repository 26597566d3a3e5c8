/*
 * Targets and the route table: splitting before decoding, literals before parameters,
 * Allow, hints.
 */
#include "server/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/media.h"
#include "server/reply.h"
#include "server/routes.h"

static const struct route table[] = {
    {.method = METHOD_GET, .path = "/"},
    {.method = METHOD_GET, .path = "/supplies"},
    {.method = METHOD_POST, .path = "/supplies"},
    {.method = METHOD_GET, .path = "/supplies/{id}"},
    {.method = METHOD_PUT, .path = "/supplies/{id}"},
    {.method = METHOD_DELETE, .path = "/supplies/{id}"},
    {.method = METHOD_GET, .path = "/supplies/summary"},
    {.method = METHOD_GET, .path = "/supplies/{id}/movements"},
    {.method = METHOD_POST, .path = "/lots/{item}/{lot}/hold"},
    {.method = METHOD_GET, .path = "/entries/{seq}"},
};

enum { ROWS = sizeof table / sizeof table[0] };

static struct arena arena;

static struct route_found find(const char *raw, enum method method)
{
    struct target target;
    struct route_found found;
    assert_null(target_parse(&target, raw, &arena));
    route_find(table, ROWS, &target, method, &found);
    return found;
}

static void expect_allow(unsigned methods, const char *allow)
{
    struct buffer text;
    buffer_init(&text);
    route_allow(methods, &text);
    assert_string_equal(text.bytes, allow);
    buffer_fini(&text);
}

static void test_find(void **state)
{
    (void)state;
    struct route_found found = find("/supplies/a.b-c_1?limit=2", METHOD_GET);
    assert_string_equal(found.route->path, "/supplies/{id}");
    assert_int_equal(found.parameter_count, 1);
    assert_string_equal(found.parameters[0], "a.b-c_1");
    expect_allow(found.methods, "GET, HEAD, PUT, DELETE, OPTIONS");
    found = find("/supplies/summary", METHOD_GET);
    assert_string_equal(found.route->path, "/supplies/summary");
    assert_int_equal(found.parameter_count, 0);
    found = find("/supplies/summary", METHOD_PUT);
    assert_null(found.route);
    assert_string_equal(found.path->path, "/supplies/summary");
    expect_allow(found.methods, "GET, HEAD, OPTIONS");
    found = find("/supplies", METHOD_POST);
    assert_ptr_equal(found.route, &table[2]);
    expect_allow(found.methods, "GET, HEAD, POST, OPTIONS");
    found = find("/lots/MASK/L%31/hold", METHOD_POST);
    assert_string_equal(found.parameters[0], "MASK");
    assert_string_equal(found.parameters[1], "L1");
    assert_ptr_equal(find("/", METHOD_GET).route, &table[0]);
    assert_ptr_equal(find("http://example.org:80/supplies?x", METHOD_GET).route, &table[1]);
    assert_ptr_equal(find("http://example.org", METHOD_GET).route, &table[0]);
}

/* OPTIONS * names what some row has, and nothing else. */
static void test_methods_of_all(void **state)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    (void)state;
    expect_allow(route_methods(table, ROWS), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    expect_allow(route_methods(table, 3), "GET, HEAD, POST, OPTIONS");
    expect_allow(route_methods(table, 0), "OPTIONS");
    expect_allow(route_methods(routes, count), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
}

static void test_absent(void **state)
{
    static const char *const paths[] = {
        "/supplies/", "//supplies", "/supplies//", "/Supplies", "/supplies/%2e%2E/x", "/a/b/c/d/e/f/g/h", "/..",
    };
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_null(find(paths[i], METHOD_GET).path);
    }
}

/* What stands where an id belongs and is none is found, and named. */
static void test_malformed(void **state)
{
    static const struct {
        const char *path, *name, *value;
    } cases[] = {
        { "/supplies/a%2Fb", "id", "a/b" },     { "/supplies/a%20b", "id", "a b" },
        { "/supplies/.", "id", "." },           { "/supplies/%2e%2E", "id", ".." },
        { "/supplies//movements", "id", "" },   { "/supplies/%C3%A4/movements", "id", "\xc3\xa4" },
        { "/lots/A/../hold", "lot", ".." },     { "/lots/%2E/L%201/hold", "item", "." },
        { "/entries/abc", "seq", "abc" },       { "/entries/007", "seq", "007" },
        { "/entries/0", "seq", "0" },           { "/entries/-1", "seq", "-1" },
        { "/supplies/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "id",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct route_found found = find(cases[i].path, METHOD_POST);
        assert_non_null(found.path);
        assert_string_equal(found.malformed, cases[i].value);
        assert_int_equal(found.malformed_name_length, strlen(cases[i].name));
        assert_memory_equal(found.malformed_name, cases[i].name, strlen(cases[i].name));
    }
    static const char *const sound[] = { "/supplies/...", "/supplies/.a", "/supplies/-", "/lots/A/L%31/hold", "/supplies",
                                         "/entries/8", "/entries/99999999999999999999999" };
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_null(find(sound[i], METHOD_GET).malformed);
    }
}

static void test_nearest(void **state)
{
    (void)state;
    struct target target;
    static const char *const meant[][2] = {
        {"/suplies", "/supplies"}, {"/suplies/1", "/supplies/{id}"}, {"/supplies/1/movement", "/supplies/{id}/movements"},
        {"/supply/1/movements", "/supplies/{id}/movements"}, {"/entry/8", "/entries/{seq}"}, {"/sup/1", ""},
        {"/suplies/1/movment", "/supplies/{id}/movements"}, {"/lot/a/b/hold", "/lots/{item}/{lot}/hold"},
        {"/supplies/1/2/3", "/supplies"}, {"/entires/8", "/entries/{seq}"},
    };
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        assert_null(target_parse(&target, meant[i][0], &arena));
        const char *near = route_nearest(table, ROWS, &target);
        if ((near == NULL) != (strcmp(meant[i][1], "") == 0) || (near != NULL && strcmp(near, meant[i][1]) != 0)) {
            fail_msg("%s: %s", meant[i][0], near != NULL ? near : "none");
        }
    }
    assert_null(target_parse(&target, "/wholly-different", &arena));
    assert_null(route_nearest(table, ROWS, &target));
    assert_null(target_parse(&target, "/", &arena));
    assert_null(route_nearest(table, ROWS, &target));
}

static void test_query(void **state)
{
    (void)state;
    struct target target;
    assert_null(target_parse(&target, "/x?a=1&b=%2B+%26&&c&=d&a=2=3", &arena));
    assert_string_equal(target.path, "/x");
    assert_int_equal(target.query_count, 5);
    assert_string_equal(target.query[0].name, "a");
    assert_string_equal(target.query[0].value, "1");
    assert_string_equal(target.query[1].value, "+ &");
    assert_string_equal(target.query[2].name, "c");
    assert_string_equal(target.query[2].value, "");
    assert_string_equal(target.query[3].name, "");
    assert_string_equal(target.query[4].value, "2=3");
    assert_null(target_parse(&target, "*", &arena));
    assert_true(target.is_asterisk);
}

static void test_bad_targets(void **state)
{
    static const char *const targets[] = {
        "", "x", "x/y", "/%", "/%1", "/%zz", "/%00", "/a%0a", "/%7f", "/%ff", "/%c0%80", "/a b", "/\x01", "/\xc3\xa4",
        "/a#b", "/x?a=%", "/x?a=%00", "/x?%zz=1", "ftp://a/b", "**",
    };
    (void)state;
    struct target target;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (target_parse(&target, targets[i], &arena) == NULL) {
            fail_msg("\"%s\" was accepted", targets[i]);
        }
    }
    char many[400] = "/x?";
    for (size_t i = 0; i < LIMIT_QUERY_PARAMETERS + 1; i++) {
        size_t used = strlen(many);
        snprintf(many + used, sizeof many - used, "a=1&");
    }
    assert_non_null(target_parse(&target, many, &arena));
}

/* Every row of the real table can be reached, and no row twice. */
static void test_real_table(void **state)
{
    (void)state;
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    for (size_t i = 0; i < count; i++) {
        char path[200];
        size_t used = 0;
        for (const char *at = routes[i].path; *at != 0; at++) {
            if (*at == '{') {
                path[used++] = '8';
                at = strchr(at, '}');
            } else {
                path[used++] = *at;
            }
        }
        path[used] = 0;
        struct target target;
        struct route_found found;
        assert_null(target_parse(&target, path, &arena));
        route_find(routes, count, &target, routes[i].method, &found);
        assert_ptr_equal(found.route, &routes[i]);
        assert_null(found.malformed);
        assert_non_null(routes[i].handler);
        assert_true(routes[i].class != CLASS_WRITE || routes[i].roles != 0);
        assert_true(!routes[i].is_cached || routes[i].method == METHOD_GET);
    }
}

static void test_media(void **state)
{
    (void)state;
    assert_int_equal(media_read("application/json"), MEDIA_JSON);
    assert_int_equal(media_read("Application/JSON ; Charset=\"UTF-8\""), MEDIA_JSON);
    assert_int_equal(media_read("text/csv;header=present;charset=utf-8"), MEDIA_CSV);
    assert_int_equal(media_read("text/csv; charset=utf-8; Header=\"absent\""), MEDIA_HEADLESS);
    assert_int_equal(media_read("application/json;header=absent"), MEDIA_JSON);
    assert_int_equal(media_read("application/json;charset=latin1"), MEDIA_CHARSET);
    assert_int_equal(media_read("application/jsonx"), MEDIA_OTHER);
    assert_int_equal(media_read("application/json text/csv"), MEDIA_OTHER);
    assert_int_equal(media_read("text/xml"), MEDIA_OTHER);
    assert_int_equal(media_read(""), MEDIA_OTHER);
    assert_int_equal(media_read(NULL), MEDIA_OTHER);
}

static void test_etags(void **state)
{
    (void)state;
    assert_true(reply_etag_matches("\"a\"", "\"a\""));
    assert_true(reply_etag_matches("W/\"a\"", "\"a\""));
    assert_true(reply_etag_matches("\"a\"", "W/\"a\""));
    assert_true(reply_etag_matches(" \"x\", W/\"y,z\" ,\"a\"", "\"a\""));
    assert_true(reply_etag_matches("\"y,z\"", "\"y,z\""));
    assert_true(reply_etag_matches(" * ", "\"a\""));
    assert_false(reply_etag_matches("\"b\"", "\"a\""));
    assert_false(reply_etag_matches("a", "\"a\""));
    assert_false(reply_etag_matches("\"a", "\"a\""));
    assert_false(reply_etag_matches("", "\"a\""));
    assert_false(reply_etag_matches("*, \"b\"", "\"a\""));
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),       cmocka_unit_test(test_methods_of_all),
        cmocka_unit_test(test_absent), cmocka_unit_test(test_malformed),     cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_query),      cmocka_unit_test(test_bad_targets), cmocka_unit_test(test_real_table),
        cmocka_unit_test(test_media),      cmocka_unit_test(test_etags),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
