#ifndef TESTS_FUZZ_GUARDED_H
#define TESTS_FUZZ_GUARDED_H

#include <string.h>

#include "server/wire/guard.h"
#include "tests/fuzz/fuzz.h"

/*
 * Bytes that have gone through the guard, as the intake lets them, in pieces that the bytes themselves choose: what comes
 * out may not depend on where the network has cut them.
 */

enum { GUARDED_MAX = 1 << 17 };

struct guarded {
    char out[GUARDED_MAX + 64];
    size_t length;
    struct guard guard;
};

static inline void guarded_feed(struct guarded *guarded, const char *bytes, size_t length, size_t piece)
{
    guard_init(&guarded->guard);
    guarded->length = 0;
    for (size_t at = 0; at < length; at += piece) {
        size_t count = length - at < piece ? length - at : piece;
        memcpy(guarded->out + guarded->length, bytes + at, count);
        size_t kept = guard_feed(&guarded->guard, guarded->out + guarded->length, count);
        CHECK(kept <= count);
        guarded->length += kept;
    }
    if (guard_has_ended(&guarded->guard)) {
        CHECK(guarded->guard.fault.code != NULL && guarded->guard.fault.detail != NULL);
        guarded->length += guard_take(&guarded->guard, guarded->out + guarded->length, 64);
        char more[] = "GET / HTTP/1.1\r\n\r\n";
        CHECK(guard_feed(&guarded->guard, more, sizeof more - 1) == 0 && guard_take(&guarded->guard, more, 1) == 0);
    }
    guarded->out[guarded->length] = 0;
}

/* Both ways at once. */
static inline void guarded_check(struct guarded *guarded, const char *bytes, size_t length)
{
    static struct guarded other;
    CHECK(length <= GUARDED_MAX);
    guarded_feed(guarded, bytes, length, length > 0 ? length : 1);
    guarded_feed(&other, bytes, length, length > 0 ? 1 + (unsigned char)bytes[length / 2] % 5 : 1);
    CHECK(guarded->length == other.length && memcmp(guarded->out, other.out, other.length) == 0);
    CHECK(guarded->guard.fault.code == other.guard.fault.code && guarded->guard.fault.detail == other.guard.fault.detail);
    CHECK(guarded->guard.requests == other.guard.requests);
}

#endif
