/*
 * Characters that nobody sees: found in UTF-8, byte by byte, without a table. What is escaped in replies and what is refused in names are two
 * sets (unseen.h). Who refuses: bind.c.
 */
#include "json/unseen.h"

/* How many bytes one of them takes at the front; 0: none stands there. *code: its number. */
static size_t find_unseen(const unsigned char *at, size_t left, unsigned *code)
{
    if (at[0] == 0x7f) {
        *code = 0x7f;
        return 1;
    }
    if (at[0] == 0xc2 && left >= 2 && at[1] <= 0x9f) {
        *code = at[1];
        return 2;
    }
    if (at[0] != 0xe2 || left < 3 || (at[1] != 0x80 && at[1] != 0x81)) {
        return 0;
    }
    *code = 0x2000U + ((at[1] & 0x3fU) << 6) + (at[2] & 0x3fU);
    bool is_one = (*code >= 0x2028 && *code <= 0x202e) || (*code >= 0x2066 && *code <= 0x2069);
    return is_one ? 3 : 0;
}

bool unseen_escape(const char *json, size_t length, struct buffer *out)
{
    const unsigned char *bytes = (const unsigned char *)json;
    size_t kept = 0; /* what stands before it has been appended */
    unsigned code = 0;
    for (size_t at = 0; at < length;) {
        size_t taken = find_unseen(bytes + at, length - at, &code);
        if (taken > 0) {
            buffer_append(out, json + kept, at - kept);
            buffer_format(out, "\\u%04x", code);
            kept = at + taken;
        }
        at += taken > 0 ? taken : 1;
    }
    if (kept == 0) {
        return false;
    }
    buffer_append(out, json + kept, length - kept);
    return true;
}

/* The character at the front, of at most three bytes; 0: it has four. */
static unsigned read_code(const unsigned char *at)
{
    if (at[0] < 0x80) {
        return at[0];
    }
    if (at[0] < 0xe0) {
        return (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
    }
    return at[0] >= 0xf0 ? 0 : (at[0] & 0xfU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
}

static bool is_unseen(unsigned code)
{
    return code == 0xad || code == 0x34f || code == 0x61c || code == 0x115f || code == 0x1160 || code == 0x180e || code == 0x200b ||
           code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0x3164 ||
           code == 0xfeff || code == 0xffa0 || (code >= 0xfff9 && code <= 0xfffb);
}

bool unseen_find(const char *text, unsigned *code, size_t *place)
{
    size_t count = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if ((*at & 0xc0) == 0x80) {
            continue; /* within a character */
        }
        count++;
        const unsigned found = read_code(at);
        if (is_unseen(found)) {
            *code = found;
            *place = count;
            return true;
        }
    }
    return false;
}
