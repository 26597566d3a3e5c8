/*
 * The framing guard over any bytes: what it hands on are requests of the strictest form, one behind the other, read here
 * by other code; where it refuses, the last of them has a whole header, so that the library has something to answer.
 */
#include <stdbool.h>
#include <strings.h>

#include "tests/fuzz/guarded.h"

static struct guarded guarded;

/* The value of the only field of this name; NULL: there is none. */
static const char *field(const char *head, const char *end, const char *name)
{
    const char *found = NULL;
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n") + 2; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, name, length) == 0) {
            CHECK(found == NULL);
            found = line + length;
        }
    }
    return found;
}

/* A header of the strictest form, from head to the empty line at end. */
static void check_head(const char *head, const char *end)
{
    const char *line_end = strstr(head, "\r\n");
    const char *target = memchr(head, ' ', (size_t)(line_end - head));
    CHECK(target != NULL && target > head && line_end - target > 10);
    CHECK(memcmp(line_end - 9, " HTTP/1.0", 9) == 0 || memcmp(line_end - 9, " HTTP/1.1", 9) == 0);
    CHECK(line_end - 9 - target > 1 && memchr(target + 1, ' ', (size_t)(line_end - 9 - target - 1)) == NULL);
    for (const char *at = head; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        CHECK(c == '\t' || (c >= 0x20 && c != 0x7f) || (c == '\r' && at[1] == '\n') || (c == '\n' && at[-1] == '\r'));
    }
    for (const char *line = line_end + 2; line < end + 2; line = strstr(line, "\r\n") + 2) {
        const char *colon = memchr(line, ':', (size_t)(strstr(line, "\r\n") - line));
        CHECK(colon != NULL && colon > line && memchr(line, ' ', (size_t)(colon - line)) == NULL && line[0] != '\t');
        CHECK(strncasecmp(line, "cookie", 6) != 0);
    }
}

/* How many bytes a chunked body has; more than there are where it is not whole. */
static size_t chunked_length(const char *body, size_t left)
{
    size_t at = 0;
    for (;;) {
        size_t digits = strspn(body + at, "0123456789abcdefABCDEF");
        if (at + digits + 2 > left) {
            return left + 1;
        }
        CHECK(digits >= 1 && digits <= 16 && memcmp(body + at + digits, "\r\n", 2) == 0);
        unsigned long long size = strtoull(body + at, NULL, 16);
        at += digits + 2;
        if (size > left - at) {
            return left + 1;
        }
        at += (size_t)size;
        CHECK(memcmp(body + at, "\r\n", left - at < 2 ? left - at : 2) == 0);
        at += 2;
        if (size == 0 || at > left) {
            return at;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length > 16384) {
        return 0;
    }
    guarded_check(&guarded, (const char *)bytes, length);
    const bool is_refused = guard_has_ended(&guarded.guard);
    const char *at = guarded.out, *end = guarded.out + guarded.length;
    uint32_t heads = 0;
    while (at < end) {
        const char *head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        if (head_end == NULL) {
            CHECK(!is_refused);
            heads++; /* of which only a part has come */
            break;
        }
        check_head(at, head_end);
        heads++;
        const char *size = field(at, head_end, "content-length:");
        const char *coding = field(at, head_end, "transfer-encoding:");
        at = head_end + 4;
        if (is_refused && heads == guarded.guard.requests) {
            break; /* what stands there of its body is nothing to be read */
        }
        CHECK(size == NULL || coding == NULL);
        CHECK(coding == NULL || strncasecmp(coding, "chunked\r", 8) == 0);
        size_t left = (size_t)(end - at);
        unsigned long long body = coding != NULL ? chunked_length(at, left) : size != NULL ? strtoull(size, NULL, 10) : 0;
        at = body > left ? end : at + body;
    }
    CHECK(heads == guarded.guard.requests);
    return 0;
}
