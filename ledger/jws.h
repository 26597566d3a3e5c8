#ifndef LEDGER_JWS_H
#define LEDGER_JWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/key.h"

/*
 * The compact form of a JWS (RFC 7515, 3.1): header, payload and signature in base64url without padding, with a dot
 * between each. This is the part about bytes; what header and payload say, as JSON, is read in rules/signed.c.
 *
 *   eyJhbGciOiJFUzI1Nksi... . eyJsb2ciOiJ0YWxseXN0aW... . MEUCIQDt...
 *   |------------ the signing input ----------------|
 *
 * What is signed is the text before the second dot, as it came.
 */

enum jws_fault {
    JWS_SOUND,
    JWS_PARTS,       /* not three parts with two dots */
    JWS_HEADER,      /* no base64url, or empty */
    JWS_PAYLOAD,     /* the same for the payload: one that stands elsewhere (detached) is not taken */
    JWS_SIGNATURE    /* not 64 bytes in base64url */
};

struct jws {
    const char *input; /* header.payload, borrowed: the caller's text */
    size_t input_length;
    size_t header_length; /* characters before the first dot */
    uint8_t signature[KEY_SIGNATURE_BYTES];
};

/* Reads a compact JWS; *jws is filled where JWS_SOUND is returned, and where JWS_SIGNATURE is, with zeros for the signature: a
 * header that names another algorithm, whose signatures have another length, says more. Nothing may stand before or behind it. */
enum jws_fault jws_read(const char *text, size_t length, struct jws *jws) NODISCARD;

/* The same for what is kept of one: its signing input, and its signature beside it (copied). */
enum jws_fault jws_read_input(const char *input, size_t length, const uint8_t signature[KEY_SIGNATURE_BYTES],
                              struct jws *jws) NODISCARD;

/* What is wrong, as a sentence; static. Not for JWS_SOUND. */
const char *jws_fault_text(enum jws_fault fault);

/* The bytes of header and payload, decoded, with a NUL behind them, in the arena. STATUS_EXHAUSTED without memory. */
enum status jws_header(const struct jws *jws, struct arena *arena, const char **bytes, size_t *length) NODISCARD;
enum status jws_payload(const struct jws *jws, struct arena *arena, const char **bytes, size_t *length) NODISCARD;

/* SHA-256 of the signing input: what the signature is of. */
void jws_digest(const struct jws *jws, uint8_t out[DIGEST_BYTES]);

#endif
