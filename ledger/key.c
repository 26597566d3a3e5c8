/*
 * A secret key and what it signs, and the verifying of signatures, on libsecp256k1. The secret
 * lies in a page of its own that is locked into memory, left out of core dumps and
 * wiped at the end; this file keeps no copy of it on the stack or the heap. Next: key_file.c, where keys lie;
 * signer.c, who signs for the node.
 */
#include "ledger/key.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/random.h"
#include "base/text.h"
#include "ledger/key_batch.h"
#include "ledger/key_library.h"
#include "ledger/secret.h"

enum { DIGITS = 2 * KEY_SECRET_BYTES, LINE_BYTES = DIGITS + 1 };

_Static_assert((int)ED25519_SEED_BYTES == (int)KEY_SECRET_BYTES, "both lines of a key's text are alike");

/*
 * Invariants of a finished key:
 *  1. secret is a valid scalar, and point, compressed and id are those of secret;
 *  2. where has_ed25519, ed25519 is the public key of seed; else both are zeros;
 *  3. digits is zeros: it is only a place, in locked memory, for a line of a key's text.
 */
struct key {
    uint8_t secret[KEY_SECRET_BYTES];
    uint8_t seed[ED25519_SEED_BYTES];
    char digits[DIGITS + 1];
    bool has_ed25519;
    secp256k1_pubkey point;
    uint8_t compressed[KEY_PUBLIC_BYTES];
    uint8_t ed25519[ED25519_PUBLIC_BYTES];
    char id[KEY_ID_BYTES];
};

/* Written once by key_library_open, before other threads run; only read afterwards. */
static secp256k1_context *library;

enum status key_library_open(void)
{
    uint8_t seed[32];
    if (library != NULL) {
        return STATUS_OK;
    }
    enum status status = random_bytes(seed, sizeof seed);
    if (status != STATUS_OK) {
        return status;
    }
    secp256k1_selftest();
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert(context != NULL);
    int is_randomised = secp256k1_context_randomize(context, seed);
    explicit_bzero(seed, sizeof seed);
    assert(is_randomised == 1);
    ed25519_library_open();
    library = context;
    return STATUS_OK;
}

const secp256k1_context *key_library(void)
{
    assert(library != NULL);
    return library;
}

static enum status key_allocate(struct key **key)
{
    void *memory = NULL;
    enum status status = secret_allocate(sizeof **key, &memory);
    if (status == STATUS_OK) {
        *key = memory;
    }
    return status;
}

void key_free(struct key *key)
{
    secret_free(key, sizeof *key);
}

/* Derives the public halves; STATUS_INVALID where the secret is 0 or not below the order. */
static enum status key_finish(struct key *key)
{
    assert(library != NULL);
    if (secp256k1_ec_seckey_verify(library, key->secret) != 1) {
        return STATUS_INVALID;
    }
    size_t length = sizeof key->compressed;
    int is_made = secp256k1_ec_pubkey_create(library, &key->point, key->secret);
    assert(is_made == 1);
    secp256k1_ec_pubkey_serialize(library, key->compressed, &length, &key->point, SECP256K1_EC_COMPRESSED);
    assert(length == KEY_PUBLIC_BYTES);
    key_id_of(key->id, key->compressed);
    if (key->has_ed25519) {
        ed25519_public(key->ed25519, key->seed);
    }
    return STATUS_OK;
}

enum status key_generate(struct key **key)
{
    struct key *made = NULL;
    enum status status = key_allocate(&made);
    if (status != STATUS_OK) {
        return status;
    }
    made->has_ed25519 = true;
    status = random_bytes(made->seed, sizeof made->seed);
    if (status == STATUS_OK) {
        do { /* a second turn happens once in 2^128 */
            status = random_bytes(made->secret, sizeof made->secret);
        } while (status == STATUS_OK && key_finish(made) != STATUS_OK);
    }
    if (status != STATUS_OK) {
        key_free(made);
        return status;
    }
    *key = made;
    return STATUS_OK;
}

