/* Compact JWS and their signatures: a golden, each byte of it changed, what is no JWS. Wycheproof's vectors and a reader in
 * Python run in tests/oracle/test_signed_golden.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64url.h"
#include "ledger/jws.h"
#include "ledger/submitter.h"
#include "tests/unit/ledger/golden.h"

static struct submitter_key golden_submitter(void)
{
    struct submitter_key key;
    uint8_t public_key[KEY_PUBLIC_BYTES];
    assert_int_equal(text_from_hex(golden_signed("public"), public_key, sizeof public_key), STATUS_OK);
    assert_int_equal(submitter_key_read(&key, public_key), STATUS_OK);
    return key;
}

/* A copy without a NUL or anything else behind it, so that a read beyond its end is seen by the address sanitizer. */
static char *exact_copy(const char *text, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    return copy;
}

static enum jws_fault read_copy(const char *text, size_t length, struct jws *jws, char **copy)
{
    *copy = exact_copy(text, length);
    return jws_read(*copy, length, jws);
}

/* Whether the text is a JWS that the golden's key signed. */
static bool is_signed(const char *text, size_t length, const struct submitter_key *key)
{
    struct jws jws;
    uint8_t digest[DIGEST_BYTES];
    char *copy = NULL;
    bool is_good = false;
    if (read_copy(text, length, &jws, &copy) == JWS_SOUND) {
        jws_digest(&jws, digest);
        is_good = submitter_verify(key, digest, jws.signature) == STATUS_OK;
    }
    free(copy);
    return is_good;
}

static void test_golden(void **state)
{
    static const char *const names[] = { "jws", "jws_high" };
    struct submitter_key key = golden_submitter();
    uint8_t digest[DIGEST_BYTES], wanted[DIGEST_BYTES];
    (void)state;
    assert_int_equal(text_from_hex(golden_signed("digest"), wanted, sizeof wanted), STATUS_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = golden_signed(names[i]), *bytes = NULL;
        size_t length = 0;
        struct jws jws, again;
        assert_int_equal(jws_read(text, strlen(text), &jws), JWS_SOUND);
        jws_digest(&jws, digest);
        assert_memory_equal(digest, wanted, sizeof wanted);
        assert_int_equal(submitter_verify(&key, digest, jws.signature), STATUS_OK);
        assert_int_equal(jws_header(&jws, golden_arena(), &bytes, &length), STATUS_OK);
        assert_int_equal(length, strlen(golden_signed("header")));
        assert_string_equal(bytes, golden_signed("header"));
        assert_int_equal(jws_payload(&jws, golden_arena(), &bytes, &length), STATUS_OK);
        assert_int_equal(length, strlen(golden_signed("payload")));
        assert_string_equal(bytes, golden_signed("payload"));
        assert_int_equal(jws_read_input(jws.input, jws.input_length, jws.signature, &again), JWS_SOUND);
        assert_memory_equal(&again, &jws, sizeof jws);
    }
    uint8_t digest_of_none[DIGEST_BYTES] = { 0 };
    uint8_t none[KEY_SIGNATURE_BYTES] = { 0 };
    assert_int_equal(submitter_verify(&key, digest_of_none, none), STATUS_INVALID);
}

/* Every bit of every character: refused, or (the case of a letter in the signature's s, say) not what was signed. */
static void test_every_byte_changed(void **state)
{
    struct submitter_key key = golden_submitter();
    const char *text = golden_signed("jws");
    size_t length = strlen(text);
    struct jws whole;
    size_t sound = 0;
    (void)state;
    assert_true(is_signed(text, length, &key));
    assert_int_equal(jws_read(text, length, &whole), JWS_SOUND);
    for (size_t at = 0; at < length; at++) {
        for (int byte = 0; byte < 256; byte++) {
            struct jws jws;
            char *copy = exact_copy(text, length);
            copy[at] = (char)byte;
            if (copy[at] != text[at] && jws_read(copy, length, &jws) == JWS_SOUND) {
                sound++;
                assert_true(jws.input_length != whole.input_length || memcmp(jws.input, text, whole.input_length) != 0 ||
                            memcmp(jws.signature, whole.signature, sizeof whole.signature) != 0);
            }
            free(copy);
        }
        for (int bit = 0; bit < 8; bit++) {
            char *copy = exact_copy(text, length);
            copy[at] = (char)(copy[at] ^ (1 << bit));
            assert_false(is_signed(copy, length, &key));
            free(copy);
        }
    }
    assert_true(sound > length * 50); /* most letters may stand in most places: it is the signature that tells */
}

