/*
 * A memset before the C library's, found by libmicrohttpd as recv is (intake.c). Who says what it may leave out: bridge.c.
 */
#include "server/wire/wipe.h"

#include "base/sanitized.h"
#include "server/wire/pool.h"

static _Thread_local struct {
    char *pool; /* NULL: none is expected */
    uint32_t *handed;
} expected;

void wipe_expect(char *pool, uint32_t *handed)
{
    expected.pool = pool;
    expected.handed = handed;
}

void wipe_forget(void)
{
    expected.pool = NULL;
}

#if !IS_SANITIZED

/* The C library's own, under the name that is for programs whose compiler knows how much room there is. Called where the compiler cannot see
 * which function it is: one that knows it (clang) would call memset in its place, which is this file's, for ever. */
extern void *__memset_chk(void *at, int byte, size_t length, size_t room);
static void *(*const volatile library_memset)(void *at, int byte, size_t length, size_t room) = __memset_chk;

void *wipe_memset(void *at, int byte, size_t length) __asm__("memset");

/* How much of it is to be written: of what lies in the pool, nothing behind the bytes that came. Nobody but the library writes
 * there, and to the pool's end where it resets it. */
static size_t shorten(const char *at, size_t length)
{
    const uintptr_t from = (uintptr_t)at, pool = (uintptr_t)expected.pool;
    const size_t came = *expected.handed;
    if (from < pool || from > pool + POOL_BYTES || length > pool + POOL_BYTES - from) {
        return length;
    }
    const size_t offset = from - pool;
    if (offset + length == POOL_BYTES) {
        *expected.handed = (uint32_t)offset; /* of the next request, which has begun to come */
        expected.pool = NULL;
    }
    if (came > WIPE_BYTES_MAX) {
        return length;
    }
    const size_t dirty = came > offset ? came - offset : 0;
    return dirty < length ? dirty : length;
}

void *wipe_memset(void *at, int byte, size_t length)
{
    enum { WORTH_A_LOOK = POOL_BYTES / 4 };
    if (length >= WORTH_A_LOOK && byte == 0 && expected.pool != NULL) {
        length = shorten(at, length);
    }
    return library_memset(at, byte, length, SIZE_MAX);
}

#endif
