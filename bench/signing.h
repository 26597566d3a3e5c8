#ifndef BENCH_SIGNING_H
#define BENCH_SIGNING_H

/*
 * Signed commands to measure with: intakes of one piece, each of a lot of its own, so that each is a supply of its own. Whoever includes
 * this defines fail().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/digest.h"
#include "ledger/key.h"

enum { SIGNING_ID_BYTES = 64, SIGNING_BODY_BYTES = 320, SIGNING_TEXT_BYTES = 2048 };

static _Noreturn void fail(const char *what, const char *why);

/* Secret 1: a key that anybody has. */
static inline struct key *signing_key(void)
{
    static const uint8_t secret[KEY_SECRET_BYTES] = { [KEY_SECRET_BYTES - 1] = 1 };
    struct key *key = NULL;
    if (key_library_open() != STATUS_OK || key_from_secret(secret, NULL, &key) != STATUS_OK) {
        fail("key", "cannot be made");
    }
    return key;
}

/* The public half as a JWK. */
static inline void signing_jwk(const struct key *key, char out[SIGNING_BODY_BYTES])
{
    uint8_t x[32], y[32];
    char x_text[TEXT_BASE64_BYTES(32)], y_text[TEXT_BASE64_BYTES(32)];
    if (key_coordinates(key_public(key), x, y) != STATUS_OK) {
        fail("key", "is no point");
    }
    text_to_base64url(x_text, x, sizeof x);
    text_to_base64url(y_text, y, sizeof y);
    snprintf(out, SIGNING_BODY_BYTES, "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"%s\",\"y\":\"%s\"}", x_text, y_text);
}

/* The id of the number-th intake's supply, SIGNING_ID_BYTES, and its body, SIGNING_BODY_BYTES. */
static inline void signing_intake(const char *prefix, long long number, char *id, char *body)
{
    snprintf(id, SIGNING_ID_BYTES, "%.40s-%lld", prefix, number);
    snprintf(body, SIGNING_BODY_BYTES, "{\"id\":\"%s\",\"site\":\"SITE-A\",\"item\":\"MASK\",\"lot\":\"L-%s\",\"quantity\":1,\"source\":\"found\"}",
             id, id);
}

/* The compact JWS of such an intake; its idempotency key is its supply's id. */
static inline void signing_jws(const struct key *key, const char *log, const char *id, const char *body, char out[SIGNING_TEXT_BYTES])
{
    char header[128], payload[1024];
    uint8_t digest[DIGEST_BYTES], signature[KEY_SIGNATURE_BYTES];
    snprintf(header, sizeof header, "{\"alg\":\"ES256K\",\"kid\":\"%s\"}", key_id(key));
    snprintf(payload, sizeof payload, "{\"log\":\"%s\",\"kind\":\"supply.intake\",\"id\":\"%s\",\"new_id\":\"%s\",\"body\":%s}", log, id, id, body);
    size_t length = text_to_base64url(out, header, strlen(header));
    out[length++] = '.';
    length += text_to_base64url(out + length, payload, strlen(payload));
    digest_bytes(digest, out, length);
    key_sign(key, digest, signature);
    out[length++] = '.';
    text_to_base64url(out + length, signature, sizeof signature);
}

#endif
