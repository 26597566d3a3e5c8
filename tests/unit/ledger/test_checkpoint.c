/* Signed notes against the golden; the reader against bent ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/checkpoint.h"
#include "tests/unit/ledger/golden.h"

static const char golden_origin[] = "ledger.example/golden";

static struct checkpoint golden_checkpoint(void)
{
    struct checkpoint checkpoint = { .size = GOLDEN_ENTRIES };
    memcpy(checkpoint.origin, golden_origin, sizeof golden_origin);
    memcpy(checkpoint.root, golden_fixed("root4", DIGEST_BYTES), DIGEST_BYTES);
    return checkpoint;
}

static enum status read_note(const char *note, size_t length)
{
    struct checkpoint read;
    struct checkpoint untouched;
    memset(&read, 0xa5, sizeof read);
    memset(&untouched, 0xa5, sizeof untouched);
    char *copy = malloc(length + (length == 0)); /* exact size: a sanitizer sees an overrun */
    assert_non_null(copy);
    memcpy(copy, note, length);
    enum status status = checkpoint_read(&read, copy, length, golden_fixed("node.public", KEY_PUBLIC_BYTES));
    free(copy);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_INVALID);
        assert_memory_equal(&read, &untouched, sizeof read);
    } else {
        assert_string_equal(read.origin, golden_origin);
        assert_int_equal(read.size, GOLDEN_ENTRIES);
        assert_memory_equal(read.root, golden_fixed("root4", DIGEST_BYTES), DIGEST_BYTES);
    }
    return status;
}

static void test_golden_note(void **state)
{
    (void)state;
    struct key *key = golden_key();
    struct buffer out;
    size_t length = 0;
    struct checkpoint checkpoint = golden_checkpoint();
    const uint8_t *expected = golden_bytes("note.hex", &length);
    buffer_init(&out);
    buffer_text(&out, "before\n");
    checkpoint_write(&checkpoint, key, &out);
    assert_false(out.failed);
    assert_int_equal(out.length, 7 + length);
    assert_memory_equal(out.bytes + 7, expected, length);
    assert_int_equal(read_note(out.bytes + 7, length), STATUS_OK);
    buffer_fini(&out);
    key_free(key);
}

static void test_largest_note_fits_and_reads_back(void **state)
{
    (void)state;
    struct key *key = golden_key();
    struct checkpoint checkpoint = golden_checkpoint();
    struct checkpoint read;
    struct buffer out;
    memset(checkpoint.origin, 'x', CHECKPOINT_ORIGIN_BYTES - 1);
    checkpoint.origin[CHECKPOINT_ORIGIN_BYTES - 1] = 0;
    const uint64_t sizes[] = { 0, 1, UINT64_MAX };
    buffer_init(&out);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        checkpoint.size = sizes[i];
        buffer_reset(&out);
        checkpoint_write(&checkpoint, key, &out);
        assert_true(!out.failed && out.length <= CHECKPOINT_NOTE_BYTES_MAX);
        assert_int_equal(checkpoint_read(&read, out.bytes, out.length, key_public(key)), STATUS_OK);
        assert_memory_equal(&read, &checkpoint, sizeof read);
    }
    buffer_fini(&out);
    key_free(key);
}

static void test_origins(void **state)
{
    (void)state;
    char longest[CHECKPOINT_ORIGIN_BYTES + 1];
    memset(longest, 'x', sizeof longest);
    longest[CHECKPOINT_ORIGIN_BYTES] = 0;
    assert_false(checkpoint_origin_is_valid(longest));
    longest[CHECKPOINT_ORIGIN_BYTES - 1] = 0;
    assert_true(checkpoint_origin_is_valid(longest));
    assert_true(checkpoint_origin_is_valid("a"));
    assert_true(checkpoint_origin_is_valid("ledger.example/log-1"));
    const char *const bad[] = { "", " ", "a b", "a+b", "a\n", "a\tb", "\x7f", "\xc2\xa0", "a\xe3\x80\x80" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(checkpoint_origin_is_valid(bad[i]));
    }
}

static void test_every_changed_byte_and_truncation_is_refused(void **state)
{
    (void)state;
    size_t length = 0;
    const uint8_t *golden = golden_bytes("note.hex", &length);
    char *note = arena_copy(golden_arena(), (const char *)golden, length);
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(read_note(note, cut), STATUS_INVALID);
    }
    for (size_t i = 0; i < length; i++) {
        for (int value = 0; value < 256; value++) {
            if ((uint8_t)value != golden[i]) {
                note[i] = (char)value;
                assert_int_equal(read_note(note, length), STATUS_INVALID);
            }
        }
        note[i] = (char)golden[i];
    }
}

/* Replaces the first `from` of the golden note. */
static const char *bent(const char *from, const char *to)
{
    size_t length = 0;
    const uint8_t *golden = golden_bytes("note.hex", &length);
    const char *note = arena_copy(golden_arena(), (const char *)golden, length);
    const char *at = strstr(note, from);
    assert_non_null(at);
    return arena_format(golden_arena(), "%.*s%s%s", (int)(at - note), note, to, at + strlen(from));
}

