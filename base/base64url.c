/*
 * Base64url, one way; the other way is text_to_base64url.
 */
#include "base/base64url.h"

#include <stdint.h>

/* 0 to 63, or -1 for a character that is none of the alphabet's. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

enum status base64url_decode(const char *text, size_t length, void *out, size_t *out_length)
{
    uint8_t *bytes = out;
    size_t used = 0;
    uint32_t held = 0; /* bits that are no whole byte yet */
    unsigned bits = 0;
    if (length % 4 == 1) {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);
        if (value < 0) {
            return STATUS_INVALID;
        }
        held = (held << 6 | (uint32_t)value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[used++] = (uint8_t)(held >> bits);
        }
    }
    if ((held & ((1u << bits) - 1)) != 0) {
        return STATUS_INVALID;
    }
    *out_length = used;
    return STATUS_OK;
}
