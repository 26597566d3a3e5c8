/*
 * Accept: weights, ranges, what is closer, what is broken.
 */
#include "server/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handlers/exchange.h"

enum { BOTH = GIVES_JSON | GIVES_CSV };

struct row {
    const char *accept;
    unsigned wanted;
};

static void expect_all(const struct row *rows, size_t count, unsigned gives)
{
    for (size_t i = 0; i < count; i++) {
        unsigned found = negotiate_accept(rows[i].accept, gives);
        if (found != rows[i].wanted) {
            fail_msg("Accept: %s gives %u and not %u", rows[i].accept != NULL ? rows[i].accept : "(none)", found, rows[i].wanted);
        }
    }
}

/* header of text/csv (RFC 4180, 3): a range with it fits that form alone. */
static void test_header_lines(void **state)
{
    static const struct {
        const char *accept;
        unsigned wanted;
        bool is_headless;
    } rows[] = {
        {NULL, GIVES_JSON, false},
        {"", GIVES_JSON, false},
        {"text/csv", GIVES_CSV, false},
        {"text/csv;header=present", GIVES_CSV, false},
        {"text/csv;header=absent", GIVES_CSV, true},
        {"TEXT/csv ; HEADER = \"Absent\"", GIVES_CSV, true},
        {"text/csv;header=maybe", 0, false},
        {"text/csv;header=absent;q=0", 0, false},
        {"text/csv;header=absent;q=0.4, application/json;q=0.5", GIVES_JSON, true},
        {"text/csv;header=absent;q=0.6, application/json;q=0.5", GIVES_CSV, true},
        {"text/csv;q=0.5, text/csv;header=absent", GIVES_CSV, true},
        {"text/csv, text/csv;header=absent;q=0.5", GIVES_CSV, false},
        {"text/csv;header=absent;q=0, */*", GIVES_JSON, false},
        {"application/json;header=absent", GIVES_JSON, false},
        {"text/*;header=absent", GIVES_CSV, false}, /* of no type in particular it says nothing */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (negotiate_accept(rows[i].accept, BOTH) != rows[i].wanted || negotiate_is_headless(rows[i].accept) != rows[i].is_headless) {
            fail_msg("Accept: %s", rows[i].accept != NULL ? rows[i].accept : "(none)");
        }
    }
}

static void test_two_representations(void **state)
{
    static const struct row rows[] = {
        {NULL, GIVES_JSON},
        {"", GIVES_JSON},
        {" , ", GIVES_JSON},
        {"*/*", GIVES_JSON},
        {"*", GIVES_JSON},
        {"text/html, image/gif, *; q=.2, */*; q=.2", GIVES_JSON},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", GIVES_JSON},
        {"application/json", GIVES_JSON},
        {"APPLICATION/JSON", GIVES_JSON},
        {"application/*", GIVES_JSON},
        {"text/csv", GIVES_CSV},
        {"Text/CSV ; charset=UTF-8", GIVES_CSV},
        {"text/*", GIVES_CSV},
        {"text/csv;charset=\"utf-8\"", GIVES_CSV},
        {"text/csv;charset=gb18030", 0},
        {"text/csv;charset=gb18030, */*;q=0.1", GIVES_JSON},
        {"image/svg+xml", 0},
        {"text/csv, application/json", GIVES_JSON},
        {"text/csv, application/json;q=0.9", GIVES_CSV},
        {"text/csv;q=0.5, application/json;q=0.4", GIVES_CSV},
        {"text/csv;q=0.001, application/json;q=0.002", GIVES_JSON},
        {"text/csv;q=0.2, */*;q=0.1", GIVES_CSV},
        {"text/csv;q=0.1, */*;q=0.2", GIVES_JSON},
        {"*/*, application/json;q=0", GIVES_CSV},
        {"*/*;q=1, application/json;q=0.0, text/csv;q=0.000", 0},
        {"*/*;q=0", 0},
        {"application/json;q=0", 0},
        {"text/*;q=0.9, text/csv;q=0, */*;q=0.1", GIVES_JSON},
        {"text/*;q=0, text/csv", GIVES_CSV},
        {"text/csv;header=present;q=0, text/csv;q=1", GIVES_CSV}, /* the closer range counts: without its header line */
        {"text/csv;q=0;q=1", GIVES_CSV},
        {"text/html", 0},
        {"json", 0},
        {"application/problem+json", 0},
        {"application/jso", 0},
        {"application/jsonx", 0},
        {"application/json+x", 0},
        {"tex/*", 0},
        {"text*", 0},
        {"*/csv", 0},
        {"text/csv;q=2", 0},
        {"text/csv;q=", 0},
        {"text/csv;q=1.5", 0},
        {"text/csv;q=-1", 0},
        {"text/csv;q=0.1234", 0},
        {"text/csv;q=yes, application/json;q=0.1", GIVES_JSON},
        {"text/html;x=\"text/csv, a;q=1\"", 0},
        {"text/html;x=\"a\\\", text/csv", 0}, /* the quote is never closed */
        {";;;,,,", 0},
    };
    (void)state;
    expect_all(rows, sizeof rows / sizeof rows[0], BOTH);
}