enum status key_from_secret(const uint8_t secret[KEY_SECRET_BYTES], const uint8_t seed[ED25519_SEED_BYTES], struct key **key)
{
    struct key *made = NULL;
    enum status status = key_allocate(&made);
    if (status != STATUS_OK) {
        return status;
    }
    memcpy(made->secret, secret, sizeof made->secret);
    made->has_ed25519 = seed != NULL;
    if (seed != NULL) {
        memcpy(made->seed, seed, sizeof made->seed);
    }
    status = key_finish(made);
    if (status != STATUS_OK) {
        key_free(made);
        return status;
    }
    *key = made;
    return STATUS_OK;
}

/* One line of a key's text into bytes, by way of the key's own place for digits. */
static enum status read_line(struct key *key, const char *line, uint8_t bytes[KEY_SECRET_BYTES])
{
    memcpy(key->digits, line, DIGITS);
    key->digits[DIGITS] = 0;
    enum status status = line[DIGITS] == '\n' ? text_from_hex(key->digits, bytes, KEY_SECRET_BYTES) : STATUS_INVALID;
    explicit_bzero(key->digits, sizeof key->digits);
    return status;
}

enum status key_read(const char *text, size_t length, struct key **key)
{
    struct key *made = NULL;
    if (length != LINE_BYTES && length != 2 * LINE_BYTES) {
        return STATUS_INVALID;
    }
    enum status status = key_allocate(&made);
    if (status != STATUS_OK) {
        return status;
    }
    made->has_ed25519 = length == 2 * LINE_BYTES;
    status = read_line(made, text, made->secret);
    if (status == STATUS_OK && made->has_ed25519) {
        status = read_line(made, text + LINE_BYTES, made->seed);
    }
    if (status == STATUS_OK) {
        status = key_finish(made);
    }
    if (status != STATUS_OK) {
        key_free(made);
        return status;
    }
    *key = made;
    return STATUS_OK;
}

/* text_to_hex ends with a NUL, where the line feed then stands. */
size_t key_write(const struct key *key, char text[KEY_TEXT_BYTES_MAX])
{
    text_to_hex(text, key->secret, sizeof key->secret);
    text[LINE_BYTES - 1] = '\n';
    if (!key->has_ed25519) {
        return LINE_BYTES;
    }
    text_to_hex(text + LINE_BYTES, key->seed, sizeof key->seed);
    text[2 * LINE_BYTES - 1] = '\n';
    return 2 * LINE_BYTES;
}

const uint8_t *key_public(const struct key *key)
{
    return key->compressed;
}

const char *key_id(const struct key *key)
{
    return key->id;
}

const uint8_t *key_ed25519(const struct key *key)
{
    return key->has_ed25519 ? key->ed25519 : NULL;
}

static void id_of(char out[KEY_ID_BYTES], const uint8_t *public_key, size_t length)
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(digest, public_key, length);
    text_to_hex(out, digest, (KEY_ID_BYTES - 1) / 2);
}

void key_id_of(char out[KEY_ID_BYTES], const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    id_of(out, public_key, KEY_PUBLIC_BYTES);
}

void key_ed25519_id_of(char out[KEY_ID_BYTES], const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    id_of(out, public_key, ED25519_PUBLIC_BYTES);
}

void key_sign(const struct key *key, const uint8_t digest[DIGEST_BYTES], uint8_t signature[KEY_SIGNATURE_BYTES])
{
    secp256k1_ecdsa_signature made;
    assert(library != NULL);
    int is_signed = secp256k1_ecdsa_sign(library, &made, digest, key->secret, secp256k1_nonce_function_rfc6979, NULL);
    assert(is_signed == 1);
    secp256k1_ecdsa_signature_serialize_compact(library, signature, &made);
    /* A fault while signing (a flipped bit) would give the secret away: read the bytes
     * back that leave this function, and do not let them out unless they verify. */
    secp256k1_ecdsa_signature again;
    int is_read = secp256k1_ecdsa_signature_parse_compact(library, &again, signature);
    assert(is_read == 1);
    int is_valid = secp256k1_ecdsa_verify(library, &again, digest, &key->point);
    assert(is_valid == 1);
}

