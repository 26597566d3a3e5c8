/* Tests of base/buffer.c: contents, invariants and the sticky failure. */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const struct buffer *buffer)
{
    if (buffer->bytes != NULL) {
        assert_true(buffer->length < buffer->capacity);
        assert_int_equal(buffer->bytes[buffer->length], 0);
    }
}

static void pieces_join(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer);
    check(&buffer);
    assert_null(buffer.bytes);
    buffer_text(&buffer, "one ");
    buffer_byte(&buffer, '2');
    buffer_append(&buffer, " three", 4);
    buffer_append(&buffer, NULL, 0);
    buffer_integer(&buffer, -45);
    buffer_integer(&buffer, INT64_MIN);
    buffer_format(&buffer, " %s=%d", "six", 6);
    buffer_format(&buffer, "%s", "");
    check(&buffer);
    assert_string_equal(buffer.bytes, "one 2 thr-45-9223372036854775808 six=6");
    assert_int_equal(buffer.length, strlen(buffer.bytes));
    buffer_reset(&buffer);
    assert_int_equal(buffer.length, 0);
    buffer_u32(&buffer, 0x01020304);
    buffer_u64(&buffer, 0x05060708090a0b0c);
    assert_memory_equal(buffer.bytes, "\1\2\3\4\5\6\7\10\11\12\13\14", 12);
    assert_int_equal(buffer.length, 12);
    buffer_fini(&buffer);
    buffer_fini(&buffer);
}

static void growth_keeps_the_bytes(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer);
    for (int i = 0; i < 100000; i++) {
        buffer_byte(&buffer, (char)(i % 251));
        if (i % 1000 == 0 || i < 600) {
            check(&buffer);
        }
    }
    for (int i = 0; i < 100000; i++) {
        assert_true(buffer.bytes[i] == (char)(i % 251));
    }
    for (int width = 200; width < 300; width++) { /* around the first capacity */
        struct buffer small;
        buffer_init(&small);
        buffer_format(&small, "%*d", width, 7);
        check(&small);
        assert_int_equal(small.length, width);
        buffer_fini(&small);
    }
    buffer_fini(&buffer);
}

static void failure_stays(void **state)
{
    struct buffer buffer;
    size_t length = 42;
    (void)state;
    buffer_init(&buffer);
    buffer_text(&buffer, "kept");
    buffer_append(&buffer, "", SIZE_MAX); /* overflows: nothing is read */
    assert_true(buffer.failed);
    buffer_text(&buffer, "dropped");
    buffer_format(&buffer, "%d", 1);
    assert_string_equal(buffer.bytes, "kept");
    assert_null(buffer_take(&buffer, &length));
    assert_int_equal(length, 42);
    buffer_reset(&buffer);
    assert_false(buffer.failed);
    buffer_text(&buffer, "again");
    assert_string_equal(buffer.bytes, "again");
    buffer_fini(&buffer);
}

static void taking_hands_over(void **state)
{
    struct buffer buffer;
    size_t length = 42;
    (void)state;
    buffer_init(&buffer);
    char *bytes = buffer_take(&buffer, &length);
    assert_non_null(bytes);
    assert_int_equal(length, 0);
    assert_int_equal(bytes[0], 0);
    free(bytes);
    buffer_text(&buffer, "mine");
    bytes = buffer_take(&buffer, &length);
    assert_string_equal(bytes, "mine");
    assert_int_equal(length, 4);
    assert_true(buffer.bytes == NULL && buffer.length == 0 && buffer.capacity == 0);
    free(bytes);
    buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join),
        cmocka_unit_test(growth_keeps_the_bytes),
        cmocka_unit_test(failure_stays),
        cmocka_unit_test(taking_hands_over),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
