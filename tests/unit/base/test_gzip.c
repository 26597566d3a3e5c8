/*
 * Compression: the frame byte by byte as RFC 1952 has it, and what is inside as zlib's own inflate reads it. The checksum of
 * "123456789" is the published check value of CRC-32.
 */
#include "base/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

enum { HEADER_BYTES = 10, TRAILER_BYTES = 8, MANY = 300000 };

/* RFC 1952, 2.3.1: the least significant byte comes first. */
static uint32_t little_endian(const char *at)
{
    uint32_t value = 0;
    for (int i = 3; i >= 0; i--) {
        value = value << 8 | (uint8_t)at[i];
    }
    return value;
}

/* The frame's length is that of out, and inside is what bytes are. */
static void check_inside(const struct buffer *out, const void *bytes, size_t length)
{
    z_stream stream;
    char *read = malloc(length + 1);
    memset(&stream, 0, sizeof stream);
    assert_non_null(read);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK); /* gzip and nothing else */
    stream.next_in = (Bytef *)out->bytes;
    stream.avail_in = (uInt)out->length;
    stream.next_out = (Bytef *)read;
    stream.avail_out = (uInt)length + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, length);
    assert_memory_equal(read, bytes, length);
    inflateEnd(&stream);
    free(read);
}

static void check_frame(const struct buffer *out, uint32_t checksum, size_t length)
{
    static const uint8_t begin[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0 }; /* ID1 ID2 CM FLG MTIME: no name, no time */
    assert_true(out->length > HEADER_BYTES + TRAILER_BYTES);
    assert_memory_equal(out->bytes, begin, sizeof begin);
    assert_int_equal(little_endian(out->bytes + out->length - 8), checksum);
    assert_int_equal(little_endian(out->bytes + out->length - 4), length);
}

static void test_short_texts(void **state)
{
    (void)state;
    static const struct { const char *text; uint32_t checksum; } rows[] = {
        { "", 0 }, { "a", 0xe8b7be43 }, { "123456789", 0xcbf43926 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer out;
        const size_t length = strlen(rows[i].text);
        buffer_init(&out);
        assert_int_equal(gzip_write(rows[i].text, length, &out), STATUS_OK);
        check_frame(&out, rows[i].checksum, length);
        check_inside(&out, rows[i].text, length);
        buffer_fini(&out);
    }
}

/* Rows of a list become much shorter, and the same every time. */
static void test_what_repeats(void **state)
{
    (void)state;
    struct buffer text, first, second;
    buffer_init(&text);
    buffer_init(&first);
    buffer_init(&second);
    for (int i = 0; text.length < MANY; i++) {
        buffer_format(&text, "{\"id\":\"S-%d\",\"item\":\"MASK\",\"quantity\":%d},", i, i % 97);
    }
    assert_int_equal(gzip_write(text.bytes, text.length, &first), STATUS_OK);
    assert_int_equal(gzip_write(text.bytes, text.length, &second), STATUS_OK);
    assert_true(first.length < text.length / 4);
    check_frame(&first, (uint32_t)crc32(0, (const Bytef *)text.bytes, (uInt)text.length), text.length);
    check_inside(&first, text.bytes, text.length);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    buffer_fini(&second);
    buffer_fini(&first);
    buffer_fini(&text);
}

/* What cannot become shorter finds room all the same; NULs are bytes as others are. */
static void test_what_does_not_repeat(void **state)
{
    (void)state;
    static uint8_t bytes[MANY];
    uint64_t random = 20210112;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(random >> 56);
    }
    static const size_t lengths[] = { 1, 2, 255, 256, 32767, 32768, 32769, 65535, 65536, MANY };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        assert_int_equal(gzip_write(bytes, lengths[i], &out), STATUS_OK);
        check_frame(&out, (uint32_t)crc32(0, bytes, (uInt)lengths[i]), lengths[i]);
        check_inside(&out, bytes, lengths[i]);
        buffer_fini(&out);
    }
}

/* A buffer that has been used and emptied is empty. */
static void test_a_buffer_again(void **state)
{
    (void)state;
    static const char text[] = "once\0more";
    struct buffer out;
    buffer_init(&out);
    for (int i = 0; i < 3; i++) {
        buffer_text(&out, "something else");
        buffer_reset(&out);
        assert_int_equal(gzip_write(text, sizeof text, &out), STATUS_OK);
        check_inside(&out, text, sizeof text);
    }
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_texts),
        cmocka_unit_test(test_what_repeats),
        cmocka_unit_test(test_what_does_not_repeat),
        cmocka_unit_test(test_a_buffer_again),
    };
    return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
