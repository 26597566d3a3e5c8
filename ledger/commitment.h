#ifndef LEDGER_COMMITMENT_H
#define LEDGER_COMMITMENT_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/digest.h"

enum { COMMITMENT_SALT_BYTES = 32, COMMITMENT_HEX_BYTES = 65 };

/* What an entry holds in the place of a personal text:
 * SHA-256("tallystick/commitment/v1\n" || 32-byte salt || UTF-8 text). */
void commitment_make(uint8_t out[DIGEST_BYTES], const uint8_t salt[COMMITMENT_SALT_BYTES],
                     const char *text, size_t length);

#endif
