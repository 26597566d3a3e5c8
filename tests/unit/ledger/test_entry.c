/* Canonical bytes against goldens made by another program; the reader against bad bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/commitment.h"
#include "tests/unit/ledger/golden.h"

static void assert_same_entry(const struct entry *a, const struct entry *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->time_ms, b->time_ms);
    assert_int_equal(a->rules_version, b->rules_version);
    assert_memory_equal(a->previous_hash, b->previous_hash, DIGEST_BYTES);
    assert_string_equal(a->kind, b->kind);
    assert_string_equal(a->target, b->target);
    assert_string_equal(a->command_id, b->command_id);
    assert_string_equal(a->new_id, b->new_id);
    assert_string_equal(a->organisation, b->organisation);
    assert_string_equal(a->role, b->role);
    assert_string_equal(a->subject, b->subject);
    assert_string_equal(a->submitter_key, b->submitter_key);
    assert_string_equal(a->submitter_alg, b->submitter_alg);
    assert_int_equal(a->body_length, b->body_length);
    assert_memory_equal(a->body_digest, b->body_digest, DIGEST_BYTES);
    assert_int_equal(a->submitter_sig_length, b->submitter_sig_length);
    assert_memory_equal(a->submitter_sig, b->submitter_sig, a->submitter_sig_length);
    assert_memory_equal(a->effects, b->effects, DIGEST_BYTES);
}

/* The reader's verdict; what it accepts must come out of the writer byte for byte. The
 * bytes are copied to a heap block of their exact size, so that a sanitizer sees an overrun. */
static enum status decode_and_compare(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    struct buffer again;
    struct entry entry;
    struct entry untouched;
    uint8_t *copy = malloc(length + (length == 0));
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    memset(&entry, 0xa5, sizeof entry);
    memset(&untouched, 0xa5, sizeof untouched);
    arena_init(&arena);
    enum status status = entry_decode(&entry, copy, length, &arena);
    if (status == STATUS_OK) {
        buffer_init(&again);
        entry_encode(&entry, &again);
        assert_false(again.failed);
        assert_int_equal(again.length, length);
        assert_memory_equal(again.bytes, copy, length);
        buffer_fini(&again);
    } else {
        assert_int_equal(status, STATUS_INVALID);
        assert_memory_equal(&entry, &untouched, sizeof entry);
    }
    arena_fini(&arena);
    free(copy);
    return status;
}

static void test_golden_bytes(void **state)
{
    (void)state;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        struct entry entry = golden_entry(seq);
        struct buffer out;
        size_t length = 0;
        uint8_t hash[DIGEST_BYTES];
        const uint8_t *expected = golden_bytes(golden_name(seq, "bytes"), &length);
        buffer_init(&out);
        buffer_text(&out, "before"); /* encoding appends */
        entry_encode(&entry, &out);
        assert_false(out.failed);
        assert_int_equal(out.length, 6 + length);
        assert_memory_equal(out.bytes + 6, expected, length);
        buffer_fini(&out);
        assert_int_equal(entry_hash(&entry, hash), STATUS_OK);
        assert_memory_equal(hash, golden_fixed(golden_name(seq, "hash"), DIGEST_BYTES), DIGEST_BYTES);
    }
}

static void test_decode_returns_what_was_encoded(void **state)
{
    (void)state;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        struct entry entry = golden_entry(seq);
        struct entry read;
        size_t length = 0;
        const uint8_t *bytes = golden_bytes(golden_name(seq, "bytes"), &length);
        assert_int_equal(entry_decode(&read, bytes, length, golden_arena()), STATUS_OK);
        assert_same_entry(&read, &entry);
        if (entry.body_length <= LIMIT_BODY_INLINE) {
            assert_memory_equal(read.body, entry.body, entry.body_length);
            assert_true((const uint8_t *)read.body > bytes && (const uint8_t *)read.body < bytes + length);
        } else {
            assert_null(read.body);
        }
        assert_int_equal(decode_and_compare(bytes, length), STATUS_OK);
    }
}

