/* Tests of base/arena.c: alignment, zeroing, disjointness, reset. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    enum { COUNT = 2000 };
    static unsigned char *pieces[COUNT];
    static size_t sizes[COUNT];
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            sizes[i] = i % 97 == 0 ? 20000 + i : (i * 37) % 700;
            pieces[i] = arena_alloc(&arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_true((uintptr_t)pieces[i] % 16 == 0);
            for (size_t k = 0; k < sizes[i]; k++) {
                assert_true(pieces[i][k] == 0);
            }
            if (sizes[i] > 0) {
                memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
            }
        }
        for (size_t i = 0; i < COUNT; i++) {
            for (size_t k = 0; k < sizes[i]; k++) {
                assert_true(pieces[i][k] == i % 255 + 1);
            }
        }
        arena_reset(&arena);
        assert_true(arena.total_bytes <= 64 * 1024); /* one chunk is kept, the rest given back */
    }
    arena_fini(&arena);
    assert_true(arena.head == NULL && arena.total_bytes == 0);
    arena_fini(&arena);
}

static void texts_are_copied(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_string_equal(arena_text(&arena, ""), "");
    assert_string_equal(arena_text(&arena, "text"), "text");
    assert_string_equal(arena_copy(&arena, "text", 2), "te");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    assert_memory_equal(arena_copy(&arena, "a\0b", 3), "a\0b\0", 4);
    assert_string_equal(arena_format(&arena, "%d %s", 5, "six"), "5 six");
    char *wide = arena_format(&arena, "%*d", 100000, 1);
    assert_int_equal(strlen(wide), 100000);
    arena_fini(&arena);
}

static void too_much_is_refused(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy(&arena, "", SIZE_MAX));
    assert_true(arena.head == NULL && arena.total_bytes == 0);
    assert_non_null(arena_array(&arena, 0, 8));
    assert_non_null(arena_array(&arena, 8, 0));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(too_much_is_refused),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
