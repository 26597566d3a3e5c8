/* Keys and signatures. Wycheproof's vectors run in tests/oracle/test_ledger_golden.py, files in test_key_file.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/sanitized.h"
#include "tests/unit/ledger/golden.h"

#define DIGITS_62 "00000000000000000000000000000000000000000000000000000000000000"
#define GROUP_ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define BELOW_ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"

static void test_golden_key_and_seals(void **state)
{
    (void)state;
    struct key *key = golden_key();
    char id[KEY_ID_BYTES];
    assert_memory_equal(key_public(key), golden_fixed("node.public", KEY_PUBLIC_BYTES), KEY_PUBLIC_BYTES);
    assert_string_equal(key_id(key), golden_text("node.id"));
    key_id_of(id, key_public(key));
    assert_string_equal(id, golden_text("node.id"));
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        uint8_t seal[KEY_SIGNATURE_BYTES];
        const uint8_t *hash = golden_fixed(golden_name(seq, "hash"), DIGEST_BYTES);
        key_sign(key, hash, seal);
        assert_memory_equal(seal, golden_fixed(golden_name(seq, "seal"), KEY_SIGNATURE_BYTES), KEY_SIGNATURE_BYTES);
        assert_int_equal(key_verify(key_public(key), hash, seal), STATUS_OK);
    }
    key_free(key);
    key_free(NULL);
}

static void test_any_changed_bit_is_refused(void **state)
{
    (void)state;
    uint8_t public_key[KEY_PUBLIC_BYTES];
    uint8_t hash[DIGEST_BYTES];
    uint8_t seal[KEY_SIGNATURE_BYTES];
    struct { uint8_t *bytes; size_t length; } parts[] = {
        { public_key, sizeof public_key }, { hash, sizeof hash }, { seal, sizeof seal },
    };
    memcpy(public_key, golden_fixed("node.public", sizeof public_key), sizeof public_key);
    memcpy(hash, golden_fixed("entry2.hash", sizeof hash), sizeof hash);
    memcpy(seal, golden_fixed("entry2.seal", sizeof seal), sizeof seal);
    assert_int_equal(key_verify(public_key, hash, seal), STATUS_OK);
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        for (size_t bit = 0; bit < parts[part].length * 8; bit++) {
            uint8_t mask = (uint8_t)(1u << bit % 8);
            parts[part].bytes[bit / 8] ^= mask;
            assert_int_equal(key_verify(public_key, hash, seal), STATUS_INVALID);
            parts[part].bytes[bit / 8] ^= mask;
        }
    }
}

static void test_extreme_signatures_are_refused(void **state)
{
    (void)state;
    const char *const numbers[] = { DIGITS_62 "00", DIGITS_62 "01", BELOW_ORDER, GROUP_ORDER,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" };
    const uint8_t *public_key = golden_fixed("node.public", KEY_PUBLIC_BYTES);
    const uint8_t *hash = golden_fixed("entry1.hash", DIGEST_BYTES);
    uint8_t signature[KEY_SIGNATURE_BYTES];
    for (size_t r = 0; r < sizeof numbers / sizeof *numbers; r++) {
        for (size_t s = 0; s < sizeof numbers / sizeof *numbers; s++) {
            assert_int_equal(text_from_hex(numbers[r], signature, 32), STATUS_OK);
            assert_int_equal(text_from_hex(numbers[s], signature + 32, 32), STATUS_OK);
            assert_int_equal(key_verify(public_key, hash, signature), STATUS_INVALID);
        }
    }
}

/* order - s verifies mathematically, but would make two signatures of one. */
static void test_high_s_is_refused(void **state)
{
    (void)state;
    uint8_t order[32];
    uint8_t seal[KEY_SIGNATURE_BYTES];
    int borrow = 0;
    assert_int_equal(text_from_hex(GROUP_ORDER, order, sizeof order), STATUS_OK);
    memcpy(seal, golden_fixed("entry1.seal", sizeof seal), sizeof seal);
    for (int i = 31; i >= 0; i--) {
        int difference = order[i] - seal[32 + i] - borrow;
        borrow = difference < 0;
        seal[32 + i] = (uint8_t)(difference + 256 * borrow);
    }
    assert_int_equal(key_verify(golden_fixed("node.public", KEY_PUBLIC_BYTES),
                                golden_fixed("entry1.hash", DIGEST_BYTES), seal), STATUS_INVALID);
}

