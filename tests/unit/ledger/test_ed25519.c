/* Ed25519 by the vectors of RFC 8032; against another program in tests/oracle/test_ledger_golden.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ledger/golden.h"

/* RFC 8032, section 7.1, tests 1 to 3. */
static const struct vector {
    const char *seed, *public_key, *message, *signature;
} vectors[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t seed[32], public_key[32], made[32], message[2], signature[64], signed_now[64];
        size_t length = strlen(vectors[i].message) / 2;
        assert_int_equal(text_from_hex(vectors[i].seed, seed, sizeof seed), STATUS_OK);
        assert_int_equal(text_from_hex(vectors[i].public_key, public_key, sizeof public_key), STATUS_OK);
        assert_int_equal(text_from_hex(vectors[i].message, message, length), STATUS_OK);
        assert_int_equal(text_from_hex(vectors[i].signature, signature, sizeof signature), STATUS_OK);
        ed25519_public(made, seed);
        assert_memory_equal(made, public_key, sizeof made);
        ed25519_sign(public_key, seed, message, length, signed_now);
        assert_memory_equal(signed_now, signature, sizeof signature);
        assert_int_equal(ed25519_verify(public_key, message, length, signature), STATUS_OK);
        assert_int_equal(ed25519_verify(public_key, NULL, 0, signature), length == 0 ? STATUS_OK : STATUS_INVALID);
    }
}

static void test_any_changed_bit_is_refused(void **state)
{
    (void)state;
    uint8_t seed[32] = { 7 }, public_key[32], signature[64], message[40] = "some text that is signed";
    ed25519_public(public_key, seed);
    ed25519_sign(public_key, seed, message, sizeof message, signature);
    struct { uint8_t *bytes; size_t length; } const parts[] = { { public_key, 32 }, { signature, 64 }, { message, sizeof message } };
    for (size_t part = 0; part < 3; part++) {
        for (size_t bit = 0; bit < 8 * parts[part].length; bit++) {
            parts[part].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(ed25519_verify(public_key, message, sizeof message, signature), STATUS_INVALID);
            parts[part].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    assert_int_equal(ed25519_verify(public_key, message, sizeof message, signature), STATUS_OK);
}

/* s and s + the order are the same number to a lax reader: a second signature made without the key. */
static void test_s_above_the_order_is_refused(void **state)
{
    (void)state;
    static const char order[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"; /* little-endian */
    uint8_t seed[32] = { 9 }, public_key[32], signature[64], more[32];
    ed25519_public(public_key, seed);
    ed25519_sign(public_key, seed, "x", 1, signature);
    assert_int_equal(text_from_hex(order, more, sizeof more), STATUS_OK);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + more[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(ed25519_verify(public_key, "x", 1, signature), STATUS_INVALID);
}

/* Each is shown to be one: with R = 1 and S = 0 the equation is 8 h A = 0, or h A = 0, which some message meets. */
static void test_points_of_small_order(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "0000000000000000000000000000000000000000000000000000000000000080",
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        uint8_t point[32], signature[64] = { 1 };
        int forged = 0;
        assert_int_equal(text_from_hex(points[i], point, sizeof point), STATUS_OK);
        assert_true(ed25519_is_small_order(point));
        for (int message = 0; message < 200; message++) {
            forged += ed25519_verify(point, &message, sizeof message, signature) == STATUS_OK;
        }
        assert_true(forged > 0);
    }
    static const char *const others[] = { /* the same points, y not reduced, and two with x = 0 and its sign set */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0100000000000000000000000000000000000000000000000000000000000080", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint8_t point[32];
        assert_int_equal(text_from_hex(others[i], point, sizeof point), STATUS_OK);
        assert_true(ed25519_is_small_order(point));
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t point[32];
        assert_int_equal(text_from_hex(vectors[i].public_key, point, sizeof point), STATUS_OK);
        assert_false(ed25519_is_small_order(point));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_any_changed_bit_is_refused),
        cmocka_unit_test(test_s_above_the_order_is_refused),
        cmocka_unit_test(test_points_of_small_order),
    };
    ed25519_library_open();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(golden_arena());
    return failed;
}
