/*
 * Lines of exports: the golden export, which was made by another program, is read; a line that says the same in another way
 * is not.
 */
#include "rules/export/read.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lines.h"
#include "base/text.h"

static struct arena arena;

static enum status read_line(const char *text, struct export_line *line)
{
    return export_line_read(line, text, strlen(text), &arena);
}

static void test_golden(void **state)
{
    (void)state;
    size_t counts[EXPORT_LINE_END + 1] = { 0 };
    uint64_t seq = 0;
    struct lines lines;
    const char *text = NULL;
    size_t length = 0;
    bool is_whole = false;
    int fd = open("tests/golden/ledger/export.ndjson", O_RDONLY);
    assert_true(fd >= 0);
    lines_init(&lines, fd, EXPORT_LINE_BYTES_MAX);
    while (lines_look(&lines, &text, &length, &is_whole) == STATUS_OK) {
        struct export_line line;
        assert_true(is_whole);
        assert_int_equal(export_line_read(&line, text, length, &arena), STATUS_OK);
        counts[line.kind]++;
        if (line.kind == EXPORT_LINE_ENTRY) {
            assert_int_equal(line.seq, ++seq);
            assert_true((line.body != NULL) == (seq == 5));
            assert_memory_equal(line.bytes, "tallystick/entry/v1\n", 20);
        } else if (line.kind == EXPORT_LINE_TEXT && line.seq == 2) {
            assert_string_equal(line.text, "\xe9\x80\x81\xe5\x88\xb0\xe5\x90\x8e\xe9\x97\xa8 \xe2\x80\x93 \"call\" first\n\t\\ \x01\x1f\x7f");
            assert_string_equal(line.pointer, "/note");
        } else if (line.kind == EXPORT_LINE_TEXT && line.seq == 4) {
            assert_null(line.text);
            assert_null(line.salt);
        }
        lines_take(&lines);
    }
    static const size_t wanted[] = { 1, 4, 8, 3, 7, 1 };
    assert_memory_equal(counts, wanted, sizeof wanted);
    lines_fini(&lines);
    close(fd);
}

#define END "{\"type\":\"end\",\"seq\":7,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}"
#define TEXT(VALUE) "{\"type\":\"checkpoint\",\"height\":1,\"size\":2,\"note\":\"" VALUE "\"}"

static void test_taken(void **state)
{
    (void)state;
    struct export_line line;
    assert_int_equal(read_line(END, &line), STATUS_OK);
    assert_int_equal(line.kind, EXPORT_LINE_END);
    assert_int_equal(line.seq, 7);
    assert_int_equal(line.hash[31], 0xff);
    assert_int_equal(read_line("{\"type\":\"header\",\"format\":\"tallystick-export\",\"version\":1,\"origin\":\"a\\\"b\","
                          "\"after\":9007199254740991,\"texts\":true}", &line), STATUS_OK);
    assert_string_equal(line.origin, "a\"b");
    assert_true(line.seq == 9007199254740991 && line.with_texts);
    assert_int_equal(read_line(TEXT("\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f \xc3\xa9"), &line), STATUS_OK);
    assert_string_equal(line.note, "\b\f\n\r\t\"\\/\x01\x1f \xc3\xa9");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "", "{", "{}", "null", "[]", " " END, END " ", END "}", "{\"type\":\"ending\"}", "{\"type\":\"end\"}",
        "{\"type\":\"end\",\"seq\":07,\"hash\":\"\"}", "{\"type\":\"end\",\"seq\":7,\"hash\":\"0\"}",
        "{\"seq\":7,\"type\":\"end\",\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}",
        "{\"type\":\"end\",\"seq\":7,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eFF\"}",
        "{\"type\":\"end\",\"seq\":7,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1effff\"}",
        "{\"type\":\"end\",\"seq\":-7,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}",
        "{\"type\":\"end\",\"seq\":,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}",
        "{\"type\":\"end\",\"seq\":9007199254740992,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}",
        "{\"type\":\"end\",\"seq\":99999999999999999999,\"hash\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}",
        TEXT("\\/"), TEXT("\\u0009"), TEXT("\\u000A"), TEXT("\\u001F"), TEXT("\\u0041"), TEXT("\\u0000"), TEXT("\\u00e9"), TEXT("\t"),
        TEXT("\\x"), TEXT("\\"), TEXT("\\\\\\"), TEXT("\xff"), TEXT("\xc3"), TEXT("\xed\xa0\x80"), TEXT("\"\""),
        "{\"type\":\"text\",\"seq\":1,\"pointer\":\"/a\",\"commitment\":\"b\",\"salt\":null,\"text\":\"c\"}",
        "{\"type\":\"header\",\"format\":\"tallystick-export\",\"version\":2,\"origin\":\"a\",\"after\":0,\"texts\":true}",
        "{\"type\":\"header\",\"format\":\"tallystick-export\",\"version\":1,\"origin\":\"a\",\"after\":0,\"texts\":1}",
    };
    struct export_line line = { .seq = 4711 };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (read_line(refused[i], &line) != STATUS_INVALID) {
            fail_msg("taken: %s", refused[i]);
        }
        assert_int_equal(line.seq, 4711);
    }
    assert_int_equal(export_line_read(&line, END "\0", sizeof END, &arena), STATUS_INVALID);
    for (size_t length = 0; length < sizeof END - 1; length++) { /* every beginning of one; nothing is read behind it */
        char *cut = malloc(length + 1);
        assert_non_null(cut);
        memcpy(cut, END, length);
        assert_int_equal(export_line_read(&line, cut, length, &arena), STATUS_INVALID);
        free(cut);
    }
}

/* Base64 has one way to be written, too. */
static void test_base64(void **state)
{
    (void)state;
    static const char front[] = "{\"type\":\"entry\",\"seq\":1,\"hash\":\"%064d\",\"key\":\"k\",\"seal\":\"%0128d\",\"bytes\":\"%s\",\"body\":%s}";
    static const struct { const char *bytes, *body; size_t length, body_length; bool is_taken; } cases[] = {
        { "", "null", 0, 0, true },       { "YQ==", "null", 1, 0, true },    { "YWI=", "\"YWJj\"", 2, 3, true }, { "+/+/", "null", 3, 0, true },
        { "YR==", "null", 0, 0, false },  { "YWJ=", "null", 0, 0, false },   { "YQ=", "null", 0, 0, false },     { "YQ", "null", 0, 0, false },
        { "Y===", "null", 0, 0, false },  { "-_-_", "null", 0, 0, false },   { "YW I=", "null", 0, 0, false },   { "YQ==YQ==", "null", 0, 0, false },
        { "YWJj", "nul", 0, 0, false },   { "YWJj", "\"YQ\"", 0, 0, false },
    };
    char text[600];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct export_line line;
        snprintf(text, sizeof text, front, 0, 0, cases[i].bytes, cases[i].body);
        enum status status = read_line(text, &line);
        if ((status == STATUS_OK) != cases[i].is_taken) {
            fail_msg("%s: %s", text, status_name(status));
        }
        if (status == STATUS_OK) {
            assert_int_equal(line.bytes_length, cases[i].length);
            assert_int_equal(line.body_length, cases[i].body_length);
            assert_true((line.body == NULL) == (strcmp(cases[i].body, "null") == 0));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_taken), cmocka_unit_test(test_refused), cmocka_unit_test(test_base64),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
