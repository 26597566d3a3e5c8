#ifndef LEDGER_KEY_H
#define LEDGER_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"

/*
 * Keys on secp256k1: ECDSA over a SHA-256 digest, deterministic nonces (RFC 6979),
 * low-S, 64-byte compact signatures (r then s, big-endian).
 */

enum {
    KEY_PUBLIC_BYTES = 33,    /* compressed point */
    KEY_SIGNATURE_BYTES = 64,
    KEY_ID_BYTES = 17         /* 16 hexadecimal digits and a NUL */
};

/* A secret key with its public half. The struct lives in locked memory that is left
 * out of core dumps, and is wiped before it is freed. */
struct key;

/* Makes the process's one secp256k1 context and randomises it. Once, before any
 * other thread; later calls do nothing. STATUS_IO without random bytes. */
enum status key_library_open(void) NODISCARD;

/* A new random key. */
enum status key_generate(struct key **key) NODISCARD;

/* Reads a key file: 64 hexadecimal digits and a line feed. STATUS_ABSENT where there
 * is none, STATUS_INVALID where it is not such a file or others may read it (mode bits
 * beyond 0600), STATUS_IO else. Logs what is wrong, never the key. */
enum status key_load(const char *path, struct key **key) NODISCARD;

/* Writes a new key file with mode 0600 (O_EXCL), synced, its directory too.
 * STATUS_CONFLICT where the file exists. */
enum status key_save(const struct key *key, const char *path) NODISCARD;

/* Wipes and frees; NULL does nothing. */
void key_free(struct key *key);

/* Borrowed until key_free. */
const uint8_t *key_public(const struct key *key);
const char *key_id(const struct key *key);

/* The id of a public key: the first 16 hexadecimal digits of SHA-256 of its 33 bytes. */
void key_id_of(char out[KEY_ID_BYTES], const uint8_t public_key[KEY_PUBLIC_BYTES]);

/* Signs a digest, then verifies the signature and asserts that it holds. Any thread. */
void key_sign(const struct key *key, const uint8_t digest[DIGEST_BYTES], uint8_t signature[KEY_SIGNATURE_BYTES]);

/* STATUS_OK where signature is a valid low-S signature of digest by public_key;
 * STATUS_INVALID else (malformed key, r or s out of range, high S, mismatch). Any thread. */
enum status key_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const uint8_t digest[DIGEST_BYTES],
                       const uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;

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
