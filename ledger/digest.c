/*
 * SHA-256 under names of our own, so that no other file depends on nettle's calls.
 * Next: entry.c, which hashes the canonical bytes.
 */
#include "ledger/digest.h"

void digest_init(struct digest *digest)
{
    sha256_init(&digest->context);
}

void digest_update(struct digest *digest, const void *bytes, size_t length)
{
    if (length > 0) { /* an empty run may come with a NULL pointer */
        sha256_update(&digest->context, length, bytes);
    }
}

void digest_final(struct digest *digest, uint8_t out[DIGEST_BYTES])
{
    sha256_digest(&digest->context, DIGEST_BYTES, out);
}

void digest_bytes(uint8_t out[DIGEST_BYTES], const void *bytes, size_t length)
{
    struct digest digest;
    digest_init(&digest);
    digest_update(&digest, bytes, length);
    digest_final(&digest, out);
}
