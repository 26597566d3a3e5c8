/*
 * Comparing origins: byte for byte, as browsers serialise them. Who adds the headers: reply.c, and dispatch.c for what a
 * browser asks before it sends a change.
 */
#include "server/cors.h"

#include <stddef.h>
#include <string.h>

/* scheme://host, perhaps with a port, in small letters and without a path. */
static bool is_origin(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    const size_t scheme = strncmp(text, "https://", 8) == 0 ? 8 : strncmp(text, "http://", 7) == 0 ? 7 : 0;
    return scheme > 0 && length > scheme && strspn(text + scheme, allowed) >= length - scheme;
}

bool cors_is_sound(const char *origins)
{
    if (strcmp(origins, "*") == 0) {
        return true;
    }
    for (const char *at = origins;; at++) {
        const size_t length = strcspn(at, ",");
        if (!is_origin(at, length)) {
            return false;
        }
        at += length;
        if (at[0] == 0) {
            return true;
        }
    }
}

const char *cors_allowed(const char *origins, const char *origin)
{
    if (origins == NULL || strcmp(origins, "*") == 0) {
        return origins;
    }
    const size_t wanted = origin != NULL ? strlen(origin) : 0;
    for (const char *at = origins; wanted > 0; at++) {
        const size_t length = strcspn(at, ",");
        if (length == wanted && memcmp(at, origin, wanted) == 0) {
            return origin;
        }
        at += length;
        if (at[0] == 0) {
            break;
        }
    }
    return NULL;
}

bool cors_varies(const char *origins)
{
    return origins != NULL && strcmp(origins, "*") != 0;
}