static void test_one_representation(void **state)
{
    static const struct row rows[] = {{NULL, GIVES_YAML}, {"application/json", 0}, {"application/yaml", GIVES_YAML},
                                      {"*/*;q=0.001", GIVES_YAML}, {"application/*", GIVES_YAML}};
    static const struct row metrics[] = {
        {"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", GIVES_TEXT},
        {"text/plain", GIVES_TEXT}, {"application/json", 0}};
    (void)state;
    expect_all(rows, sizeof rows / sizeof rows[0], GIVES_YAML);
    expect_all(metrics, sizeof metrics / sizeof metrics[0], GIVES_TEXT);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(negotiate_media(BOTH, 0), "application/json");
    assert_string_equal(negotiate_media(BOTH, 1), "text/csv");
    assert_null(negotiate_media(BOTH, 2));
    assert_string_equal(negotiate_media(GIVES_TEXT, 0), "text/plain");
}

static void test_codings(void **state)
{
    static const struct {
        const char *accept_encoding;
        enum coding wanted;
    } rows[] = {
        {NULL, CODING_IDENTITY},
        {"", CODING_IDENTITY},
        {"gzip", CODING_GZIP},
        {"GZip", CODING_GZIP},
        {"x-gzip", CODING_GZIP},
        {"gzip, deflate, br, zstd", CODING_ZSTD},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", CODING_GZIP},
        {"deflate, br", CODING_IDENTITY},
        {"gzip;q=0", CODING_IDENTITY},
        {"gzip;q=0.000, *", CODING_ZSTD}, /* anything but gzip */
        {"gzip;q=0.001", CODING_GZIP},
        {"*", CODING_GZIP},
        {"identity", CODING_IDENTITY},
        {"identity, gzip", CODING_GZIP},
        {"identity;q=1, gzip;q=0.5", CODING_IDENTITY},
        {"identity;q=0.5, gzip", CODING_GZIP},
        {"identity;q=0.5, *;q=0.4", CODING_IDENTITY},
        {"identity;q=0", CODING_NONE},
        {"*;q=0", CODING_NONE},
        {"gzip;q=0, identity;q=0", CODING_NONE},
        {"gzip;q=0, *;q=0", CODING_NONE},
        {"br, identity;q=0", CODING_NONE},
        {"identity;q=0, gzip", CODING_GZIP_ALONE},
        {"*;q=0, gzip;q=0.1", CODING_GZIP_ALONE},
        {"identity;q=0, *", CODING_GZIP_ALONE},
        {"*;q=0, identity", CODING_IDENTITY},
        {"*;q=0, identity;q=0.1, gzip;q=0.2", CODING_GZIP},
        {"gzip;q=broken", CODING_IDENTITY},
        {"gzip;q=2, gzip;q=-1", CODING_IDENTITY},
        {"gzip;level=9", CODING_GZIP},
        {"zstd", CODING_ZSTD},
        {"ZSTD;q=0.001", CODING_ZSTD},
        {"zstd;q=0", CODING_IDENTITY},
        {"gzip, zstd", CODING_ZSTD},
        {"zstd, gzip", CODING_ZSTD},
        {"zstd;q=0.5, gzip;q=0.5", CODING_ZSTD},
        {"zstd;q=0.5, gzip;q=0.501", CODING_GZIP},
        {"zstd;q=0.502, gzip;q=0.501", CODING_ZSTD},
        {"zstd;q=0.5, gzip;q=0.4, identity;q=0.6", CODING_IDENTITY},
        {"zstd;q=0.5, gzip;q=0.4, identity;q=0.5", CODING_ZSTD},
        {"gzip, *", CODING_GZIP},
        {"gzip;q=0.5, *", CODING_ZSTD},
        {"gzip;q=0.5, *;q=0.4", CODING_GZIP},
        {"zstd;q=0.5, *", CODING_GZIP},
        {"zstd, *", CODING_ZSTD},
        {"zstd;q=0, *", CODING_GZIP},
        {"zstd;q=0, gzip;q=0, *", CODING_IDENTITY},
        {"zstd;q=0, gzip;q=0, *;q=0", CODING_NONE},
        {"zstd;q=0, gzip;q=0, identity;q=0", CODING_NONE},
        {"identity;q=0, zstd", CODING_ZSTD_ALONE},
        {"*;q=0, zstd;q=0.1", CODING_ZSTD_ALONE},
        {"*;q=0, zstd;q=0.1, gzip;q=0.2", CODING_GZIP_ALONE},
        {"zstd;q=2", CODING_IDENTITY},
        {"zstandard", CODING_IDENTITY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (negotiate_coding(rows[i].accept_encoding) != rows[i].wanted) {
            fail_msg("Accept-Encoding: %s", rows[i].accept_encoding != NULL ? rows[i].accept_encoding : "(none)");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_lines), cmocka_unit_test(test_two_representations),
        cmocka_unit_test(test_one_representation),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_codings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
