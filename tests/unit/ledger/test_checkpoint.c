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

/* The golden notes: with the node's line alone, and with both. */
struct golden_note {
    const char *name;
    bool with_ed25519;
    const char *bytes;
    size_t length;
};

static struct golden_note golden_note(bool with_ed25519)
{
    struct golden_note golden = { with_ed25519 ? "note.both.hex" : "note.hex", with_ed25519, NULL, 0 };
    golden.bytes = (const char *)golden_bytes(golden.name, &golden.length);
    return golden;
}

static enum status read_as(const char *note, size_t length, bool with_ed25519, enum checkpoint_demand demand)
{
    struct checkpoint read;
    struct checkpoint untouched;
    struct checkpoint_keys keys = golden_keys(with_ed25519);
    memset(&read, 0xa5, sizeof read);
    memset(&untouched, 0xa5, sizeof untouched);
    char *copy = malloc(length + (length == 0)); /* exact size: a sanitizer sees an overrun */
    assert_non_null(copy);
    memcpy(copy, note, length);
    enum status status = checkpoint_read(&read, copy, length, &keys, demand);
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

static enum status read_note(const char *note, size_t length)
{
    return read_as(note, length, false, CHECKPOINT_ANY_LINE);
}

static void test_golden_notes(void **state)
{
    (void)state;
    struct checkpoint checkpoint = golden_checkpoint();
    for (int both = 0; both < 2; both++) {
        struct golden_note golden = golden_note(both == 1);
        struct signer *signer = golden_signer(golden_whole_key());
        struct buffer out;
        buffer_init(&out);
        buffer_text(&out, "before\n");
        assert_int_equal(checkpoint_write(&checkpoint, signer, both == 1, &out), STATUS_OK);
        assert_int_equal(out.length, 7 + golden.length);
        assert_memory_equal(out.bytes + 7, golden.bytes, golden.length);
        assert_int_equal(read_as(golden.bytes, golden.length, both == 1, CHECKPOINT_OUR_LINES), STATUS_OK);
        assert_int_equal(read_as(golden.bytes, golden.length, both == 1, CHECKPOINT_ANY_LINE), STATUS_OK);
        buffer_fini(&out);
        signer_close(signer);
    }
}

/* Which lines a reader wants, and which it is content with. */
static void test_lines_that_are_wanted(void **state)
{
    (void)state;
    struct golden_note one = golden_note(false), both = golden_note(true);
    const char *second = both.bytes + one.length;
    const char *text_end = strstr(one.bytes, "\n\n") + 2;
    size_t text = (size_t)(text_end - one.bytes);
    const char *only_second = arena_format(golden_arena(), "%.*s%.*s", (int)text, one.bytes, (int)(both.length - one.length), second);
    const char *turned = arena_format(golden_arena(), "%s%.*s", only_second, (int)(one.length - text), text_end);
    const char *twice = arena_format(golden_arena(), "%.*s%.*s", (int)both.length, both.bytes, (int)(one.length - text), text_end);
    const char *witness = arena_format(golden_arena(), "%.*s\xe2\x80\x94 witness.example/1 AAAAAAAAAAAAAAAAAAAA\n", (int)both.length,
                                       both.bytes);
    const struct { const char *note; size_t length; bool with_ed25519; enum status ours, any; } cases[] = {
        { one.bytes, one.length, true, STATUS_INVALID, STATUS_OK },   /* the second line is missing */
        { both.bytes, both.length, false, STATUS_INVALID, STATUS_OK }, /* one more than the ledger writes */
        { only_second, strlen(only_second), true, STATUS_INVALID, STATUS_OK },
        { only_second, strlen(only_second), false, STATUS_INVALID, STATUS_INVALID },
        { turned, strlen(turned), true, STATUS_INVALID, STATUS_OK },
        { twice, strlen(twice), true, STATUS_INVALID, STATUS_OK },
        { witness, strlen(witness), true, STATUS_INVALID, STATUS_OK },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_as(cases[i].note, cases[i].length, cases[i].with_ed25519, CHECKPOINT_OUR_LINES), cases[i].ours);
        assert_int_equal(read_as(cases[i].note, cases[i].length, cases[i].with_ed25519, CHECKPOINT_ANY_LINE), cases[i].any);
    }
    struct checkpoint read;
    const struct checkpoint_keys none = { NULL, NULL };
    assert_int_equal(checkpoint_read(&read, both.bytes, both.length, &none, CHECKPOINT_OUR_LINES), STATUS_INVALID);
    assert_int_equal(checkpoint_read(&read, both.bytes, both.length, &none, CHECKPOINT_ANY_LINE), STATUS_INVALID);
}

