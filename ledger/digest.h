#ifndef LEDGER_DIGEST_H
#define LEDGER_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include <nettle/sha2.h>

/* SHA-256 (FIPS 180-4), by nettle. No failure, no allocation; any thread. */

enum { DIGEST_BYTES = 32 };

struct digest {
    struct sha256_ctx context;
};

void digest_init(struct digest *digest);
void digest_update(struct digest *digest, const void *bytes, size_t length);
void digest_final(struct digest *digest, uint8_t out[DIGEST_BYTES]);

/* The digest of one run of bytes. */
void digest_bytes(uint8_t out[DIGEST_BYTES], const void *bytes, size_t length);

#endif