/* Secret 1 is the generator, whose coordinates SEC 2 publishes. */
static void test_coordinates(void **state)
{
    (void)state;
    uint8_t x[32];
    uint8_t y[32];
    char hex[65];
    uint8_t bad[KEY_PUBLIC_BYTES] = { 0x05 };
    struct key *key = golden_key_of(DIGITS_62 "01");
    assert_int_equal(key_coordinates(key_public(key), x, y), STATUS_OK);
    text_to_hex(hex, x, sizeof x);
    assert_string_equal(hex, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    text_to_hex(hex, y, sizeof y);
    assert_string_equal(hex, "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    assert_int_equal(key_coordinates(bad, x, y), STATUS_INVALID);
    key_free(key);
}

/* Both halves go through a key's text, and a key without the second stays without. */
static void test_text(void **state)
{
    (void)state;
    char text[KEY_TEXT_BYTES_MAX];
    struct key *made = NULL;
    struct key *read = NULL;
    assert_int_equal(key_generate(&made), STATUS_OK);
    assert_int_equal(key_write(made, text), KEY_TEXT_BYTES_MAX);
    assert_int_equal(key_read(text, KEY_TEXT_BYTES_MAX, &read), STATUS_OK);
    assert_memory_equal(key_public(read), key_public(made), KEY_PUBLIC_BYTES);
    assert_memory_equal(key_ed25519(read), key_ed25519(made), ED25519_PUBLIC_BYTES);
    key_free(read);
    assert_int_equal(key_read(text, KEY_TEXT_BYTES_MAX / 2, &read), STATUS_OK);
    assert_memory_equal(key_public(read), key_public(made), KEY_PUBLIC_BYTES);
    assert_null(key_ed25519(read));
    assert_int_equal(key_write(read, text), KEY_TEXT_BYTES_MAX / 2);
    key_free(read);
    for (size_t length = 0; length <= KEY_TEXT_BYTES_MAX; length++) {
        if (length != KEY_TEXT_BYTES_MAX && length != KEY_TEXT_BYTES_MAX / 2) {
            assert_int_equal(key_read(text, length, &read), STATUS_INVALID);
        }
    }
    key_free(made);
}

static void test_from_secret(void **state)
{
    (void)state;
    uint8_t secret[KEY_SECRET_BYTES] = { 0 };
    struct key *key = NULL;
    const uint8_t *seed = golden_fixed("ed25519.seed", ED25519_SEED_BYTES);
    assert_int_equal(key_from_secret(secret, seed, &key), STATUS_INVALID);
    memcpy(secret, golden_fixed("node.secret", KEY_SECRET_BYTES), sizeof secret);
    assert_int_equal(key_from_secret(secret, NULL, &key), STATUS_OK);
    assert_string_equal(key_id(key), golden_text("node.id"));
    assert_null(key_ed25519(key));
    key_free(key);
    assert_int_equal(key_from_secret(secret, seed, &key), STATUS_OK);
    assert_memory_equal(key_ed25519(key), golden_fixed("ed25519.public", ED25519_PUBLIC_BYTES), ED25519_PUBLIC_BYTES);
    char id[KEY_ID_BYTES];
    key_ed25519_id_of(id, key_ed25519(key));
    assert_string_equal(id, golden_text("ed25519.id"));
    key_free(key);
}

/* A high s becomes its twin, a low one stays, and what is no signature is refused. */
static void test_lower(void **state)
{
    (void)state;
    static const char order[] = GROUP_ORDER;
    uint8_t n[32], high[KEY_SIGNATURE_BYTES];
    const uint8_t *seal = golden_fixed("entry1.seal", KEY_SIGNATURE_BYTES);
    assert_int_equal(text_from_hex(order, n, sizeof n), STATUS_OK);
    memcpy(high, seal, sizeof high);
    assert_int_equal(key_lower(high), STATUS_OK);
    assert_memory_equal(high, seal, sizeof high);
    int borrow = 0;
    for (int i = 31; i >= 0; i--) { /* n - s */
        int difference = n[i] - seal[32 + i] - borrow;
        borrow = difference < 0;
        high[32 + i] = (uint8_t)difference;
    }
    assert_memory_not_equal(high, seal, sizeof high);
    assert_int_equal(key_lower(high), STATUS_OK);
    assert_memory_equal(high, seal, sizeof high);
    memcpy(high + 32, n, sizeof n);
    assert_int_equal(key_lower(high), STATUS_INVALID);
}

/* True where the kernel reports the flag for the mapping that holds address. */
static bool has_mapping_flag(const void *address, const char *flag, bool *is_reported)
{
    char line[512];
    bool is_here = false;
    bool is_set = false;
    *is_reported = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            is_here = (unsigned long)address >= from && (unsigned long)address < to;
        } else if (is_here && strncmp(line, "VmFlags:", 8) == 0) {
            *is_reported = true;
            is_set = strstr(line, flag) != NULL;
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return is_set;
}

static void test_secret_is_locked_and_not_dumped(void **state)
{
    (void)state;
    struct key *key = golden_key();
    bool is_reported = false;
    bool is_undumped = has_mapping_flag(key_public(key), " dd", &is_reported);
    bool is_locked = has_mapping_flag(key_public(key), " lo", &is_reported);
    key_free(key);
    if (!is_reported) {
        skip();
    }
    assert_true(is_undumped);
    assert_true(is_locked || IS_SANITIZED); /* the sanitizers turn mlock into nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_key_and_seals),
        cmocka_unit_test(test_any_changed_bit_is_refused),
        cmocka_unit_test(test_extreme_signatures_are_refused),
        cmocka_unit_test(test_high_s_is_refused),
        cmocka_unit_test(test_coordinates),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_from_secret),
        cmocka_unit_test(test_lower),
        cmocka_unit_test(test_secret_is_locked_and_not_dumped),
    };
    log_set_level(LOG_LEVEL_OFF); /* refusals are what is tested here */
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
