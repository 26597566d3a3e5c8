#ifndef LEDGER_KEY_H
#define LEDGER_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/ed25519.h"

/*
 * Keys on secp256k1: ECDSA over a SHA-256 digest, deterministic nonces (RFC 6979),
 * low-S, 64-byte compact signatures (r then s, big-endian). A node's key may have a second half, an
 * Ed25519 key, for checkpoints alone.
 */

enum {
    KEY_PUBLIC_BYTES = 33,    /* compressed point */
    KEY_SECRET_BYTES = 32,
    KEY_SIGNATURE_BYTES = 64,
    KEY_ID_BYTES = 17,        /* 16 hexadecimal digits and a NUL */
    KEY_TEXT_BYTES_MAX = 2 * (2 * KEY_SECRET_BYTES + 1) /* key_write: two lines */
};

/* A secret key with its public half. The struct lives in locked memory that is left
 * out of core dumps, and is wiped before it is freed. */
struct key;

/* Makes the process's one secp256k1 context and randomises it, and opens ed25519.h's library. Once, before any
 * other thread; later calls do nothing. STATUS_IO without random bytes. */
enum status key_library_open(void) NODISCARD;

/* A new random key, with both halves. */
enum status key_generate(struct key **key) NODISCARD;

/* The key of a secret scalar and, unless seed is NULL, of an Ed25519 seed; both are copied and remain the caller's to wipe.
 * STATUS_INVALID where the scalar is 0 or not below the order. */
enum status key_from_secret(const uint8_t secret[KEY_SECRET_BYTES], const uint8_t seed[ED25519_SEED_BYTES],
                            struct key **key) NODISCARD;

/* A key as text, which is what key files hold: the scalar in 64 hexadecimal digits and a line feed; where it has a second
 * half, the seed likewise. STATUS_INVALID for anything else, without a word to the log. */
enum status key_read(const char *text, size_t length, struct key **key) NODISCARD;

/* Returns the length. text is locked memory (secret.h) of the caller's. */
size_t key_write(const struct key *key, char text[KEY_TEXT_BYTES_MAX]);

/* Wipes and frees; NULL does nothing. */
void key_free(struct key *key);

/* Borrowed until key_free. */
const uint8_t *key_public(const struct key *key);
const char *key_id(const struct key *key);
const uint8_t *key_ed25519(const struct key *key); /* public; NULL where there is no second half */

/* The id of a public key: the first 16 hexadecimal digits of SHA-256 of its 33 (Ed25519: 32) bytes. */
void key_id_of(char out[KEY_ID_BYTES], const uint8_t public_key[KEY_PUBLIC_BYTES]);
void key_ed25519_id_of(char out[KEY_ID_BYTES], const uint8_t public_key[ED25519_PUBLIC_BYTES]);

/* Signs a digest, then verifies the signature and asserts that it holds. Any thread. */
void key_sign(const struct key *key, const uint8_t digest[DIGEST_BYTES], uint8_t signature[KEY_SIGNATURE_BYTES]);

/* The same by the second half, which must be there (asserted), of a whole message. Any thread. */
void key_sign_message(const struct key *key, const void *message, size_t length, uint8_t signature[ED25519_SIGNATURE_BYTES]);

/* STATUS_OK where signature is a valid low-S signature of digest by public_key;
 * STATUS_INVALID else (malformed key, r or s out of range, high S, mismatch). Any thread. */
enum status key_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const uint8_t digest[DIGEST_BYTES],
                       const uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;

/* Replaces a high s by its lower twin, in place: half of what other signers make has one. STATUS_INVALID where r or s is out of
 * range. */
enum status key_lower(uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;
/* key_verify in two parts for who verifies many signatures of one key: taking the key apart is a tenth of the work. A malformed
 * key makes a verifier that finds every signature STATUS_INVALID. Any thread; key_verifier_check by several at once. */
struct key_verifier {
    unsigned char point[64]; /* the library's own form */
    bool is_key;
};
void key_verifier_init(struct key_verifier *verifier, const uint8_t public_key[KEY_PUBLIC_BYTES]);
enum status key_verifier_check(const struct key_verifier *verifier, const uint8_t digest[DIGEST_BYTES],
                               const uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;

/* The affine coordinates of a public key, for a JWK; STATUS_INVALID for a bad point. */
enum status key_coordinates(const uint8_t public_key[KEY_PUBLIC_BYTES], uint8_t x[32], uint8_t y[32]) NODISCARD;

#endif
