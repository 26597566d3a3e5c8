/* The form of signed notes, whoever signs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/note.h"
#include "tests/unit/ledger/golden.h"

#define DASH "\xe2\x80\x94 "
#define LINE DASH "a.example AAAAAAA=\n" /* one byte behind the hash */

static enum status read_text(const char *text, struct note *note)
{
    return note_read(note, text, strlen(text));
}

static void test_parts(void **state)
{
    (void)state;
    struct note note;
    assert_int_equal(read_text("one\n\nthree\n\n" LINE DASH "\xe8\xaf\x81 AQIDBAUG\n", &note), STATUS_OK);
    assert_int_equal(note.text_length, 11); /* an empty line may stand in the text; the last one ends it */
    assert_int_equal(note.count, 2);
    assert_int_equal(note.lines[0].name_length, 9);
    assert_memory_equal(note.lines[1].name, "\xe8\xaf\x81", 3);
    uint8_t hash[NOTE_HASH_BYTES] = { 1, 2, 3, 4 }, signature[2];
    assert_true(note_line_is_of(&note.lines[1], "\xe8\xaf\x81", hash));
    assert_false(note_line_is_of(&note.lines[0], "\xe8\xaf\x81", hash));
    assert_false(note_line_is_of(&note.lines[1], "\xe8\xaf", hash));
    hash[3] = 5;
    assert_false(note_line_is_of(&note.lines[1], "\xe8\xaf\x81", hash));
    assert_int_equal(note_line_signature(&note.lines[1], signature, 2), STATUS_OK);
    assert_memory_equal(signature, "\5\6", 2);
    assert_int_equal(note_line_signature(&note.lines[1], signature, 1), STATUS_INVALID);
    assert_int_equal(note_line_signature(&note.lines[0], signature, 2), STATUS_INVALID);
    assert_int_equal(read_text("text\n\n", &note), STATUS_OK);
    assert_int_equal(note.count, 0);
}

static void test_bad_notes(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "\n", "text\n", "text", "text\n" LINE, "text\n\n" LINE "\n" DASH, "text\n\n" LINE "x", "text\n\nx\n",
        "te\rxt\n\n" LINE, "te\xffxt\n\n" LINE, "text\n\n-- a AAAAAAA=\n", "text\n\n" DASH "a\n", "text\n\n" DASH " AAAAAAA=\n",
        "text\n\n" DASH "a  AAAAAAA=\n", "text\n\n" DASH "a AAAAAA==\n", "text\n\n" DASH "a AAAAAAA\n", "text\n\n" DASH "a AAAA\n",
        "text\n\n" DASH "a AAAAAAA= \n", "text\n\n" DASH "a AAAAAAB=\n" /* bits beyond the bytes */, "text\n\n" DASH "a+b AAAAAAA=\n",
        "text\n\n" DASH "a AAAAAAA=AAAA\n", "text\n\n" DASH "a AAAAAAAAAA==AAAA\n", "text\n\n" DASH "a AAAA-AAA\n",
        "text\n\n" DASH "a\xe3\x80\x80 AAAAAAA=\n", "text\n\n" DASH "\xc2\xa0 AAAAAAA=\n", "text\n\n" DASH "\xe2\x80\x83" "b AAAAAAA=\n",
    };
    struct note note;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (read_text(bad[i], &note) != STATUS_INVALID) {
            fail_msg("taken: %zu", i);
        }
    }
}

static void test_written_is_read(void **state)
{
    (void)state;
    uint8_t signature[128], again[128], hash[NOTE_HASH_BYTES];
    struct note note;
    struct buffer out;
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] = (uint8_t)(i * 7);
    }
    buffer_init(&out);
    for (size_t length = 1; length <= sizeof signature; length++) {
        buffer_reset(&out);
        buffer_text(&out, "text\n\n");
        note_hash(hash, "name", "\1key", 4);
        note_line_write(&out, "name", hash, signature, length);
        assert_int_equal(note_read(&note, out.bytes, out.length), STATUS_OK);
        assert_true(note.count == 1 && note_line_is_of(&note.lines[0], "name", hash));
        assert_int_equal(note_line_signature(&note.lines[0], again, length), STATUS_OK);
        assert_memory_equal(again, signature, length);
    }
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bad_notes),
        cmocka_unit_test(test_written_is_read),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(golden_arena());
    return failed;
}