static enum status read_text_note(const char *note)
{
    return read_note(note, strlen(note));
}

static void test_form_is_strict(void **state)
{
    (void)state;
    assert_int_equal(read_text_note(bent("\n4\n", "\n4\n")), STATUS_OK);
    const char *const sizes[] = { "\n04\n", "\n+4\n", "\n 4\n", "\n4 \n", "\n-4\n", "\n\n", "\n0x4\n",
        "\n18446744073709551620\n", "\n4\r\n" };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(read_text_note(bent("\n4\n", sizes[i])), STATUS_INVALID);
    }
    assert_int_equal(read_text_note(bent("\n\n", "\nextension\n\n")), STATUS_INVALID);
    assert_int_equal(read_text_note(bent("\n\n", "\n")), STATUS_INVALID);
    assert_int_equal(read_text_note(bent("\n\n", "\n\n\n")), STATUS_INVALID);
    assert_int_equal(read_text_note(bent(" ledger", "  ledger")), STATUS_INVALID);
    assert_int_equal(read_text_note(bent("\xe2\x80\x94", "-")), STATUS_INVALID);
}

/* Witnesses add lines of their own; they neither help nor hurt ours. */
static void test_lines_of_others_are_skipped(void **state)
{
    (void)state;
    const char *other = "\n\n\xe2\x80\x94 witness.example/1 AAAAAAAAAAAAAAAAAAAA\n";
    const char *same_name = "\n\n\xe2\x80\x94 ledger.example/golden AAAAAAAAAAAAAAAAAAAA\n";
    assert_int_equal(read_text_note(bent("\n\n", other)), STATUS_OK);
    assert_int_equal(read_text_note(bent("\n\n", same_name)), STATUS_OK);
    assert_int_equal(read_text_note(bent("\n\n", "\n\n\xe2\x80\x94 witness.example/1\n")), STATUS_INVALID);
    assert_int_equal(read_text_note(bent("\n\n", "\n\n\xe2\x80\x94 witness.example/1 AAA\n")), STATUS_INVALID);
    /* Our own line once more, but spoilt: the whole note is refused. */
    const char *note = bent("\n\n", "\n\n");
    const char *line = strstr(note, "\n\n") + 2;
    char *twice = arena_format(golden_arena(), "%s%s", note, line);
    assert_int_equal(read_text_note(twice), STATUS_OK);
    twice[strlen(twice) - 10] = twice[strlen(twice) - 10] == 'A' ? 'B' : 'A';
    assert_int_equal(read_text_note(twice), STATUS_INVALID);
    /* A note that only others signed says nothing. */
    *strstr(twice, "\n\n") = 0;
    assert_int_equal(read_text_note(arena_format(golden_arena(), "%s%s", twice, other)), STATUS_INVALID);
}

static void test_number_of_lines_is_bounded(void **state)
{
    (void)state;
    struct buffer note;
    size_t length = 0;
    const uint8_t *golden = golden_bytes("note.hex", &length);
    buffer_init(&note);
    buffer_append(&note, golden, length);
    for (int lines = 2; lines <= 65; lines++) {
        buffer_text(&note, "\xe2\x80\x94 witness.example/1 AAAAAAAAAAAAAAAAAAAA\n");
        assert_int_equal(read_note(note.bytes, note.length), lines <= 64 ? STATUS_OK : STATUS_INVALID);
    }
    buffer_fini(&note);
}

static void test_other_key_is_refused(void **state)
{
    (void)state;
    size_t length = 0;
    struct checkpoint read;
    struct key *key = NULL;
    const uint8_t *note = golden_bytes("note.hex", &length);
    assert_int_equal(key_generate(&key), STATUS_OK);
    assert_int_equal(checkpoint_read(&read, (const char *)note, length, key_public(key)), STATUS_INVALID);
    key_free(key);
}

static void test_form_needs_no_signature(void **state)
{
    (void)state;
    size_t length = 0;
    const char *note = (const char *)golden_bytes("note.hex", &length);
    const char *line = memchr(note, '\n', length);
    size_t text = (size_t)(strstr(note, "\n\n") + 2 - note);
    assert_true(checkpoint_has_form(note, length));
    assert_true(checkpoint_has_form(note, text));
    for (size_t cut = 0; cut < text; cut++) {
        assert_false(checkpoint_has_form(note, cut));
    }
    assert_false(checkpoint_has_form(line + 1, length - (size_t)(line + 1 - note)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_note),
        cmocka_unit_test(test_largest_note_fits_and_reads_back),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_every_changed_byte_and_truncation_is_refused),
        cmocka_unit_test(test_form_is_strict),
        cmocka_unit_test(test_lines_of_others_are_skipped),
        cmocka_unit_test(test_number_of_lines_is_bounded),
        cmocka_unit_test(test_other_key_is_refused),
        cmocka_unit_test(test_form_needs_no_signature),
    };
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
