#ifndef LEDGER_ED25519_H
#define LEDGER_ED25519_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * Ed25519 (RFC 8032, section 5.1, the pure form), by nettle's hogweed: what signs checkpoints so that public witnesses
 * take them. Any thread, once the library is open.
 */

enum { ED25519_SEED_BYTES = 32, ED25519_PUBLIC_BYTES = 32, ED25519_SIGNATURE_BYTES = 64 };

/* Gives the library memory to compute in, which is wiped when it is given back. Once, before any other thread. */
void ed25519_library_open(void);

/* The public key of a seed, which is the secret key of RFC 8032. */
void ed25519_public(uint8_t public_key[ED25519_PUBLIC_BYTES], const uint8_t seed[ED25519_SEED_BYTES]);

/* public_key is that of seed: with another one the signature would give the secret away, so it is verified, and asserted
 * to hold, before it leaves this function. */
void ed25519_sign(const uint8_t public_key[ED25519_PUBLIC_BYTES], const uint8_t seed[ED25519_SEED_BYTES],
                  const void *message, size_t length, uint8_t signature[ED25519_SIGNATURE_BYTES]);

/* STATUS_OK where signature is public_key's of message; STATUS_INVALID else (no point, s not below the order, mismatch). */
enum status ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_BYTES], const void *message, size_t length,
                           const uint8_t signature[ED25519_SIGNATURE_BYTES]) NODISCARD;

/* Whether it is one of the points of order 1, 2, 4 or 8, in any encoding (RFC 8032, section 5.1.3, and those whose y is not below
 * 2^255 - 19): nobody has the seed of one, and anybody can make signatures that fit it. */
bool ed25519_is_small_order(const uint8_t public_key[ED25519_PUBLIC_BYTES]);

#endif