/* R is the point with r as its abscissa, on the side that the library's recovery number tells. */
void key_sign_unverified(const struct key *key, const uint8_t digest[DIGEST_BYTES], struct key_signed *made)
{
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey point;
    uint8_t compressed[KEY_PUBLIC_BYTES];
    int side = 0;
    static_assert(sizeof point.data == sizeof made->point, "the library's form of a point has another size");
    int is_signed = secp256k1_ecdsa_sign_recoverable(key_library(), &signature, digest, key->secret, secp256k1_nonce_function_rfc6979, NULL);
    assert(is_signed == 1);
    secp256k1_ecdsa_recoverable_signature_serialize_compact(library, made->signature, &side, &signature);
    compressed[0] = (uint8_t)(SECP256K1_TAG_PUBKEY_EVEN + (side & 1));
    memcpy(compressed + 1, made->signature, 32);
    if (secp256k1_ec_pubkey_parse(library, &point, compressed, sizeof compressed) == 1) {
        memcpy(made->point, point.data, sizeof point.data);
    } else { /* a fault, or an abscissa above the order, once in 2^128: the key's own point, with which nothing adds up */
        memcpy(made->point, key->point.data, sizeof made->point);
    }
}

void key_sign_message(const struct key *key, const void *message, size_t length, uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    assert(key->has_ed25519);
    ed25519_sign(key->ed25519, key->seed, message, length, signature);
}

void key_verifier_init(struct key_verifier *verifier, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    secp256k1_pubkey point;
    static_assert(sizeof point.data == sizeof verifier->point, "the library's form of a point has another size");
    assert(library != NULL);
    verifier->is_key = secp256k1_ec_pubkey_parse(library, &point, public_key, KEY_PUBLIC_BYTES) == 1;
    memcpy(verifier->point, point.data, sizeof verifier->point);
}

enum status key_verifier_check(const struct key_verifier *verifier, const uint8_t digest[DIGEST_BYTES],
                               const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    secp256k1_pubkey point;
    secp256k1_ecdsa_signature parsed;
    assert(library != NULL);
    if (!verifier->is_key || secp256k1_ecdsa_signature_parse_compact(library, &parsed, signature) != 1) {
        return STATUS_INVALID;
    }
    memcpy(point.data, verifier->point, sizeof point.data);
    /* The library's verify accepts low S only. */
    return secp256k1_ecdsa_verify(library, &parsed, digest, &point) == 1 ? STATUS_OK : STATUS_INVALID;
}

enum status key_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const uint8_t digest[DIGEST_BYTES],
                       const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    struct key_verifier verifier;
    key_verifier_init(&verifier, public_key);
    return key_verifier_check(&verifier, digest, signature);
}

enum status key_lower(uint8_t signature[KEY_SIGNATURE_BYTES])
{
    secp256k1_ecdsa_signature parsed, low;
    assert(library != NULL);
    if (secp256k1_ecdsa_signature_parse_compact(library, &parsed, signature) != 1) {
        return STATUS_INVALID;
    }
    secp256k1_ecdsa_signature_normalize(library, &low, &parsed);
    secp256k1_ecdsa_signature_serialize_compact(library, signature, &low);
    return STATUS_OK;
}

enum status key_coordinates(const uint8_t public_key[KEY_PUBLIC_BYTES], uint8_t x[32], uint8_t y[32])
{
    secp256k1_pubkey point;
    uint8_t bytes[65];
    size_t length = sizeof bytes;
    assert(library != NULL);
    if (secp256k1_ec_pubkey_parse(library, &point, public_key, KEY_PUBLIC_BYTES) != 1) {
        return STATUS_INVALID;
    }
    secp256k1_ec_pubkey_serialize(library, bytes, &length, &point, SECP256K1_EC_UNCOMPRESSED);
    assert(length == sizeof bytes);
    memcpy(x, bytes + 1, 32);
    memcpy(y, bytes + 33, 32);
    return STATUS_OK;
}
