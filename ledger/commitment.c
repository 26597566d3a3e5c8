/*
 * Commitments to personal texts: the ledger keeps the digest for ever, the text and
 * its salt can be erased. The salt is as long as the digest, so that a short text
 * (a telephone number) cannot be guessed from the commitment once the salt is gone.
 */
#include "ledger/commitment.h"

static const char tag[] = "tallystick/commitment/v1\n";

void commitment_make(uint8_t out[DIGEST_BYTES], const uint8_t salt[COMMITMENT_SALT_BYTES],
                     const char *text, size_t length)
{
    struct digest digest;
    digest_init(&digest);
    digest_update(&digest, tag, sizeof tag - 1);
    digest_update(&digest, salt, COMMITMENT_SALT_BYTES);
    digest_update(&digest, text, length);
    digest_final(&digest, out);
}