static void test_largest_note_fits_and_reads_back(void **state)
{
    (void)state;
    struct signer *signer = golden_signer(golden_whole_key());
    struct checkpoint_keys keys = golden_keys(true);
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
        assert_int_equal(checkpoint_write(&checkpoint, signer, true, &out), STATUS_OK);
        assert_true(out.length <= CHECKPOINT_NOTE_BYTES_MAX);
        assert_int_equal(checkpoint_read(&read, out.bytes, out.length, &keys, CHECKPOINT_OUR_LINES), STATUS_OK);
        assert_memory_equal(&read, &checkpoint, sizeof read);
    }
    assert_int_equal(out.length, 128 + 21 + 45 + 1 + 2 * (4 + 127 + 1 + 92 + 1));
    buffer_fini(&out);
    signer_close(signer);
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

static void check_changes(struct golden_note golden)
{
    char *note = arena_copy(golden_arena(), golden.bytes, golden.length);
    for (size_t cut = 0; cut < golden.length; cut++) {
        assert_int_equal(read_as(note, cut, golden.with_ed25519, CHECKPOINT_OUR_LINES), STATUS_INVALID);
    }
    for (size_t i = 0; i < golden.length; i++) {
        for (int value = 0; value < 256; value++) {
            if (value != (uint8_t)golden.bytes[i]) {
                note[i] = (char)value;
                assert_int_equal(read_as(note, golden.length, golden.with_ed25519, CHECKPOINT_OUR_LINES), STATUS_INVALID);
            }
        }
        note[i] = golden.bytes[i];
    }
}

static void test_every_changed_byte_and_truncation_is_refused(void **state)
{
    (void)state;
    check_changes(golden_note(false));
    check_changes(golden_note(true));
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
    const uint8_t *note = golden_bytes("note.both.hex", &length);
    assert_int_equal(key_generate(&key), STATUS_OK);
    struct checkpoint_keys keys = { key_public(key), key_ed25519(key) };
    assert_int_equal(checkpoint_read(&read, (const char *)note, length, &keys, CHECKPOINT_ANY_LINE), STATUS_INVALID);
    key_free(key);
}

static void test_text_needs_no_signature(void **state)
{
    (void)state;
    struct checkpoint read;
    struct golden_note golden = golden_note(true);
    const char *line = memchr(golden.bytes, '\n', golden.length);
    size_t text = (size_t)(strstr(golden.bytes, "\n\n") + 2 - golden.bytes);
    assert_int_equal(checkpoint_parse(&read, golden.bytes, golden.length), STATUS_OK);
    assert_string_equal(read.origin, golden_origin);
    assert_int_equal(read.size, GOLDEN_ENTRIES);
    assert_int_equal(checkpoint_parse(&read, golden.bytes, text), STATUS_OK);
    for (size_t cut = 0; cut < text; cut++) {
        assert_int_equal(checkpoint_parse(&read, golden.bytes, cut), STATUS_INVALID);
    }
    assert_int_equal(checkpoint_parse(&read, line + 1, golden.length - (size_t)(line + 1 - golden.bytes)), STATUS_INVALID);
}

static void test_verifier_keys(void **state)
{
    (void)state;
    struct buffer out;
    struct checkpoint_keys keys = golden_keys(true);
    buffer_init(&out);
    checkpoint_node_key_write(&out, golden_origin, keys.node);
    assert_string_equal(out.bytes, golden_text("note.vkey"));
    buffer_reset(&out);
    checkpoint_ed25519_key_write(&out, golden_origin, keys.ed25519);
    assert_string_equal(out.bytes, golden_text("note.ed25519_vkey"));
    buffer_fini(&out);
}

