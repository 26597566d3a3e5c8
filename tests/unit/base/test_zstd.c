/*
 * Compression by libzstd: the frame's header as RFC 8878 (3.1.1) has it, taken apart here, and what is inside as the
 * library's own reader finds it; tests/http reads it with a library that is not ours.
 */
#include "base/zstd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

enum { MANY = 300000, LONG = 20 * 1000 * 1000, WINDOW_MAX = 8 * 1000 * 1000, MAGIC_BYTES = 4 };

static uint64_t little_endian(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    while (bytes > 0) {
        value = value << 8 | at[--bytes];
    }
    return value;
}

/* The frame says its length, needs no dictionary and a window that every reader of HTTP has (RFC 9659). */
static void check_header(const struct buffer *out, size_t length)
{
    static const uint8_t magic[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
    static const size_t size_bytes[] = {1, 2, 4, 8};
    const uint8_t *at = (const uint8_t *)out->bytes;
    assert_true(out->length > MAGIC_BYTES + 2);
    assert_memory_equal(at, magic, sizeof magic);
    const unsigned descriptor = at[MAGIC_BYTES];
    const bool is_single = (descriptor & 0x20) != 0;
    assert_int_equal(descriptor & 0x08, 0); /* reserved */
    assert_int_equal(descriptor & 0x03, 0); /* a dictionary's id */
    at += MAGIC_BYTES + 1;
    if (!is_single) {
        const uint64_t base = UINT64_C(1) << (10 + (*at >> 3)), window = base + base / 8 * (*at & 7);
        assert_true(window <= WINDOW_MAX);
        at++;
    }
    const unsigned flag = descriptor >> 6;
    const uint64_t size = little_endian(at, size_bytes[flag]) + (flag == 1 ? 256 : 0);
    assert_true(is_single || flag != 0);
    assert_int_equal(size, length);
    assert_true(!is_single || size <= WINDOW_MAX);
}

static void check(const struct buffer *out, const void *bytes, size_t length)
{
    char *read = malloc(length + 1);
    assert_non_null(read);
    check_header(out, length);
    assert_int_equal(ZSTD_decompress(read, length + 1, out->bytes, out->length), length);
    assert_memory_equal(read, bytes, length);
    free(read);
}

static void test_short_texts(void **state)
{
    static const char *const texts[] = {"", "a", "123456789", "{\"items\":[],\"next\":null,\"limit\":100}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        assert_int_equal(zstd_write(texts[i], strlen(texts[i]), &out), STATUS_OK);
        check(&out, texts[i], strlen(texts[i]));
        buffer_fini(&out);
    }
}

static void write_rows(struct buffer *text, size_t length)
{
    for (int i = 0; text->length < length; i++) {
        buffer_format(text, "{\"id\":\"S-%d\",\"item\":\"MASK\",\"quantity\":%d},", i, i % 97);
    }
}

/* Rows of a list become much shorter, and the same every time. */
static void test_what_repeats(void **state)
{
    struct buffer text, first, second;
    (void)state;
    buffer_init(&text);
    buffer_init(&first);
    buffer_init(&second);
    write_rows(&text, MANY);
    assert_int_equal(zstd_write(text.bytes, text.length, &first), STATUS_OK);
    assert_int_equal(zstd_write(text.bytes, text.length, &second), STATUS_OK);
    assert_true(first.length < text.length / 4);
    check(&first, text.bytes, text.length);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    buffer_fini(&second);
    buffer_fini(&first);
    buffer_fini(&text);
}

/* A text longer than any window. */
static void test_what_is_long(void **state)
{
    struct buffer text, out;
    (void)state;
    buffer_init(&text);
    buffer_init(&out);
    write_rows(&text, LONG);
    assert_int_equal(zstd_write(text.bytes, text.length, &out), STATUS_OK);
    check(&out, text.bytes, text.length);
    buffer_fini(&out);
    buffer_fini(&text);
}

/* What cannot become shorter finds room all the same; NULs are bytes as others are. */
static void test_what_does_not_repeat(void **state)
{
    static uint8_t bytes[MANY];
    static const size_t lengths[] = {1, 2, 255, 256, 257, 65535, 65536, 65792, 131072, MANY};
    uint64_t random = 20210112;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(random >> 56);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        assert_int_equal(zstd_write(bytes, lengths[i], &out), STATUS_OK);
        check(&out, bytes, lengths[i]);
        buffer_fini(&out);
    }
}

/* A buffer that has been used and emptied is empty. */
static void test_a_buffer_again(void **state)
{
    static const char text[] = "once\0more";
    struct buffer out;
    (void)state;
    buffer_init(&out);
    for (int i = 0; i < 3; i++) {
        buffer_text(&out, "something else");
        buffer_reset(&out);
        assert_int_equal(zstd_write(text, sizeof text, &out), STATUS_OK);
        check(&out, text, sizeof text);
    }
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_texts),
        cmocka_unit_test(test_what_repeats),
        cmocka_unit_test(test_what_is_long),
        cmocka_unit_test(test_what_does_not_repeat),
        cmocka_unit_test(test_a_buffer_again),
    };
    return cmocka_run_group_tests_name("zstd", tests, NULL, NULL);
}