static void test_bodies_at_the_limit(void **state)
{
    (void)state;
    static uint8_t body[LIMIT_BODY_INLINE + 1];
    const size_t lengths[] = { 0, 1, LIMIT_BODY_INLINE - 1, LIMIT_BODY_INLINE, LIMIT_BODY_INLINE + 1 };
    struct entry entry = golden_entry(1);
    struct buffer out;
    buffer_init(&out);
    entry_encode(&entry, &out);
    size_t rest = out.length - (size_t)entry.body_length;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bool is_inline = lengths[i] <= LIMIT_BODY_INLINE;
        entry.body = lengths[i] == 0 ? NULL : body;
        entry.body_length = lengths[i];
        digest_bytes(entry.body_digest, body, lengths[i]);
        buffer_reset(&out);
        entry_encode(&entry, &out);
        assert_int_equal(out.length, rest + (is_inline ? lengths[i] : 0));
        assert_int_equal(decode_and_compare((const uint8_t *)out.bytes, out.length), STATUS_OK);
    }
    buffer_fini(&out);
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        size_t length = 0;
        const uint8_t *bytes = golden_bytes(golden_name(seq, "bytes"), &length);
        for (size_t cut = 0; cut < length; cut++) {
            assert_int_equal(decode_and_compare(bytes, cut), STATUS_INVALID);
        }
    }
}

static void test_trailing_bytes_are_refused(void **state)
{
    (void)state;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        size_t length = 0;
        const uint8_t *bytes = golden_bytes(golden_name(seq, "bytes"), &length);
        uint8_t *longer = arena_alloc(golden_arena(), length + 1);
        memcpy(longer, bytes, length);
        assert_int_equal(decode_and_compare(longer, length + 1), STATUS_INVALID);
    }
}

/* All 255 other values of every byte. */
static void test_every_mutation_is_refused_or_canonical(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        size_t length = 0;
        const uint8_t *bytes = golden_bytes(golden_name(seq, "bytes"), &length);
        uint8_t *changed = arena_alloc(golden_arena(), length);
        memcpy(changed, bytes, length);
        for (size_t i = 0; i < length; i++) {
            for (int value = 0; value < 256; value++) {
                changed[i] = (uint8_t)value;
                accepted += value != bytes[i] && decode_and_compare(changed, length) == STATUS_OK;
            }
            changed[i] = bytes[i];
        }
    }
    assert_true(accepted > 0); /* another seq, time or effect is an entry too */
}

/* A run of bytes removed or doubled anywhere: lengths no longer fit what follows. */
static void test_cut_out_and_doubled_bytes(void **state)
{
    (void)state;
    size_t length = 0;
    const uint8_t *bytes = golden_bytes("entry3.bytes", &length);
    uint8_t *changed = arena_alloc(golden_arena(), length + 4);
    for (size_t run = 1; run <= 4; run++) {
        for (size_t i = 0; i + run <= length; i++) {
            memcpy(changed, bytes, i);
            memcpy(changed + i, bytes + i + run, length - i - run);
            assert_int_equal(decode_and_compare(changed, length - run), STATUS_INVALID);
            memcpy(changed, bytes, i + run);
            memcpy(changed + i + run, bytes + i, length - i);
            assert_int_equal(decode_and_compare(changed, length + run), STATUS_INVALID);
        }
    }
}

static void test_texts_must_be_utf8_without_nul(void **state)
{
    (void)state;
    const char *const bad[] = { "\xff", "\xc0\x80", "\xed\xa0\x80", "\xe4\xba", "\xf4\x90\x80\x80" };
    struct buffer out;
    struct entry entry = golden_entry(1);
    buffer_init(&out);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        entry.subject = bad[i];
        buffer_reset(&out);
        entry_encode(&entry, &out);
        assert_int_equal(decode_and_compare((const uint8_t *)out.bytes, out.length), STATUS_INVALID);
    }
    entry.subject = "a#b";
    buffer_reset(&out);
    entry_encode(&entry, &out);
    char *mark = memmem(out.bytes, out.length, "a#b", 3);
    assert_non_null(mark);
    assert_int_equal(decode_and_compare((const uint8_t *)out.bytes, out.length), STATUS_OK);
    mark[1] = 0;
    assert_int_equal(decode_and_compare((const uint8_t *)out.bytes, out.length), STATUS_INVALID);
    buffer_fini(&out);
}

static void test_commitment_golden(void **state)
{
    (void)state;
    uint8_t digest[DIGEST_BYTES];
    const char *text = golden_text("commitment.text");
    commitment_make(digest, golden_fixed("commitment.salt", COMMITMENT_SALT_BYTES), text, strlen(text));
    assert_memory_equal(digest, golden_fixed("commitment.digest", DIGEST_BYTES), DIGEST_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_bytes),
        cmocka_unit_test(test_decode_returns_what_was_encoded),
        cmocka_unit_test(test_bodies_at_the_limit),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_trailing_bytes_are_refused),
        cmocka_unit_test(test_every_mutation_is_refused_or_canonical),
        cmocka_unit_test(test_cut_out_and_doubled_bytes),
        cmocka_unit_test(test_texts_must_be_utf8_without_nul),
        cmocka_unit_test(test_commitment_golden),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(golden_arena());
    return failed;
}