/* A log known by its verifiers' keys alone: either key or both, no key of another log, no second one of a kind. */
static void test_signers_by_their_keys(void **state)
{
    (void)state;
    const char *keys[] = { golden_text("note.vkey"), golden_text("note.ed25519_vkey") };
    const struct golden_note both = golden_note(true), one = golden_note(false);
    for (unsigned set = 1; set < 4; set++) {
        struct checkpoint_signer signer = { .has_node = false };
        struct checkpoint read = { .size = 7 };
        for (size_t i = 0; i < 2; i++) {
            if ((set >> i & 1) != 0) {
                assert_int_equal(checkpoint_signer_add(&signer, keys[i], strlen(keys[i])), STATUS_OK);
                const struct checkpoint_signer before = signer;
                assert_int_equal(checkpoint_signer_add(&signer, keys[i], strlen(keys[i])), STATUS_CONFLICT);
                assert_memory_equal(&signer, &before, sizeof before);
            }
        }
        assert_int_equal(checkpoint_signer_check(&signer, &read, both.bytes, both.length), STATUS_OK);
        assert_int_equal(read.size, GOLDEN_ENTRIES);
        read.size = 7;
        assert_int_equal(checkpoint_signer_check(&signer, &read, one.bytes, one.length), (set & 1) != 0 ? STATUS_OK : STATUS_INVALID);
        assert_int_equal(read.size, (set & 1) != 0 ? GOLDEN_ENTRIES : 7);
        signer.origin[0] ^= 1; /* its keys, of a log with another name */
        assert_int_equal(checkpoint_signer_check(&signer, &read, both.bytes, both.length), STATUS_INVALID);
    }
}

static void test_signers_that_are_none(void **state)
{
    (void)state;
    static const char witness[] = "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    struct checkpoint_signer signer = { .has_node = false };
    const struct checkpoint_signer empty = signer;
    struct checkpoint read;
    struct buffer other;
    const char *vkey = golden_text("note.vkey");
    char *changed = strdup(vkey);
    assert_non_null(changed);
    for (size_t i = 0; i < strlen(vkey); i++) { /* the hash in it shows each change */
        changed[i] ^= 1;
        assert_int_equal(checkpoint_signer_add(&signer, changed, strlen(vkey)), STATUS_INVALID);
        assert_int_equal(checkpoint_signer_add(&signer, vkey, i), STATUS_INVALID);
        changed[i] ^= 1;
    }
    free(changed);
    assert_int_equal(checkpoint_signer_add(&signer, witness, strlen(witness)), STATUS_INVALID);
    assert_memory_equal(&signer, &empty, sizeof empty);
    const struct golden_note both = golden_note(true);
    assert_int_equal(checkpoint_signer_check(&signer, &read, both.bytes, both.length), STATUS_INVALID); /* nobody has signed nothing */
    assert_int_equal(checkpoint_signer_add(&signer, vkey, strlen(vkey)), STATUS_OK);
    buffer_init(&other);
    checkpoint_ed25519_key_write(&other, "other.example", golden_keys(true).ed25519);
    assert_int_equal(checkpoint_signer_add(&signer, other.bytes, other.length), STATUS_CONFLICT);
    assert_false(signer.has_ed25519);
    buffer_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_notes),
        cmocka_unit_test(test_lines_that_are_wanted),
        cmocka_unit_test(test_largest_note_fits_and_reads_back),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_every_changed_byte_and_truncation_is_refused),
        cmocka_unit_test(test_form_is_strict),
        cmocka_unit_test(test_lines_of_others_are_skipped),
        cmocka_unit_test(test_number_of_lines_is_bounded),
        cmocka_unit_test(test_other_key_is_refused),
        cmocka_unit_test(test_text_needs_no_signature),
        cmocka_unit_test(test_verifier_keys),
        cmocka_unit_test(test_signers_by_their_keys),
        cmocka_unit_test(test_signers_that_are_none),
    };
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
