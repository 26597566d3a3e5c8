/*
 * Base64url, one way; the other way is text_to_base64url.
 */
#include "base/base64url.h"

#include <stdint.h>

enum { NONE = 0x80 /* beside the values 0 to 63: a character that is none of the alphabet's */ };

#define ROW(C, V) [C] = (V) ^ NONE
#define ROWS(C, V) ROW((C), (V)), ROW((C) + 1, (V) + 1), ROW((C) + 2, (V) + 2), ROW((C) + 3, (V) + 3), ROW((C) + 4, (V) + 4)
/* The values with the bit NONE turned round, so that what no row names is none. */
static const uint8_t turned[256] = {
    ROWS('A', 0), ROWS('F', 5), ROWS('K', 10), ROWS('P', 15), ROWS('U', 20), ROW('Z', 25),
    ROWS('a', 26), ROWS('f', 31), ROWS('k', 36), ROWS('p', 41), ROWS('u', 46), ROW('z', 51),
    ROWS('0', 52), ROWS('5', 57), ROW('-', 62), ROW('_', 63),
};

static uint32_t value_of(char c)
{
    return turned[(unsigned char)c] ^ NONE;
}

enum status base64url_decode(const char *text, size_t length, void *out, size_t *out_length)
{
    uint8_t *bytes = out;
    uint32_t all = 0; /* bits of every value: NONE where one was none */
    size_t used = 0, rest = length % 4;
    if (rest == 1) {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < length - rest; i += 4) {
        uint32_t a = value_of(text[i]), b = value_of(text[i + 1]), c = value_of(text[i + 2]), d = value_of(text[i + 3]);
        all |= a | b | c | d;
        bytes[used++] = (uint8_t)(a << 2 | b >> 4);
        bytes[used++] = (uint8_t)(b << 4 | c >> 2);
        bytes[used++] = (uint8_t)(c << 6 | d);
    }
    if (rest > 0) { /* two or three characters of one or two bytes; what is left of their bits is zero */
        const char *end = text + length - rest;
        uint32_t a = value_of(end[0]), b = value_of(end[1]), c = rest == 3 ? value_of(end[2]) : 0;
        all |= a | b | c;
        bytes[used++] = (uint8_t)(a << 2 | b >> 4);
        if (rest == 3) {
            bytes[used++] = (uint8_t)(b << 4 | c >> 2);
        }
        if (((rest == 3 ? c & 3 : b & 15)) != 0) {
            return STATUS_INVALID;
        }
    }
    if ((all & NONE) != 0) {
        return STATUS_INVALID;
    }
    *out_length = used;
    return STATUS_OK;
}