static void test_every_byte_missing_or_doubled(void **state)
{
    struct submitter_key key = golden_submitter();
    const char *text = golden_signed("jws");
    size_t length = strlen(text);
    (void)state;
    for (size_t at = 0; at < length; at++) {
        char *copy = exact_copy(text, length + 1);
        memmove(copy + at, copy + at + 1, length - at - 1);
        assert_false(is_signed(copy, length - 1, &key));
        memcpy(copy, text, at + 1);
        memcpy(copy + at + 1, text + at, length - at);
        assert_false(is_signed(copy, length + 1, &key));
        assert_false(is_signed(text, at, &key));
        free(copy);
    }
}

static void test_what_is_no_jws(void **state)
{
    static const char sig[] = "PBkL5fTOJj16GX08gc5FMcK81MsdkPjaLCq7YgS2HagJeuMk0ZWopxoeZujm9oDyC0l-snq3LWrqDNaWDiVX9g";
    const struct { const char *head; const char *signature; enum jws_fault fault; } cases[] = {
        { "", "", JWS_PARTS }, { ".", "", JWS_PARTS }, { "e30", "", JWS_PARTS }, { "e30.e30", "", JWS_PARTS },
        { "e30.e30.", sig, JWS_SOUND },
        { "e30.e30.e30.", sig, JWS_PARTS }, { "e30.e30..", sig, JWS_PARTS }, { ".e30.e30.", sig, JWS_PARTS },
        { ".e30.", sig, JWS_HEADER }, { "e.e30.", sig, JWS_HEADER }, { "e30=.e30.", sig, JWS_HEADER }, { " e30.e30.", sig, JWS_HEADER },
        { "e31.e30.", sig, JWS_HEADER } /* bits behind the last byte */, { "e3+.e30.", sig, JWS_HEADER },
        { "\xef\xbb\xbf" "e30.e30.", sig, JWS_HEADER },
        { "e30..", sig, JWS_PAYLOAD } /* detached */, { "e30.e.", sig, JWS_PAYLOAD }, { "e30.e30=.", sig, JWS_PAYLOAD },
        { "e30.e31.", sig, JWS_PAYLOAD }, { "e30.e30\n.", sig, JWS_PAYLOAD }, { "e30.e/0.", sig, JWS_PAYLOAD },
        { "e30.e30.", "", JWS_SIGNATURE }, { "e30.e30.", "AAAA", JWS_SIGNATURE },
        { "e.e.", "AAAA", JWS_HEADER }, { "e30.e.", "AAAA", JWS_PAYLOAD },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jws jws;
        char *copy = NULL;
        const char *text = arena_format(golden_arena(), "%s%s", cases[i].head, cases[i].signature);
        enum jws_fault fault = read_copy(text, strlen(text), &jws, &copy);
        if (fault != cases[i].fault) {
            fail_msg("%s: %d", text, (int)fault);
        }
        assert_true(fault == JWS_SOUND || jws_fault_text(fault)[0] != 0);
        free(copy);
    }
    static const char *const behind[] = { "=", "==", "\n", " ", ".", "A", "\r\n" };
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        struct jws jws;
        char *copy = NULL;
        const char *text = arena_format(golden_arena(), "e30.e30.%s%s", sig, behind[i]);
        assert_int_not_equal(read_copy(text, strlen(text), &jws, &copy), JWS_SOUND);
        free(copy);
        text = arena_format(golden_arena(), "%se30.e30.%s", behind[i], sig);
        bool is_letter = behind[i][0] == 'A'; /* before the header it is one more of its characters */
        assert_int_equal(read_copy(text, strlen(text), &jws, &copy) == JWS_SOUND, is_letter);
        free(copy);
    }
    char *copy = exact_copy("e30.e30\0.", 9); /* a NUL ends nothing */
    struct jws jws;
    assert_int_not_equal(jws_read(copy, 9, &jws), JWS_SOUND);
    free(copy);
}

