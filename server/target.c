/*
 * From the raw request target to decoded path segments and query parameters. What is
 * done with them: route.c.
 */
#include "server/target.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

static const char no_memory[] = "There is no memory to read the request target.";

/* Decodes length bytes into new text of the arena. */
static const char *decode(const char *raw, size_t length, bool plus_is_space, struct arena *arena, const char **text)
{
    char *out = arena_alloc(arena, length + 1);
    if (out == NULL) {
        return no_memory;
    }
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = raw[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = length - i > 2 ? text_hex_digit(raw[i + 1]) : -1;
            int low = length - i > 2 ? text_hex_digit(raw[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return "The request target has a % that two hexadecimal digits do not follow; write %25 for a "
                       "percent sign.";
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f) {
            return "The request target holds an encoded control character.";
        }
        out[used++] = c;
    }
    out[used] = 0;
    if (!text_is_utf8(out, used)) {
        return "The request target does not decode to UTF-8.";
    }
    *text = out;
    return NULL;
}

static const char *check_raw(const char *raw)
{
    for (const unsigned char *at = (const unsigned char *)raw; *at != 0; at++) {
        if (*at <= 0x20 || *at >= 0x7f) {
            return "The request target holds a space, a control character or a byte outside ASCII; "
                   "percent-encode it.";
        }
        if (*at == '#') {
            return "The request target holds a fragment (#); clients keep that to themselves.";
        }
    }
    return NULL;
}

static const char *parse_query(struct target *target, const char *raw, struct arena *arena)
{
    const char *at = raw;
    while (*at != 0) {
        size_t length = strcspn(at, "&");
        const char *next = at[length] == '&' ? at + length + 1 : at + length;
        if (length > 0) {
            if (target->query_count == LIMIT_QUERY_PARAMETERS) {
                return "The query has too many parameters.";
            }
            struct exchange_pair *pair = &target->query[target->query_count];
            size_t name_length = strcspn(at, "=&");
            size_t value_start = name_length < length ? name_length + 1 : length;
            const char *fault = decode(at, name_length, true, arena, &pair->name);
            if (fault == NULL) {
                fault = decode(at + value_start, length - value_start, true, arena, &pair->value);
            }
            if (fault != NULL) {
                return fault;
            }
            target->query_count++;
        }
        at = next;
    }
    return NULL;
}

static const char *parse_path(struct target *target, struct arena *arena)
{
    const char *at = target->path + 1;
    if (*at == 0) {
        return NULL; /* "/" has no segment */
    }
    for (;;) {
        size_t length = strcspn(at, "/");
        const char *segment = NULL;
        const char *fault = decode(at, length, false, arena, &segment);
        if (fault != NULL) {
            return fault;
        }
        if (target->segment_count == LIMIT_PATH_SEGMENTS) {
            target->is_too_deep = true;
        } else {
            target->segments[target->segment_count++] = segment;
        }
        if (at[length] == 0) {
            return NULL;
        }
        at += length + 1;
    }
}

bool target_read_front(struct target_front *front, const char *raw)
{
    const bool is_https = strncasecmp(raw, "https://", 8) == 0;
    if (!is_https && strncasecmp(raw, "http://", 7) != 0) {
        return false;
    }
    const char *authority = raw + (is_https ? 8 : 7);
    *front = (struct target_front){.is_https = is_https, .authority = authority, .length = strcspn(authority, "/?#")};
    return true;
}

const char *target_parse(struct target *target, const char *raw, struct arena *arena)
{
    memset(target, 0, sizeof *target);
    const char *fault = check_raw(raw);
    if (fault != NULL) {
        return fault;
    }
    if (strcmp(raw, "*") == 0) {
        target->path = "*";
        target->is_asterisk = true;
        return NULL;
    }
    struct target_front front;
    const bool is_absolute = target_read_front(&front, raw);
    if (is_absolute) {
        raw = front.authority + front.length;
    }
    size_t length = strcspn(raw, "?");
    const bool is_bare = is_absolute && length == 0; /* the same as with a path of "/" (RFC 9110, 4.2.3) */
    if (!is_bare && raw[0] != '/') {
        return "The request target must start with a slash.";
    }
    target->path = is_bare ? "/" : arena_copy(arena, raw, length);
    if (target->path == NULL) {
        return no_memory;
    }
    fault = parse_path(target, arena);
    if (fault == NULL && raw[length] == '?') {
        fault = parse_query(target, raw + length + 1, arena);
    }
    return fault;
}
