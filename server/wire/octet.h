#ifndef SERVER_WIRE_OCTET_H
#define SERVER_WIRE_OCTET_H

#include <stdbool.h>
#include <string.h>

/* What bytes may stand for in HTTP (RFC 9110, 5.5 and 5.6). */

static inline bool octet_is_token(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           (c != 0 && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

/* In a field's value or a quoted text: no control character but the tab. */
static inline bool octet_is_value(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static inline bool octet_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* In a request target, as far as its place in the line is concerned; target.c says more. */
static inline bool octet_is_target(unsigned char c)
{
    return c > 0x20 && c != 0x7f;
}

static inline unsigned char octet_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 'a' - 'A') : c;
}

#endif
