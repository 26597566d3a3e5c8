/*
 * Signatures verified together: what the batch says is what libsecp256k1's own verify says of each of them, in batches of all sizes,
 * with one byte of one hash, signature or point changed, with two exchanged, with an s that is high, and of another key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <secp256k1.h>

#include "ledger/key_batch.h"

enum { COUNT = 300 };

static struct key *key;
static uint8_t digests[COUNT][DIGEST_BYTES];
static struct key_signed made[COUNT];
static struct key_batch_item items[COUNT];

static int set_up(void **state)
{
    (void)state;
    if (key == NULL) {
        assert_int_equal(key_library_open(), STATUS_OK);
        assert_int_equal(key_generate(&key), STATUS_OK);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        digest_bytes(digests[i], &i, sizeof i);
        key_sign_unverified(key, digests[i], &made[i]);
        items[i] = (struct key_batch_item){ digests[i], &made[i] };
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    key_free(key);
    key = NULL;
    return 0;
}

static void test_a_signature_is_the_one_that_is_verified_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        uint8_t signature[KEY_SIGNATURE_BYTES];
        key_sign(key, digests[i], signature);
        assert_memory_equal(signature, made[i].signature, sizeof signature);
    }
}

/* The points are those of the equation: the library's own verify knows nothing of them. */
static void test_batches_of_all_sizes_hold(void **state)
{
    (void)state;
    for (size_t count = 0; count <= COUNT; count = count < 20 ? count + 1 : count + 35) {
        assert_int_equal(key_batch_verify(key_public(key), items, count), STATUS_OK);
        assert_int_equal(key_batch_verify(key_public(key), items + COUNT - count, count), STATUS_OK);
    }
}

static void test_every_changed_byte_is_found(void **state)
{
    (void)state;
    for (size_t byte = 0; byte < KEY_SIGNATURE_BYTES; byte++) {
        const size_t at = byte % 7;
        made[at].signature[byte] ^= 0x10;
        assert_int_equal(key_verify(key_public(key), digests[at], made[at].signature), STATUS_INVALID);
        assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
        made[at].signature[byte] ^= 0x10;
        if (byte < DIGEST_BYTES) {
            digests[at][byte] ^= 1;
            assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
            digests[at][byte] ^= 1;
        }
    }
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_OK);
}

static void test_another_point_is_found(void **state)
{
    (void)state;
    struct key_signed kept = made[2];
    memcpy(made[2].point, made[3].point, sizeof made[2].point);
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
    made[2] = kept;
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_OK);
}

static void test_exchanged_signatures_are_found(void **state)
{
    (void)state;
    items[1].made = &made[4];
    items[4].made = &made[1];
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
}

/* The order of the group (SEC 2, 2.4.1), big-endian. */
static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                   0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41 };

/* (r, n - s) with -R solves the same equation, and is what no seal may be. */
static void test_a_high_s_is_found(void **state)
{
    (void)state;
    secp256k1_context *library = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secp256k1_pubkey point;
    uint8_t *s = made[5].signature + 32;
    memcpy(point.data, made[5].point, sizeof point.data);
    assert_int_equal(secp256k1_ec_pubkey_negate(library, &point), 1);
    memcpy(made[5].point, point.data, sizeof point.data);
    int borrow = 0;
    for (int i = 31; i >= 0; i--) {
        int digit = order[i] - s[i] - borrow;
        borrow = digit < 0;
        s[i] = (uint8_t)(digit + 256 * borrow);
    }
    assert_int_equal(key_verify(key_public(key), digests[5], made[5].signature), STATUS_INVALID);
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
    assert_int_equal(key_lower(made[5].signature), STATUS_OK);
    secp256k1_context_destroy(library);
}

static void test_numbers_that_are_none_are_found(void **state)
{
    (void)state;
    memset(made[0].signature, 0, 32);
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
    set_up(state);
    memset(made[0].signature + 32, 0, 32);
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
    set_up(state);
    memcpy(made[6].signature, order, 32);
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
    set_up(state);
    memcpy(digests[6], order, 32); /* a hash that is 0 to the group: once in 2^256 */
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
}

static void test_another_key_is_found(void **state)
{
    (void)state;
    struct key *other = NULL;
    const uint8_t nothing[KEY_PUBLIC_BYTES] = { 0 };
    assert_int_equal(key_generate(&other), STATUS_OK);
    assert_int_equal(key_batch_verify(key_public(other), items, 7), STATUS_INVALID);
    assert_int_equal(key_batch_verify(nothing, items, 7), STATUS_INVALID);
    key_sign_unverified(other, digests[3], &made[3]);
    assert_int_equal(key_batch_verify(key_public(key), items, 7), STATUS_INVALID);
    key_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_signature_is_the_one_that_is_verified_at_once, set_up),
        cmocka_unit_test_setup(test_batches_of_all_sizes_hold, set_up),
        cmocka_unit_test_setup(test_every_changed_byte_is_found, set_up),
        cmocka_unit_test_setup(test_another_point_is_found, set_up),
        cmocka_unit_test_setup(test_exchanged_signatures_are_found, set_up),
        cmocka_unit_test_setup(test_a_high_s_is_found, set_up),
        cmocka_unit_test_setup(test_numbers_that_are_none_are_found, set_up),
        cmocka_unit_test_setup_teardown(test_another_key_is_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
