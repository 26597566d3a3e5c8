/*
 * Chunked bodies through the guard: of what it takes, the sender and the library read the same body, whatever stands in
 * extensions and trailers.
 */
#include <stdbool.h>

#include "tests/fuzz/guarded.h"

#define HEAD "POST / HTTP/1.1\r\nTransfer-Encoding:chunked\r\n\r\n"

enum { BODY_MAX = 16384 };

struct body {
    char bytes[BODY_MAX + 1];
    size_t length;
    size_t end;    /* of its text, where is_whole */
    bool is_whole;
};

/* As whoever passes over extensions and trailers reads it: each line ends at its CR LF. */
static void read_body(struct body *body, const char *text, size_t length)
{
    body->length = 0;
    body->is_whole = false;
    for (size_t at = 0;;) {
        const char *line_end = at < length ? memmem(text + at, length - at, "\r\n", 2) : NULL;
        if (line_end == NULL) {
            return;
        }
        unsigned long long size = strtoull(text + at, NULL, 16);
        at = (size_t)(line_end + 2 - text);
        if (size == 0) {
            break;
        }
        size_t count = size < length - at ? (size_t)size : length - at;
        memcpy(body->bytes + body->length, text + at, count);
        body->length += count;
        if (size + 2 > length - at) {
            return;
        }
        at += count + 2;
    }
    const char *line = text; /* trailers: up to the first empty line */
    for (size_t at = 0; at < length;) {
        line = memmem(text + at, length - at, "\r\n\r\n", 4);
        if (line == NULL) {
            return;
        }
        at = (size_t)(line - text) + 2;
        body->end = at + 2;
        body->is_whole = true;
        if (body->end == length) {
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct guarded guarded;
    static struct body sent, handed_on;
    static char request[sizeof HEAD + BODY_MAX];
    if (length > BODY_MAX) {
        return 0;
    }
    memcpy(request, HEAD, sizeof HEAD - 1);
    memcpy(request + sizeof HEAD - 1, bytes, length);
    request[sizeof HEAD - 1 + length] = 0;
    guarded_check(&guarded, request, sizeof HEAD - 1 + length);
    CHECK(guarded.length >= sizeof HEAD - 1 && memcmp(guarded.out, HEAD, sizeof HEAD - 1) == 0);
    if (guarded.guard.fault.code != NULL || guarded.guard.requests > 1) {
        return 0;
    }
    read_body(&sent, request + sizeof HEAD - 1, length);
    read_body(&handed_on, guarded.out + sizeof HEAD - 1, guarded.length - (sizeof HEAD - 1));
    CHECK(sent.length == handed_on.length && memcmp(sent.bytes, handed_on.bytes, sent.length) == 0);
    CHECK(guard_is_amid(&guarded.guard) || (sent.is_whole && handed_on.is_whole));
    return 0;
}
