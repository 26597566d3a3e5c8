/*
 * The framing guard over bytes as they come: what it lets pass, what it refuses, and what it hands on instead.
 */
#include "server/wire/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 128 * 1024 };

struct result {
    char out[ROOM];
    size_t length;
    struct guard guard;
};

/* Feeds the bytes in pieces of a size, as the intake does. */
static void feed(struct result *result, const char *bytes, size_t length, size_t piece)
{
    guard_init(&result->guard);
    result->length = 0;
    for (size_t at = 0; at < length; at += piece) {
        size_t count = length - at < piece ? length - at : piece;
        assert_true(result->length + count < ROOM);
        memcpy(result->out + result->length, bytes + at, count);
        result->length += guard_feed(&result->guard, result->out + result->length, count);
    }
    char last[1];
    while (guard_has_ended(&result->guard) && guard_take(&result->guard, last, 1) == 1) {
        result->out[result->length++] = last[0];
    }
    result->out[result->length] = 0;
}

static const char *code_of(const struct result *result)
{
    return result->guard.fault.code != NULL ? result->guard.fault.code : "sound";
}

/* In one piece and byte by byte: the code, and what is handed on. */
static void expect(const char *bytes, size_t length, const char *code, const char *out)
{
    static struct result whole, single;
    feed(&whole, bytes, length, length);
    feed(&single, bytes, length, 1);
    if (strcmp(code_of(&whole), code) != 0) {
        fail_msg("%s: is %s (%s) and not %s", bytes, code_of(&whole), whole.guard.fault.detail, code);
    }
    assert_string_equal(code_of(&single), code);
    assert_int_equal(whole.length, single.length);
    assert_memory_equal(whole.out, single.out, whole.length);
    assert_int_equal(whole.guard.requests, single.guard.requests);
    if (out != NULL && strcmp(whole.out, out) != 0) {
        fail_msg("%s: gives %s and not %s", bytes, whole.out, out);
    }
}

#define EXPECT(BYTES, CODE, OUT) expect(BYTES, sizeof(BYTES) - 1, CODE, OUT)
#define SOUND(BYTES) expect(BYTES, sizeof(BYTES) - 1, "sound", BYTES)
#define BAD "malformed_request"
#define END "\r\n\r\n"

