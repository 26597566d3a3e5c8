/*
 * What is found in headers as libmicrohttpd hands them over (header.h). What the guard lets through: test_guard.c.
 */
#include "server/wire/framing.h"

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
    framing_check(framing, &connection, connection.version, NULL);
    assert_true((framing->fault.code == NULL) == (framing->fault.detail == NULL));
    return framing->fault.code != NULL ? framing->fault.code : "sound";
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
        {get, "Host: [::1\r\n", bad},
        {get, "Host: []\r\n", bad},
        {get, "Host: [::1]a\r\n", bad},
        {get, "Host: a:b\r\n", bad},
        {get, "Host: a:80:80\r\n", bad},
        {get, "Host: a:100000\r\n", bad},
        {get, "Host: :80\r\n", bad},
        {get, "Host: a%0d%0a\r\n", bad},
        {get, "Host: a]\r\n", bad},
        {get, "Host: a:\r\n", "sound"},
        {get, "Host: Relief_1.example-2.org:65535\r\n", "sound"},
        {get, "Host: [2001:db8::192.0.2.1]\r\n", "sound"},
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
static void test_a_host_from_elsewhere(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "user@a", "user:word@a", "a b", "a:b", "[::1", ":80", "a\r\nX: y", "a,b", "%41"};
    struct framing framing;
    char longest[FRAMING_HOST_BYTES + 1];
    check("GET http://b/a HTTP/1.1", "Host: a\r\n", &framing);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(framing_set_host(&framing, bad[i], strlen(bad[i])));
        assert_string_equal(framing.host, "a");
    }
    assert_true(framing_set_host(&framing, "b:80/rest", 4));
    assert_string_equal(framing.host, "b:80");
    memset(longest, 'a', sizeof longest);
    assert_true(framing_set_host(&framing, longest, FRAMING_HOST_BYTES - 1));
    assert_int_equal(strlen(framing.host), FRAMING_HOST_BYTES - 1);
    assert_false(framing_set_host(&framing, longest, FRAMING_HOST_BYTES));
}

static void test_blanks_behind_lengths_stay(void **state)
{
    (void)state;
    struct framing framing;
    assert_string_equal(check("POST /a HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked \r\n", &framing), "transfer_coding_unknown");
}

/* What the guard found comes before all that is found here. */
static void test_the_guards_fault(void **state)
{
    (void)state;
    struct framing framing;
    const struct guard_fault fault = {"target_too_long", "It is too long."};
    assert_string_equal(check("GET /a HTTP/1.1", "Host: a\r\nHost: b\r\nAccept-Encoding: gzip\r\n", &framing), "malformed_request");
    framing_check(&framing, &connection, connection.version, &fault);
    assert_string_equal(framing.fault.code, "target_too_long");
    assert_string_equal(framing.fault.detail, "It is too long.");
    assert_string_equal(framing.accept_encoding, "gzip");
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
        struct trace trace = {.id = "?", .parent = "?", .flags = 9};
        framing_trace(rows[i].value, &trace);
        assert_string_equal(trace.id, rows[i].trace);
        assert_string_equal(trace.parent, rows[i].trace[0] != 0 ? "00f067aa0ba902b7" : "");
        assert_true(trace.flags <= 3 && (rows[i].trace[0] != 0 || trace.flags == 0));
    }
    struct framing framing;
    assert_string_equal(check("GET /a HTTP/1.1", "Host: a\r\nTraceParent: x\r\nTraceParent: y\r\n", &framing), "sound");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_a_host_from_elsewhere),
        cmocka_unit_test(test_blanks_behind_lengths_stay), cmocka_unit_test(test_the_guards_fault), cmocka_unit_test(test_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
