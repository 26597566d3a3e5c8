/*
 * The framing guard on headers as libmicrohttpd hands them over (header.h).
 */
#include "server/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/server/header.h"

static const char *look(struct framing *framing)
{
    framing_check(framing, &connection, connection.method, connection.target, strlen(connection.target), connection.version);
    assert_true((framing->code == NULL) == (framing->detail == NULL));
    return framing->code != NULL ? framing->code : "sound";
}

/* What is found in a request with these lines behind its first. */
static const char *check(const char *first, const char *lines, struct framing *framing)
{
    char raw[32768];
    int length = snprintf(raw, sizeof raw, "%s\r\n%s\r\n", first, lines);
    assert_true(receive(raw, (size_t)length));
    return look(framing);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const char get[] = "GET /a HTTP/1.1", bad[] = "malformed_request";
    const struct {
        const char *first, *lines, *code;
    } rows[] = {
        {get, "Host: a\r\n", "sound"},
        {get, "", bad},
        {"GET /a HTTP/1.0", "", "sound"},
        {get, "Host:\r\n", bad},
        {get, "Host: a b\r\n", bad},
        {get, "Host: a/b\r\n", bad},
        {get, "Host: user@a\r\n", bad},
        {get, "Host: [::1]:80\r\n", "sound"},
        {get, "Host: a\r\nhost: a\r\n", bad},
        {get, "Host: a\r\nHost: b\r\n", bad},
        {get, "Host: a\r\nContent-Length: 0\r\n", "sound"},
        {get, "Host: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n", bad},
        {get, "Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n", bad},
        {get, "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", bad},
        {get, "Host: a\r\nTransfer-Encoding: Chunked\r\n", "sound"},
        {get, "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", "transfer_coding_unknown"},
        {get, "Host: a\r\nTransfer-Encoding: identity\r\n", "transfer_coding_unknown"},
        {get, "Host: a\r\nTransfer-Encoding:\r\n", "transfer_coding_unknown"},
        {"GET /a HTTP/1.0", "Transfer-Encoding: chunked\r\n", bad},
        {get, "Host: a\r\nExpect: 100-Continue\r\n", "sound"},
        {get, "Host: a\r\nExpect: a-miracle\r\n", "expectation_unknown"},
        {get, "Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n", bad},
        {get, "Host: a\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n", bad},
        {get, "Host: a\r\nOrigin: http://a\r\nOrigin: http://b\r\n", bad},
        {get, "Host: a\r\nAccept: a/b\r\nAccept: c/d\r\n", "sound"},
        {get, "Host: a\r\nX y: 1\r\n", bad},
        {get, "Host: a\r\nX\ty: 1\r\n", bad},
        {get, "Host: a\r\nX : 1\r\n", bad},
        {get, "Host: a\r\n: 1\r\n", bad},
        {get, "Host: a\r\n(x): 1\r\n", bad},
        {get, "Host: a\r\nX: 1\x01\r\n", bad},
        {get, "Host: a\r\nX: 1\x7f\r\n", bad},
        {get, "Host: a\r\nX: 1\n2\r\n", bad},
        {get, "Host: a\r\nX: 1\r2\r\n", bad},
        {get, "Host: a\r\nX: 1\t2\r\n", "sound"},
        {get, "Host: a\r\nX: \xe6\xb9\x96\r\n", "sound"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct framing framing;
        const char *code = check(rows[i].first, rows[i].lines, &framing);
        if (strcmp(code, rows[i].code) != 0) {
            fail_msg("%s, %s is %s and not %s", rows[i].first, rows[i].lines, code, rows[i].code);
        }
    }
}

static void test_what_is_kept(void **state)
{
    (void)state;
    struct framing framing;
    assert_string_equal(check("POST /a HTTP/1.1", "HOST: a:80 \t\r\ncontent-type:text/csv\r\nContent-Encoding: gzip\r\n"
                              "Authorization:  Bearer t  \r\nAccept: a/b\r\nIf-None-Match: \"1\"\r\nOrigin: null\r\n"
                              "Content-Length: 18446744073709551615\r\nExpect: 100-continue\r\n", &framing), "sound");
    assert_string_equal(framing.host, "a:80");
    assert_string_equal(framing.content_type, "text/csv");
    assert_string_equal(framing.content_encoding, "gzip");
    assert_string_equal(framing.authorization, "Bearer t");
    assert_string_equal(framing.accept, "a/b");
    assert_string_equal(framing.if_none_match, "\"1\"");
    assert_string_equal(framing.origin, "null");
    assert_true(framing.expects_continue && framing.has_body && !framing.is_chunked && !framing.has_repeats);
    assert_true(framing.length == UINT64_MAX);

    assert_string_equal(check("GET /a HTTP/1.1", "Host: a\r\nIf-None-Match: \"1\"\r\nIf-None-Match: \"2\"\r\n", &framing), "sound");
    assert_true(framing.has_repeats && !framing.has_body);
    assert_string_equal(framing.if_none_match, "\"1\"");
    assert_null(framing.authorization);

    assert_string_equal(check("POST /a HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n", &framing), "sound");
    assert_true(framing.is_chunked && framing.has_body);
    assert_true(framing.length == 0);
}

/* Lengths and codings are left as the library has read them: what it takes for unknown is not made known here. */
static void test_blanks_behind_lengths_stay(void **state)
{
    (void)state;
    struct framing framing;
    assert_string_equal(check("POST /a HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked \r\n", &framing), "transfer_coding_unknown");
}

/* What hides from the library's fields shows in the distances between them. */
static void test_gaps(void **state)
{
    (void)state;
    struct framing framing;
    static const char nul[] = "GET /a HTTP/1.1\r\nHost: a\r\nX: 1\0Y: 2\r\n\r\n";
    assert_true(receive(nul, sizeof nul - 1));
    connection.fields[1].value_length = strlen(connection.fields[1].value); /* a library that stops at the NUL */
    assert_string_equal(look(&framing), "malformed_request");

    check("GET /a HTTP/1.1", "Host: a\r\nX: 1\r\n", &framing);
    assert_true(receive("GET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n", 40));
    connection.fields[1] = connection.fields[2]; /* a line that was taken for part of another */
    connection.field_count = 2;
    assert_string_equal(look(&framing), "malformed_request");

    assert_true(receive("GET  /a HTTP/1.1\r\nHost: a\r\n\r\n", 29));
    connection.target++; /* the library passes over blanks */
    assert_string_equal(look(&framing), "malformed_request");

    assert_true(receive("GET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\n", 30)); /* more in the header than its fields are */
    assert_string_equal(look(&framing), "malformed_request");

    library_version = "1.0.1"; /* its fields may lie anywhere; it refuses these itself */
    assert_string_equal(look(&framing), "sound");
    library_version = "0.9.75";
}

static void test_traces(void **state)
{
    (void)state;
    static const struct {
        const char *value, *trace;
    } rows[] = {
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-new", "4bf92f3577b34da6a3ce929d0e0e4736"},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g", ""},
        {"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01", ""},
        {"0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ""},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011", ""},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", ""},
        {"00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""},
        {NULL, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char trace[FRAMING_TRACE_BYTES] = "?";
        framing_trace(rows[i].value, trace);
        assert_string_equal(trace, rows[i].trace);
    }
    struct framing framing;
    assert_string_equal(check("GET /a HTTP/1.1", "Host: a\r\nTraceParent: x\r\nTraceParent: y\r\n", &framing), "sound");
}

static void test_sizes(void **state)
{
    (void)state;
    static char lines[30000], first[10000];
    struct framing framing;
    for (unsigned count = 99; count <= 101; count++) { /* with Host: 100 to 102 */
        size_t used = (size_t)snprintf(lines, sizeof lines, "Host: a\r\n");
        for (unsigned i = 0; i < count; i++) {
            used += (size_t)snprintf(lines + used, sizeof lines - used, "X: 1\r\n");
        }
        assert_string_equal(check("GET /a HTTP/1.1", lines, &framing), count + 1 <= LIMIT_HEADERS ? "sound" : "header_too_large");
    }
    for (int more = 0; more < 2; more++) {
        snprintf(first, sizeof first, "GET /%0*d HTTP/1.1", LIMIT_TARGET_BYTES - 1 + more, 0);
        assert_string_equal(check(first, "Host: a\r\n", &framing), more ? "target_too_long" : "sound");
        int room = (int)(FRAMING_HEADER_BYTES_MAX + LIMIT_TARGET_BYTES - strlen("GET /a HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"));
        snprintf(lines, sizeof lines, "Host: a\r\nX: %0*d\r\n", room + more, 0);
        assert_string_equal(check("GET /a HTTP/1.1", lines, &framing), more ? "header_too_large" : "sound");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_blanks_behind_lengths_stay), cmocka_unit_test(test_gaps), cmocka_unit_test(test_sizes), cmocka_unit_test(test_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
