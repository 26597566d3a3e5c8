#ifndef LEDGER_SUBMITTER_H
#define LEDGER_SUBMITTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/key.h"

/*
 * Signatures of those who send commands: ECDSA over secp256k1 with SHA-256, r then s, as ES256K (RFC 8812) has them. The
 * difference from key_verify, which checks the node's seals: s may lie in the upper half of the order, as half of what
 * stock libraries make does. Verifying takes the lower twin; the bytes stay as they came, so that what was signed and sent
 * is what is kept. All functions may be called by any thread.
 */

#define SUBMITTER_ALGORITHM "ES256K"

/* A public key whose point has been worked out, for more than one signature: that costs a tenth of a verification. */
struct submitter_key {
    uint8_t point[64]; /* the library's own form */
};

/* STATUS_INVALID where the 33 bytes are no point of the curve. */
enum status submitter_key_read(struct submitter_key *key, const uint8_t public_key[KEY_PUBLIC_BYTES]) NODISCARD;

/* The 33 bytes of the point with these coordinates; STATUS_INVALID where it is none of the curve. */
enum status submitter_key_from_coordinates(uint8_t public_key[KEY_PUBLIC_BYTES], const uint8_t x[32],
                                           const uint8_t y[32]) NODISCARD;

/* STATUS_OK where signature is one of digest by key, with a low or a high s; STATUS_INVALID else (r or s zero or out of
 * range, mismatch). */
enum status submitter_verify(const struct submitter_key *key, const uint8_t digest[DIGEST_BYTES],
                             const uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;

#endif
