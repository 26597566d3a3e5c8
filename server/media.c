/*
 * Reading Content-Type (RFC 9110, 8.3.1): type and charset, and header of text/csv; other parameters do not matter.
 */
#include "server/media.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_type(const char *text, size_t length, const char *type)
{
    return strlen(type) == length && strncasecmp(text, type, length) == 0;
}

/* Whether the parameter is header=absent of text/csv (RFC 4180, 3). */
static bool is_headless(const char *at, size_t length)
{
    return is_type(at, length, "header=absent") || is_type(at, length, "header=\"absent\"");
}

/* One parameter name=value: false where it is a charset other than UTF-8. */
static bool parameter_is_fine(const char *at, size_t length)
{
    static const char name[] = "charset=";
    if (length < sizeof name - 1 || strncasecmp(at, name, sizeof name - 1) != 0) {
        return true;
    }
    at += sizeof name - 1;
    length -= sizeof name - 1;
    if (length >= 2 && at[0] == '"' && at[length - 1] == '"') {
        at++;
        length -= 2;
    }
    return is_type(at, length, "utf-8") || is_type(at, length, "utf8") || is_type(at, length, "us-ascii");
}

enum media media_read(const char *content_type)
{
    if (content_type == NULL) {
        return MEDIA_OTHER;
    }
    const char *at = content_type + strspn(content_type, " \t");
    size_t length = strcspn(at, "; \t");
    enum media media = is_type(at, length, "application/json") ? MEDIA_JSON
                       : is_type(at, length, "text/csv")       ? MEDIA_CSV
                       : is_type(at, length, "application/jose") ? MEDIA_JOSE
                                                               : MEDIA_OTHER;
    at += length;
    at += strspn(at, " \t");
    if (at[0] != 0 && at[0] != ';') {
        return MEDIA_OTHER;
    }
    while (at[0] == ';' && media != MEDIA_OTHER) {
        at += 1 + strspn(at + 1, " \t");
        length = strcspn(at, ";");
        size_t trimmed = length;
        while (trimmed > 0 && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '\t')) {
            trimmed--;
        }
        if (!parameter_is_fine(at, trimmed)) {
            return MEDIA_CHARSET;
        }
        if (media == MEDIA_CSV && is_headless(at, trimmed)) {
            return MEDIA_HEADLESS;
        }
        at += length;
    }
    return media;
}
