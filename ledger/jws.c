/*
 * Taking a compact JWS apart. Whether each part is base64url is found out at once, by decoding it to nowhere in particular:
 * a header or payload that cannot be decoded never leaves this file as sound. Next: submitter.c, which verifies.
 */
#include "ledger/jws.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/base64url.h"

enum { SIGNATURE_CHARACTERS = 86 /* of 64 bytes */, PIECE_CHARACTERS = 256 /* decoded at a time; whole bytes */ };

/* Whether text is base64url of one byte or more. */
static bool is_encoded(const char *text, size_t length)
{
    uint8_t bytes[BASE64URL_BYTES_MAX(PIECE_CHARACTERS)];
    size_t used = 0;
    if (length == 0) {
        return false;
    }
    while (length > PIECE_CHARACTERS) {
        if (base64url_decode(text, PIECE_CHARACTERS, bytes, &used) != STATUS_OK) {
            return false;
        }
        text += PIECE_CHARACTERS;
        length -= PIECE_CHARACTERS;
    }
    return base64url_decode(text, length, bytes, &used) == STATUS_OK;
}

enum jws_fault jws_read_input(const char *input, size_t length, const uint8_t signature[KEY_SIGNATURE_BYTES], struct jws *jws)
{
    const char *dot = memchr(input, '.', length);
    if (dot == NULL) {
        return JWS_PARTS;
    }
    size_t header_length = (size_t)(dot - input);
    const char *payload = dot + 1;
    size_t payload_length = length - header_length - 1;
    if (memchr(payload, '.', payload_length) != NULL) {
        return JWS_PARTS;
    }
    if (!is_encoded(input, header_length)) {
        return JWS_HEADER;
    }
    if (!is_encoded(payload, payload_length)) {
        return JWS_PAYLOAD;
    }
    *jws = (struct jws){ .input = input, .input_length = length, .header_length = header_length };
    memcpy(jws->signature, signature, KEY_SIGNATURE_BYTES);
    return JWS_SOUND;
}

enum jws_fault jws_read(const char *text, size_t length, struct jws *jws)
{
    uint8_t signature[BASE64URL_BYTES_MAX(SIGNATURE_CHARACTERS)];
    size_t used = 0;
    const char *dot = memrchr(text, '.', length);
    size_t input_length = dot != NULL ? (size_t)(dot - text) : 0;
    if (dot == NULL || memchr(text, '.', input_length) == NULL) {
        return JWS_PARTS;
    }
    size_t signature_length = length - input_length - 1;
    bool is_signature = signature_length == SIGNATURE_CHARACTERS &&
        base64url_decode(dot + 1, signature_length, signature, &used) == STATUS_OK;
    if (!is_signature) {
        memset(signature, 0, sizeof signature); /* what else is wrong comes first, in the order of the parts */
    }
    struct jws found;
    enum jws_fault fault = jws_read_input(text, input_length, signature, &found);
    if (fault != JWS_SOUND) {
        return fault;
    }
    assert(!is_signature || used == KEY_SIGNATURE_BYTES);
    *jws = found;
    return is_signature ? JWS_SOUND : JWS_SIGNATURE;
}

const char *jws_fault_text(enum jws_fault fault)
{
    switch (fault) {
    case JWS_SOUND:
        break;
    case JWS_PARTS:
        return "a JWS in compact form has three parts with a dot between each: header, payload, signature";
    case JWS_HEADER:
        return "the first part, the header, is not base64url (letters, digits, - and _, without = at the end)";
    case JWS_PAYLOAD:
        return "the second part, the payload, is not base64url (letters, digits, - and _, without = at the end), or empty";
    case JWS_SIGNATURE:
        return "the third part, the signature, is not 64 bytes (r, then s) in base64url, 86 letters, digits, - and _, with nothing behind it";
    }
    assert(false); /* there is no such fault */
    return "";
}

static enum status decode(struct arena *arena, const char *text, size_t length, const char **bytes, size_t *out_length)
{
    char *decoded = arena_alloc(arena, BASE64URL_BYTES_MAX(length) + 1);
    if (decoded == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t used = 0;
    enum status status = base64url_decode(text, length, decoded, &used);
    assert(status == STATUS_OK); /* reading has tried it */
    decoded[used] = 0;
    *bytes = decoded;
    *out_length = used;
    return STATUS_OK;
}

enum status jws_header(const struct jws *jws, struct arena *arena, const char **bytes, size_t *length)
{
    return decode(arena, jws->input, jws->header_length, bytes, length);
}

enum status jws_payload(const struct jws *jws, struct arena *arena, const char **bytes, size_t *length)
{
    size_t before = jws->header_length + 1;
    return decode(arena, jws->input + before, jws->input_length - before, bytes, length);
}

void jws_digest(const struct jws *jws, uint8_t out[DIGEST_BYTES])
{
    digest_bytes(out, jws->input, jws->input_length);
}