/* The last character of a signature has four bits to spare: each of the other fifteen texts of the same bytes is refused. */
static void test_one_text_for_each_signature(void **state)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *text = golden_signed("jws");
    size_t length = strlen(text), sound = 0;
    (void)state;
    for (size_t i = 0; alphabet[i] != 0; i++) {
        struct jws jws;
        char *copy = exact_copy(text, length);
        copy[length - 1] = alphabet[i];
        sound += jws_read(copy, length, &jws) == JWS_SOUND;
        free(copy);
    }
    assert_int_equal(sound, 4);
}

static void test_long_parts(void **state)
{
    static const size_t lengths[] = { 4, 252, 255, 256, 257, 258, 260, 508, 512, 516, 65536, 1000000 };
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const char *bytes = NULL;
        size_t length = 0;
        struct jws jws;
        char *text = malloc(lengths[i] + 100);
        assert_non_null(text);
        memcpy(text, "e30.", 4);
        memset(text + 4, 'A', lengths[i]);
        text[4 + lengths[i]] = '.';
        memset(text + 5 + lengths[i], 'A', 86);
        bool is_possible = lengths[i] % 4 != 1;
        assert_int_equal(jws_read(text, lengths[i] + 91, &jws), is_possible ? JWS_SOUND : JWS_PAYLOAD);
        if (is_possible) {
            assert_int_equal(jws_payload(&jws, golden_arena(), &bytes, &length), STATUS_OK);
            assert_int_equal(length, lengths[i] * 3 / 4);
        }
        text[4 + lengths[i] / 2] = '=';
        assert_int_equal(jws_read(text, lengths[i] + 91, &jws), JWS_PAYLOAD);
        free(text);
    }
}

static void test_coordinates(void **state)
{
    uint8_t x[BASE64URL_BYTES_MAX(43)], y[BASE64URL_BYTES_MAX(43)], made[KEY_PUBLIC_BYTES], wanted[KEY_PUBLIC_BYTES];
    size_t length = 0;
    struct submitter_key key;
    (void)state;
    assert_int_equal(base64url_decode(golden_signed("x"), 43, x, &length), STATUS_OK);
    assert_int_equal(base64url_decode(golden_signed("y"), 43, y, &length), STATUS_OK);
    assert_int_equal(text_from_hex(golden_signed("public"), wanted, sizeof wanted), STATUS_OK);
    assert_int_equal(submitter_key_from_coordinates(made, x, y), STATUS_OK);
    assert_memory_equal(made, wanted, sizeof wanted);
    y[31] ^= 1;
    assert_int_equal(submitter_key_from_coordinates(made, x, y), STATUS_INVALID);
    memset(x, 0, 32);
    memset(y, 0, 32);
    assert_int_equal(submitter_key_from_coordinates(made, x, y), STATUS_INVALID);
    memset(x, 0xff, 32);
    assert_int_equal(submitter_key_from_coordinates(made, x, y), STATUS_INVALID);
    wanted[0] = 4;
    assert_int_equal(submitter_key_read(&key, wanted), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_every_byte_missing_or_doubled),
        cmocka_unit_test(test_what_is_no_jws),
        cmocka_unit_test(test_one_text_for_each_signature),
        cmocka_unit_test(test_long_parts),
        cmocka_unit_test(test_coordinates),
    };
    return cmocka_run_group_tests_name("jws", tests, NULL, NULL);
}
