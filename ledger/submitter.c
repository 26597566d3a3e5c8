/*
 * Verifying what organisations signed, on libsecp256k1. No secret is involved, so the library's static context does.
 * Next: jws.c, which says what was signed.
 */
#include "ledger/submitter.h"

#include <assert.h>
#include <string.h>

#include <secp256k1.h>

_Static_assert(sizeof(secp256k1_pubkey) == sizeof((struct submitter_key *)0)->point, "the key has room for the library's form");

enum status submitter_key_read(struct submitter_key *key, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, public_key, KEY_PUBLIC_BYTES) != 1) {
        return STATUS_INVALID;
    }
    memcpy(key->point, &point, sizeof point);
    return STATUS_OK;
}

enum status submitter_key_from_coordinates(uint8_t public_key[KEY_PUBLIC_BYTES], const uint8_t x[32], const uint8_t y[32])
{
    secp256k1_pubkey point;
    uint8_t whole[65] = { 0x04 };
    size_t length = KEY_PUBLIC_BYTES;
    memcpy(whole + 1, x, 32);
    memcpy(whole + 33, y, 32);
    if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, whole, sizeof whole) != 1) {
        return STATUS_INVALID;
    }
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, public_key, &length, &point, SECP256K1_EC_COMPRESSED);
    assert(length == KEY_PUBLIC_BYTES);
    return STATUS_OK;
}

enum status submitter_verify(const struct submitter_key *key, const uint8_t digest[DIGEST_BYTES],
                             const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    secp256k1_pubkey point;
    secp256k1_ecdsa_signature parsed, low;
    memcpy(&point, key->point, sizeof point);
    if (secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &parsed, signature) != 1) {
        return STATUS_INVALID;
    }
    secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &low, &parsed);
    return secp256k1_ecdsa_verify(secp256k1_context_static, &low, digest, &point) == 1 ? STATUS_OK : STATUS_INVALID;
}