static void test_request_lines(void **state)
{
    (void)state;
    SOUND("GET /a HTTP/1.1" END);
    SOUND("GET /a HTTP/1.0" END);
    SOUND("GET /a?b=%00\xc3\xa4#x HTTP/1.1" END); /* target.c's to judge */
    SOUND("get * HTTP/1.1" END "POST /b HTTP/1.1" END);
    SOUND("GET /a HT");
    EXPECT("GET /a HTTP/1.9" END, "sound", "GET /a HTTP/1.1" END);
    EXPECT("\r\n\r\nGET /a HTTP/1.1" END "\r\nGET /b HTTP/1.1" END, "sound", "GET /a HTTP/1.1" END "GET /b HTTP/1.1" END);
    EXPECT("\r\n\r\n\r\n\r\n\r\nGET /a HTTP/1.1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("\nGET /a HTTP/1.1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("\rGET /a HTTP/1.1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("\0\xff" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("\x16\x03\x01\x02", BAD, "GET / HTTP/1.1" END);
    EXPECT(" GET /a HTTP/1.1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("GET" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("G(T / HTTP/1.1" END, BAD, "G / HTTP/1.1" END);
    EXPECT("GET\t/a HTTP/1.1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("GET  /a HTTP/1.1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("GET /a  HTTP/1.1" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a b HTTP/1.1" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a\0b HTTP/1.1" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/1.1 " END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/1.1\n\n", BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/1.1\rX" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/1.10" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a http/1.1" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/1,1" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/ 1.1" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/1.x" END, BAD, "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/2.0" END, "version_unknown", "GET /a HTTP/1.1" END);
    EXPECT("GET /a HTTP/0.9" END, "version_unknown", "GET /a HTTP/1.1" END);
    EXPECT("PRI * HTTP/2.0" END "SM" END, "version_unknown", "PRI * HTTP/1.1" END);
}

static void test_headers(void **state)
{
    (void)state;
    SOUND("GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \tb\xe6\xb9\x96 c \r\n!#$%&'*+-.^_`|~9z: 1" END);
    EXPECT("GET / HTTP/1.1\r\nCookie: a=b; c=d" END, "sound", "GET / HTTP/1.1\r\nCooki-: a=b; c=d" END);
    EXPECT("GET / HTTP/1.1\r\nX" END, BAD, "GET / HTTP/1.1\r\nX-:" END);
    EXPECT("GET / HTTP/1.1\r\nno colon" END, BAD, "GET / HTTP/1.1\r\nno-:" END);
    EXPECT("GET / HTTP/1.1\r\n: 1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("GET / HTTP/1.1\r\nX : 1" END, BAD, "GET / HTTP/1.1\r\nX-:" END);
    EXPECT("GET / HTTP/1.1\r\n X: 1" END, BAD, "GET / HTTP/1.1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\r\n 2" END, BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\r\n\t2" END, BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\n\r\n", BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\rY" END, BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\0" END, BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\x7f" END, BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\r\n\n", BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nX: 1\r\n\rY", BAD, "GET / HTTP/1.1\r\nX: 1" END);
    EXPECT("GET / HTTP/1.1\r\nContent-Length", "sound", NULL);
}

static void test_lengths(void **state)
{
    (void)state;
#define WITH "POST / HTTP/1.1\r\n"
    SOUND(WITH "Content-Length:0" END "GET / HTTP/1.1" END);
    SOUND(WITH "CONTENT-length:3" END "a\0cGET / HTTP/1.1" END);
    SOUND(WITH "X-Content-Length: x" END);
    SOUND(WITH "Content-Length:0003" END "abc");
    SOUND(WITH "Content-Length:9223372036854775799" END "abc");
    EXPECT(WITH "Content-Length: \t 3 \t" END "abc", "sound", WITH "Content-Length:3" END "abc");
    EXPECT(WITH "Content-Length:" END, BAD, WITH "Content-Length:0" END);
    EXPECT(WITH "Content-Length: x" END, BAD, WITH "Content-Length:0" END);
    EXPECT(WITH "Content-Length: +2" END, BAD, WITH "Content-Length:0" END);
    EXPECT(WITH "Content-Length: -2" END, BAD, WITH "Content-Length:0" END);
    EXPECT(WITH "Content-Length: 0x2" END, BAD, WITH "Content-Length:0" END);
    EXPECT(WITH "Content-Length: 2, 2" END, BAD, WITH "Content-Length:2" END);
    EXPECT(WITH "Content-Length: 2 2" END, BAD, WITH "Content-Length:2" END);
    EXPECT(WITH "Content-Length: 2.0" END, BAD, WITH "Content-Length:2" END);
    EXPECT(WITH "Content-Length: 2\n\r\n", BAD, WITH "Content-Length:2" END);
    EXPECT(WITH "Content-Length: 99999999999999999999" END, "payload_too_large", WITH "Content-Length:999999999999999999" END);
    EXPECT(WITH "Content-Length: 2\r\nContent-Length: 2" END "ab", BAD, WITH "Content-Length:2\r\nContent-Length-:" END);
    EXPECT(WITH "Content-Length: 2\r\nTransfer-Encoding: chunked" END, BAD, WITH "Content-Length:2\r\nTransfer-Encoding-:" END);
    EXPECT(WITH "Transfer-Encoding: chunked\r\ncontent-length: 2" END, BAD, WITH "Transfer-Encoding:chunked\r\ncontent-length-:" END);
    EXPECT(WITH "Transfer-Encoding: gzip" END "x", "transfer_coding_unknown", WITH "Transfer-Encoding:gzip" END);
    EXPECT(WITH "Transfer-Encoding:" END, "transfer_coding_unknown", NULL);
    EXPECT(WITH "Transfer-Encoding: gzip, chunked" END, "transfer_coding_unknown", NULL);
    EXPECT(WITH "Transfer-Encoding: chunked, chunked" END, "transfer_coding_unknown", NULL);
    EXPECT(WITH "Transfer-Encoding: chun ked" END, "transfer_coding_unknown", NULL);
    EXPECT(WITH "Transfer-Encoding: xchunked" END, "transfer_coding_unknown", NULL);
    EXPECT(WITH "Transfer-Encoding: chunkedx" END, "transfer_coding_unknown", NULL);
    EXPECT(WITH "Transfer-Encoding: \x0b" "chunked" END, BAD, NULL);
    EXPECT(WITH "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked" END, BAD, NULL);
    EXPECT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked" END, BAD, "POST / HTTP/1.0\r\nTransfer-Encoding-:" END);
}

static void test_chunks(void **state)
{
    (void)state;
#define CHUNKED WITH "Transfer-Encoding:chunked" END
    SOUND(CHUNKED "0" END "GET / HTTP/1.1" END);
    SOUND(CHUNKED "5\r\nhello\r\nB\r\n0\r\n\r\n\r\n\r\nab\r\n0" END "GET / HTTP/1.1" END);
    SOUND(CHUNKED "0000000000000002\r\nab\r\n000" END);
    EXPECT(WITH "Transfer-Encoding: Chunked \t" END "0" END, "sound", WITH "Transfer-Encoding:Chunked" END "0" END);
    EXPECT(CHUNKED "2;a\r\nab\r\n0;b=c ; d = \"e;\\\"\xff\" \t; f\r\n\r\n", "sound", CHUNKED "2\r\nab\r\n0" END);
    EXPECT(CHUNKED "2 ;a\r\nab\r\n0\r\nX: 1\r\nContent-Length: 5\r\n\r\n", "sound", CHUNKED "2\r\nab\r\n0" END);
    EXPECT(CHUNKED "2\n{}\n0\n\n", BAD, CHUNKED "2\r\nx");
    EXPECT(CHUNKED "2\r\n{}\n0\r\n\r\n", BAD, CHUNKED "2\r\n{}\r\n0" END);
    EXPECT(CHUNKED "2\r\n{}\r0\r\n\r\n", BAD, CHUNKED "2\r\n{}\r\n0" END);
    EXPECT(CHUNKED "2\r\n{}}\r\n0\r\n\r\n", BAD, CHUNKED "2\r\n{}\r\n0" END);
    EXPECT(CHUNKED "0\n\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "0\r\n\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "-2\r\n{}\r\n0" END, BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "+2\r\n{}\r\n0" END, BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "0x2\r\n{}\r\n0" END, BAD, CHUNKED "0" END);
    EXPECT(CHUNKED " 2\r\n{}\r\n0" END, BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "2 \r\n{}\r\n0" END, BAD, CHUNKED "2\r\nx");
    EXPECT(CHUNKED "\r\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "g\r\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "00000000000000002\r\n{}\r\n0" END, BAD, CHUNKED "0000000000000000" END);
    EXPECT(CHUNKED "8000000000000000\r\n{}", "payload_too_large", NULL);
    EXPECT(CHUNKED "fffffffffffffffff\r\n{}", "payload_too_large", NULL);
    EXPECT(CHUNKED "2;\r\n{}\r\n0" END, BAD, CHUNKED "2\r\nx");
    EXPECT(CHUNKED "2;a\rb\r\n{}\r\n0" END, BAD, CHUNKED "2\r\nx");
    EXPECT(CHUNKED "2;a\n{}\r\n0" END, BAD, CHUNKED "2\r\nx");
    EXPECT(CHUNKED "2;a b\r\n{}\r\n0" END, BAD, NULL);
    EXPECT(CHUNKED "2;a=\r\n{}\r\n0" END, BAD, NULL);
    EXPECT(CHUNKED "2;a=\"b\r\n{}\r\n0" END, BAD, NULL);
    EXPECT(CHUNKED "2;a=\"b\"c\r\n{}\r\n0" END, BAD, NULL);
    EXPECT(CHUNKED "2;a=b=c\r\n{}\r\n0" END, BAD, NULL);
    EXPECT(CHUNKED "0\r\nX: 1\r\n 2\r\n\r\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "0\r\nX 1\r\n\r\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "0\r\nX: 1\n\r\n", BAD, CHUNKED "0" END);
    EXPECT(CHUNKED "0\r\nX: 1\0\r\n\r\n", BAD, CHUNKED "0" END);
}

/* A text of count bytes c between two others. */
static const char *around(const char *before, int c, size_t count, const char *after, size_t *length)
{
    static char text[ROOM];
    *length = strlen(before) + count + strlen(after);
    assert_true(*length < sizeof text);
    memcpy(text, before, strlen(before));
    memset(text + strlen(before), c, count);
    memcpy(text + strlen(before) + count, after, strlen(after) + 1);
    return text;
}

static void test_sizes(void **state)
{
    (void)state;
    size_t length = 0;
    const size_t header = GUARD_HEADER_BYTES_MAX - strlen("X: " END);
    for (size_t more = 0; more < 2; more++) {
        const char *text = around("GET /", 'a', LIMIT_TARGET_BYTES - 1 + more, " HTTP/1.1\r\nAccept-Language: zh" END, &length);
        expect(text, length, more ? "target_too_long" : "sound", NULL);
        text = around("GET / HTTP/1.1\r\nX: ", 'a', header + more, END, &length);
        expect(text, length, more ? "header_too_large" : "sound", NULL);
        text = around("", 'G', GUARD_METHOD_BYTES_MAX + more, " / HTTP/1.1" END, &length);
        expect(text, length, more ? "not_implemented" : "sound", NULL);
        text = around(CHUNKED "2;", 'a', CHUNK_EXTENSION_BYTES_MAX - 1 + more, "\r\nab\r\n0" END, &length);
        expect(text, length, more ? BAD : "sound", NULL);
        text = around(CHUNKED "0\r\nX: ", 'a', header + more, END, &length);
        expect(text, length, more ? "header_too_large" : "sound", NULL);
    }
    const char *text = around("GET /", 'a', LIMIT_TARGET_BYTES, " HTTP/1.1\r\nAccept-Language: zh" END, &length);
    static struct result result;
    feed(&result, text, length, 1000);
    assert_true(strstr(result.out, "a HTTP/1.1\r\nAccept-Language: zh" END) != NULL); /* the refusal can be in Chinese */
    assert_int_equal(result.length, length - 1);
    text = around("GET /", 'a', 100000, "", &length);
    expect(text, length, "target_too_long", NULL); /* it need not end for that */
    for (unsigned count = LIMIT_HEADERS; count <= LIMIT_HEADERS + 1; count++) {
        for (int is_trailer = 0; is_trailer < 2; is_trailer++) {
            static char fields[ROOM];
            size_t used = (size_t)snprintf(fields, sizeof fields, "%s", is_trailer ? CHUNKED "0\r\n" : "GET / HTTP/1.1\r\n");
            for (unsigned i = 0; i < count; i++) {
                used += (size_t)snprintf(fields + used, sizeof fields - used, "X: 1\r\n");
            }
            used += (size_t)snprintf(fields + used, sizeof fields - used, "\r\n");
            expect(fields, used, count <= LIMIT_HEADERS ? "sound" : "header_too_large", NULL);
        }
    }
}

/* Which request a fault is of; what comes behind it is nothing. */
static void test_pipelines(void **state)
{
    (void)state;
    static struct result result;
    static const char bytes[] = "GET /1 HTTP/1.1" END "POST /2 HTTP/1.1\r\nContent-Length: 2" END "{}GET /3 HTTP/9.9" END "GET /4 HTTP/1.1" END;
    feed(&result, bytes, sizeof bytes - 1, 7);
    assert_int_equal(result.guard.requests, 3);
    assert_string_equal(code_of(&result), "version_unknown");
    assert_string_equal(result.out, "GET /1 HTTP/1.1" END "POST /2 HTTP/1.1\r\nContent-Length:2" END "{}GET /3 HTTP/1.1" END);
    assert_true(result.guard.has_target);
}

/* Whoever takes too long is refused wherever it stands, and what was handed on becomes something that the library takes. */
static void test_refusing_from_outside(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *out;
    } rows[] = {
        {"G", "G / HTTP/1.1" END}, {"GET ", "GET / HTTP/1.1" END}, {"GET /a", "GET /a HTTP/1.1" END},
        {"GET /a ", "GET /a HTTP/1.1" END}, {"GET /a HTTP/", "GET /a HTTP/1.1" END}, {"GET /a HTTP/1.0", "GET /a HTTP/1.0" END},
        {"GET /a HTTP/1.1\r", "GET /a HTTP/1.1" END}, {"GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1" END},
        {"GET /a HTTP/1.1\r\nX", "GET /a HTTP/1.1\r\nX-:" END}, {"GET /a HTTP/1.1\r\nX:", "GET /a HTTP/1.1\r\nX:" END},
        {"GET /a HTTP/1.1\r\nX: b\r", "GET /a HTTP/1.1\r\nX: b" END}, {"GET /a HTTP/1.1\r\nX: b\r\n\r", "GET /a HTTP/1.1\r\nX: b" END},
        {WITH "Content-Length:", WITH "Content-Length:0" END}, {WITH "Content-Length:2", WITH "Content-Length:2" END},
        {WITH "Content-Length:2" END "a", WITH "Content-Length:2" END "ax"},
        {WITH "Transfer-Encoding:chu", WITH "Transfer-Encoding:chu" END},
        {CHUNKED, CHUNKED "0" END}, {CHUNKED "2", CHUNKED "2\r\nx"}, {CHUNKED "2;a=", CHUNKED "2\r\nx"}, {CHUNKED "0", CHUNKED "0" END},
        {CHUNKED "2\r", CHUNKED "2\r\nx"}, {CHUNKED "0\r", CHUNKED "0" END}, {CHUNKED "2\r\na", CHUNKED "2\r\nax"},
        {CHUNKED "2\r\nab", CHUNKED "2\r\nab\r\n0" END}, {CHUNKED "2\r\nab\r", CHUNKED "2\r\nab\r\n0" END},
        {CHUNKED "2\r\nab\r\n", CHUNKED "2\r\nab\r\n0" END}, {CHUNKED "0\r\n", CHUNKED "0" END}, {CHUNKED "0\r\nX: 1", CHUNKED "0" END},
        {CHUNKED "0\r\n\r", CHUNKED "0" END},
        {"", ""}, {"\r", ""}, {"GET / HTTP/1.1" END, "GET / HTTP/1.1" END}, /* between requests nothing is refused */
    };
    static struct result result;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        feed(&result, rows[i].bytes, strlen(rows[i].bytes), 5);
        bool is_amid = guard_is_amid(&result.guard);
        guard_refuse(&result.guard, "request_timeout", "Too late.");
        result.length += guard_take(&result.guard, result.out + result.length, 100);
        result.out[result.length] = 0;
        assert_string_equal(result.out, rows[i].out);
        assert_string_equal(code_of(&result), is_amid ? "request_timeout" : "sound");
        assert_true(guard_has_ended(&result.guard) == is_amid && !guard_is_amid(&result.guard));
        char more[] = "GET /more HTTP/1.1" END;
        assert_int_equal(guard_feed(&result.guard, more, strlen(more)), is_amid || i == sizeof rows / sizeof rows[0] - 2 ? 0 : strlen(more));
    }
}

/* Who is over a limit is refused even where it has said nothing. */
static void test_refusing_what_has_not_begun(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *out;
        uint32_t requests;
    } rows[] = {
        {"", "GET / HTTP/1.1" END, 1}, {"\r", "GET / HTTP/1.1" END, 1}, {"GET /a", "GET /a HTTP/1.1" END, 1},
        {"GET /a HTTP/1.1" END, "GET /a HTTP/1.1" END "GET / HTTP/1.1" END, 2},
    };
    static struct result result;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        feed(&result, rows[i].bytes, strlen(rows[i].bytes), 100);
        guard_refuse_next(&result.guard, "busy", "Full.");
        guard_refuse_next(&result.guard, "request_timeout", "Late.");
        result.length += guard_take(&result.guard, result.out + result.length, 100);
        result.out[result.length] = 0;
        assert_string_equal(result.out, rows[i].out);
        assert_string_equal(code_of(&result), "busy");
        assert_int_equal(result.guard.requests, rows[i].requests);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines), cmocka_unit_test(test_headers), cmocka_unit_test(test_lengths), cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_sizes), cmocka_unit_test(test_pipelines), cmocka_unit_test(test_refusing_from_outside),
        cmocka_unit_test(test_refusing_what_has_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
