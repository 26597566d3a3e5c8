#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stddef.h>

#include "base/status.h"

/*
 * Where the values of a JSON text stand, byte for byte. For texts that json_parse has
 * accepted: it walks, it does not validate (a text it cannot walk is STATUS_INVALID,
 * never a read beyond the end). No allocation; recursion bounded by LIMIT_JSON_DEPTH.
 */
struct scan_value {
    const char *pointer; /* JSON Pointer of the value, escaped as RFC 6901 says; valid in the callback only */
    const char *member;  /* name of the member it is the value of, escapes resolved (so that
                            "n\u006fte" is note here as it is for json_bind); "" for array
                            items and the top level; valid in the callback only */
    char kind;           /* '{' '[' '"' 'n' (number) 't' 'f' '0' (null) */
    size_t offset;       /* of the value's first byte */
    size_t length;       /* of its bytes, quotes included */
};

/* Calls visit for every value, in the order of the text, a container before its members
 * and with length 0. A status other than STATUS_OK from visit ends the walk and is
 * returned. Pointers longer than 512 bytes are STATUS_INVALID. */
enum status json_scan(const char *bytes, size_t length,
                      enum status (*visit)(void *context, const struct scan_value *value), void *context) NODISCARD;

/* Where the value of a member of the object at the top stands, containers with all that is in them. STATUS_ABSENT where there
 * is no such member, STATUS_INVALID where the text is no object or cannot be walked. */
enum status json_scan_member(const char *bytes, size_t length, const char *member, size_t *offset,
                             size_t *value_length) NODISCARD;

#endif
