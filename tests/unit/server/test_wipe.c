/*
 * What of a connection's memory is written over behind a request: what its client sent, all of that, and no more; and of all other
 * memory whatever memset is asked to write.
 */
#include "server/wire/wipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/sanitized.h"
#include "server/wire/pool.h"

enum { AROUND = 64, FILL = 'x', ALL = POOL_BYTES, HALF = POOL_BYTES / 2, MUCH = WIPE_BYTES_MAX + 1 };

/* Before, in and behind a pool. */
static char memory[AROUND + POOL_BYTES + AROUND];
static char *const pool = memory + AROUND;

/* As the library calls it: what the compiler knows of memset is of no use to it. */
static void *(*volatile set)(void *at, int byte, size_t length) = memset;

static void fill(void)
{
    for (size_t i = 0; i < sizeof memory; i++) {
        memory[i] = FILL;
    }
}

/* The bytes from an offset on that are zeros, where nothing else is. */
static size_t zeros_at(ptrdiff_t offset)
{
    size_t count = 0;
    char *from = pool + offset;
    while (from + count < memory + sizeof memory && from[count] == 0) {
        count++;
    }
    for (char *at = memory; at < memory + sizeof memory; at++) {
        if ((at < from || at >= from + count) && *at != FILL) {
            fail_msg("the byte at %td is written over", at - pool);
        }
    }
    return count;
}

static const struct {
    ptrdiff_t offset;
    size_t length;
    uint32_t handed;
    size_t written;   /* where memset is ours */
    uint32_t stays;   /* of handed */
} cases[] = {
    {0, ALL, 300, 300, 0},                      /* a reset */
    {0, ALL, 0, 0, 0},
    {100, ALL - 100, 300, 200, 100},            /* the next request has begun to come: its 100 bytes lie at the front */
    {300, ALL - 300, 300, 0, 300},
    {0, ALL, WIPE_BYTES_MAX, WIPE_BYTES_MAX, 0},
    {0, ALL, MUCH, ALL, 0},                     /* much was sent: no part of it is left to chance */
    {0, ALL, UINT32_MAX, ALL, 0},
    {56, HALF - 56, 56, 0, 56},                 /* what was kept for a body, behind what came */
    {56, HALF - 56, 70, 14, 70},
    {56, HALF - 56, MUCH, HALF - 56, MUCH},
    {0, HALF, 300, 300, 300},
    {-1, ALL, 300, ALL, 300},                   /* not the pool's, though it overlaps */
    {1, ALL, 300, ALL, 300},
    {-AROUND, ALL + 2 * AROUND, 300, ALL + 2 * AROUND, 300},
    {0, 500, 300, 500, 300},                    /* too short to be looked at */
};

static void test_what_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t handed = cases[i].handed;
        fill();
        wipe_expect(pool, &handed);
        assert_ptr_equal(set(pool + cases[i].offset, 0, cases[i].length), pool + cases[i].offset);
        wipe_forget();
#if IS_SANITIZED
        const size_t written = cases[i].length;
        const uint32_t stays = cases[i].handed;
#else
        const size_t written = cases[i].written;
        const uint32_t stays = cases[i].stays;
#endif
        if (zeros_at(cases[i].offset) != written || handed != stays) {
            fail_msg("case %zu: %zu bytes are written, %zu wanted; %u stay", i, zeros_at(cases[i].offset), written, handed);
        }
    }
}

/* A reset is expected once; nothing where no pool is, or where the connection has ended; other bytes than zero are written. */
static void test_all_else_is_memset(void **state)
{
    (void)state;
    uint32_t handed = 300;
    fill();
    wipe_expect(pool, &handed);
    set(pool, 0, POOL_BYTES);
    set(pool, 0, POOL_BYTES);
    assert_int_equal(zeros_at(0), POOL_BYTES);
    fill();
    wipe_expect(pool, &handed);
    wipe_forget();
    set(pool, 0, POOL_BYTES);
    assert_int_equal(zeros_at(0), POOL_BYTES);
    fill();
    wipe_expect(NULL, &handed);
    set(pool, 0, POOL_BYTES);
    assert_int_equal(zeros_at(0), POOL_BYTES);
    wipe_expect(pool, &handed);
    set(pool, FILL, POOL_BYTES);
    wipe_forget();
    assert_int_equal(zeros_at(0), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_written), cmocka_unit_test(test_all_else_is_memset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
