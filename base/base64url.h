#ifndef BASE_BASE64URL_H
#define BASE_BASE64URL_H

#include <stddef.h>

#include "base/status.h"

/* The room that the bytes of a text of so many characters need. */
#define BASE64URL_BYTES_MAX(length) ((length) / 4 * 3 + 2)

/*
 * Decodes base64url without padding (RFC 4648, section 5, as RFC 7515 uses it), strictly: no '=', no blanks or line
 * feeds, no length that no bytes have (4n + 1), no bits set behind the last byte. So every run of bytes has one text and no
 * other. out has room for BASE64URL_BYTES_MAX(length) bytes; on failure its content is of no use. STATUS_INVALID.
 */
enum status base64url_decode(const char *text, size_t length, void *out, size_t *out_length) NODISCARD;

#endif
