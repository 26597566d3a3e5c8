/* Cosignatures, against one that tests/http/cosign.py made with another library (OpenSSL's Ed25519 behind Python's cryptography). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cosignature.h"
#include "ledger/key.h"

#define TEXT "ledger.example/golden\n4\nzghE3/LH9dU4sPknorLXf3K8wTVDCb4QXcOCN7k1HaE=\n"
#define VKEY "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define CODE "519lMgAAAABqsTuAO3nVjwP+sUOjelBojLgzheI7UVXY5TBz24wkEcrLbrtWeUY8DvCKPJk4Qh2f6ahD2YlqsxPc6cDL9+ZA97V4Aw=="
#define LINE "\xe2\x80\x94 witness.example/w1 " CODE "\n"

static struct cosigner cosigner;
static uint8_t seed[ED25519_SEED_BYTES]; /* 0, 1, 2, ... */

static int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)i;
    }
    return key_library_open() == STATUS_OK && cosigner_read(&cosigner, VKEY, strlen(VKEY)) == STATUS_OK ? 0 : -1;
}

static void test_known(void **state)
{
    (void)state;
    static const char bytes[] = TEXT "\n" LINE;
    struct note note;
    uint8_t signature[COSIGNATURE_BYTES], made[COSIGNATURE_BYTES];
    int64_t time = 0;
    assert_int_equal(note_read(&note, bytes, strlen(bytes)), STATUS_OK);
    assert_int_equal(cosignature_find(&cosigner, &note, signature, &time), STATUS_OK);
    assert_int_equal(time, 1790000000);
    assert_int_equal(cosignature_make(&cosigner, seed, TEXT, strlen(TEXT), time, made), STATUS_OK);
    assert_memory_equal(made, signature, sizeof made); /* Ed25519 has one signature for a key and a message */
}

static void test_keys(void **state)
{
    (void)state;
    struct buffer out;
    struct cosigner again;
    uint8_t public_key[ED25519_PUBLIC_BYTES];
    ed25519_public(public_key, seed);
    cosigner_init(&again, "witness.example/w1", public_key);
    assert_memory_equal(&again, &cosigner, sizeof again);
    buffer_init(&out);
    cosigner_write(&out, &cosigner);
    assert_string_equal(out.bytes, VKEY);
    buffer_reset(&out);
    note_key_write(&out, "w", "\1" VKEY, 33); /* Ed25519 of ordinary notes */
    assert_int_equal(cosigner_read(&again, out.bytes, out.length), STATUS_INVALID);
    buffer_fini(&out);
    for (size_t length = 0; length < strlen(VKEY); length++) { /* cut anywhere */
        assert_int_equal(cosigner_read(&again, VKEY, length), STATUS_INVALID);
    }
    char changed[] = VKEY;
    for (size_t i = 0; i < strlen(VKEY); i++) { /* any byte another one: the hash shows it */
        changed[i] ^= 1;
        assert_int_equal(cosigner_read(&again, changed, strlen(changed)), STATUS_INVALID);
        changed[i] ^= 1;
    }
    static const char *const bad[] = { "", "+", "++", "w++", "w+00000000", "w+00000000+", "w+0000000+BAAA", "+e75f6532+BAOh" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cosigner_read(&again, bad[i], strlen(bad[i])), STATUS_INVALID);
    }
}

static void test_every_bit(void **state)
{
    (void)state;
    uint8_t signature[COSIGNATURE_BYTES];
    char text[] = TEXT;
    int64_t time = 7;
    assert_int_equal(cosignature_make(&cosigner, seed, text, strlen(text), 1, signature), STATUS_OK);
    for (size_t i = 0; i < sizeof signature * 8; i++) {
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(cosignature_verify(&cosigner, text, strlen(text), signature, &time), STATUS_INVALID);
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < strlen(TEXT); i++) {
        text[i] ^= 1;
        assert_int_equal(cosignature_verify(&cosigner, text, strlen(text), signature, &time), STATUS_INVALID);
        text[i] ^= 1;
    }
    assert_int_equal(time, 7);
    assert_int_equal(cosignature_verify(&cosigner, text, strlen(text), signature, &time), STATUS_OK);
    assert_int_equal(time, 1);
    assert_int_equal(cosignature_make(&cosigner, seed, text, strlen(text), COSIGNATURE_TIME_MAX, signature), STATUS_OK);
    assert_int_equal(cosignature_verify(&cosigner, text, strlen(text), signature, &time), STATUS_OK);
    assert_int_equal(time, COSIGNATURE_TIME_MAX);
    memset(signature, 0, 8);
    assert_int_equal(cosignature_verify(&cosigner, text, strlen(text), signature, &time), STATUS_INVALID);
}

/* Which lines count: the newest, and none where one is wrong. */
static void test_lines(void **state)
{
    (void)state;
    struct note note;
    struct buffer bytes;
    uint8_t signature[COSIGNATURE_BYTES];
    int64_t time = 0;
    buffer_init(&bytes);
    buffer_text(&bytes, TEXT "\n");
    assert_int_equal(note_read(&note, bytes.bytes, bytes.length), STATUS_OK);
    assert_int_equal(cosignature_find(&cosigner, &note, signature, &time), STATUS_ABSENT);
    static const int64_t times[] = { 5, 9, 7 };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(cosignature_make(&cosigner, seed, TEXT, strlen(TEXT), times[i], signature), STATUS_OK);
        note_line_write(&bytes, cosigner.name, cosigner.hash, signature, sizeof signature);
    }
    assert_int_equal(note_read(&note, bytes.bytes, bytes.length), STATUS_OK);
    assert_int_equal(cosignature_find(&cosigner, &note, signature, &time), STATUS_OK);
    assert_int_equal(time, 9);
    signature[20] ^= 1;
    note_line_write(&bytes, cosigner.name, cosigner.hash, signature, sizeof signature);
    assert_int_equal(note_read(&note, bytes.bytes, bytes.length), STATUS_OK);
    assert_int_equal(cosignature_find(&cosigner, &note, signature, &time), STATUS_INVALID);
    note_line_write(&bytes, cosigner.name, cosigner.hash, signature, sizeof signature - 1);
    assert_int_equal(note_read(&note, bytes.bytes, bytes.length), STATUS_OK);
    assert_int_equal(cosignature_find(&cosigner, &note, signature, &time), STATUS_INVALID);
    buffer_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_keys), cmocka_unit_test(test_every_bit), cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
