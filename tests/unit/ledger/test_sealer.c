/*
 * The sealer: every seal is the key's signature of its hash, whoever made it, in blocks of
 * all sizes, with dropped hashes and forgotten blocks between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/sealer.h"

static struct signer *signer;

static int set_up(void **state)
{
    struct sealer *sealer = NULL;
    if (signer == NULL) {
        struct key *key = NULL;
        assert_int_equal(key_library_open(), STATUS_OK);
        assert_int_equal(key_generate(&key), STATUS_OK);
        assert_int_equal(signer_of_key(key, &signer), STATUS_OK);
    }
    assert_int_equal(sealer_open(signer, &sealer), STATUS_OK);
    *state = sealer;
    return 0;
}

static int tear_down(void **state)
{
    sealer_close(*state);
    return 0;
}

static void make_hash(uint8_t hash[DIGEST_BYTES], unsigned number)
{
    digest_bytes(hash, &number, sizeof number);
}

static void add(struct sealer *sealer, unsigned number)
{
    uint8_t hash[DIGEST_BYTES];
    make_hash(hash, number);
    assert_int_equal(sealer_add(sealer, hash), STATUS_OK);
}

static void expect(struct sealer *sealer, const unsigned *numbers, size_t wanted)
{
    size_t count = 0;
    const uint8_t *seals = NULL;
    assert_int_equal(sealer_finish(sealer, &seals, &count), STATUS_OK);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        uint8_t hash[DIGEST_BYTES];
        make_hash(hash, numbers[i]);
        assert_int_equal(key_verify(signer_public(signer), hash, seals + i * KEY_SIGNATURE_BYTES), STATUS_OK);
    }
    sealer_reset(sealer);
}

static void test_blocks_of_all_sizes(void **state)
{
    unsigned numbers[300];
    for (unsigned size = 0; size < 300; size = size * 2 + 1) {
        for (unsigned i = 0; i < size; i++) {
            numbers[i] = size * 1000 + i;
            add(*state, numbers[i]);
        }
        expect(*state, numbers, size);
    }
}

static void test_dropped_hashes_are_not_sealed(void **state)
{
    unsigned numbers[200];
    size_t kept = 0;
    for (unsigned i = 0; i < 300; i++) {
        add(*state, i);
        if (i % 3 == 1) {
            sealer_drop(*state);
        } else {
            numbers[kept++] = i;
        }
    }
    expect(*state, numbers, kept);
}

static void test_forgotten_blocks_leave_nothing(void **state)
{
    for (unsigned round = 0; round < 100; round++) {
        unsigned numbers[3] = { round, round + 1000, round + 2000 };
        for (unsigned i = 0; i < 5; i++) {
            add(*state, round * 10 + i + 5000);
        }
        sealer_reset(*state);
        for (unsigned i = 0; i < 3; i++) {
            add(*state, numbers[i]);
        }
        expect(*state, numbers, 3);
    }
}

/* Notes beside seals: in turn, in blocks that are forgotten, and where the caller comes first. */
static void test_notes(void **state)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    char text[64];
    for (unsigned round = 0; round < 200; round++) {
        unsigned numbers[40];
        unsigned count = round % 40;
        for (unsigned i = 0; i < count; i++) {
            numbers[i] = round * 100 + i;
            add(*state, numbers[i]);
        }
        int length = snprintf(text, sizeof text, "note %u\n", round);
        sealer_note_begin(*state, text, (size_t)length);
        if (round % 7 == 3) {
            sealer_reset(*state);
            continue;
        }
        if (round % 2 == 0) {
            assert_int_equal(sealer_note_finish(*state, signature), STATUS_OK);
            expect(*state, numbers, count);
        } else {
            size_t sealed = 0;
            const uint8_t *seals = NULL;
            assert_int_equal(sealer_finish(*state, &seals, &sealed), STATUS_OK);
            assert_int_equal(sealed, count);
            assert_int_equal(sealer_note_finish(*state, signature), STATUS_OK);
            sealer_reset(*state);
        }
        assert_int_equal(ed25519_verify(signer_ed25519(signer), text, (size_t)length, signature), STATUS_OK);
    }
    sealer_note_begin(*state, "left", 4);
}

static void test_closing_with_work_left(void **state)
{
    for (unsigned i = 0; i < 50; i++) {
        add(*state, i);
    }
    sealer_close(NULL);
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_blocks_of_all_sizes), CASE(test_dropped_hashes_are_not_sealed),
        CASE(test_forgotten_blocks_leave_nothing), CASE(test_closing_with_work_left), CASE(test_notes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    signer_close(signer);
    return failed;
}
