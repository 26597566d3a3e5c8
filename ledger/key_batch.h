#ifndef LEDGER_KEY_BATCH_H
#define LEDGER_KEY_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/key.h"

/*
 * Signatures of one's own, made without a look at each and then looked at together.
 *
 * A signature (r, s) of z by Q holds where R = (z / s) G + (r / s) Q has r as its abscissa (SEC 1, 4.1.4). The signer knows R's other
 * coordinate, too, and so all of a block can be summed: sum R = (sum z / s) G + (sum r / s) Q costs two multiplications of points in all,
 * where one by one each costs one and a half. What this finds: every fault of the machine while signing or adding up. What it does not:
 * signatures chosen so that their errors cancel out, which takes the key (or the logarithm of a point); so it is for what this process
 * has signed itself, and for nothing that came from elsewhere.
 */

/* A signature that has not been verified, with the point that it was made from. Not to be let out before it was. */
struct key_signed {
    uint8_t signature[KEY_SIGNATURE_BYTES];
    unsigned char point[64]; /* R in the library's own form */
};

/* The signature that key_sign makes, unverified. Any thread. */
void key_sign_unverified(const struct key *key, const uint8_t digest[DIGEST_BYTES], struct key_signed *made);

/* One of those together. */
struct key_batch_item {
    const uint8_t *digest; /* DIGEST_BYTES */
    const struct key_signed *made;
};

/* STATUS_OK: all hold, with low s. STATUS_INVALID: at least one does not, or the sums cannot be told (which happens once in 2^128): to be
 * looked at one by one. STATUS_EXHAUSTED: there was no memory to look. count may be 0. Any thread. */
enum status key_batch_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const struct key_batch_item *items, size_t count) NODISCARD;

#endif
