/*
 * A growing run of bytes with a sticky failure, for everything that is written
 * piece by piece: JSON, CSV, canonical bytes, log lines.
 */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { CAPACITY_MIN = 256 };

void buffer_init(struct buffer *buffer)
{
    buffer->bytes = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
    buffer->failed = false;
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->bytes);
    buffer_init(buffer);
}

void buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->bytes != NULL) {
        buffer->bytes[0] = 0;
    }
}

/* Makes room for length more bytes and the NUL behind them. */
static bool reserve(struct buffer *buffer, size_t length)
{
    if (buffer->failed) {
        return false;
    }
    if (buffer->bytes != NULL && length < buffer->capacity - buffer->length) {
        return true;
    }
    size_t needed = 0;
    if (__builtin_add_overflow(buffer->length, length, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed)) {
        buffer->failed = true;
        return false;
    }
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    char *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (!reserve(buffer, length)) {
        return;
    }
    if (length > 0) {
        memcpy(buffer->bytes + buffer->length, bytes, length);
    }
    buffer->length += length;
    buffer->bytes[buffer->length] = 0;
    assert(buffer->length < buffer->capacity);
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_integer(struct buffer *buffer, int64_t value)
{
    char digits[TEXT_INTEGER_BYTES];
    buffer_append(buffer, digits, text_from_integer(digits, value));
}

void buffer_u32(struct buffer *buffer, uint32_t value)
{
    unsigned char bytes[4];
    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
    }
    buffer_append(buffer, bytes, sizeof bytes);
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(value >> (56 - 8 * i));
    }
    buffer_append(buffer, bytes, sizeof bytes);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(buffer, (size_t)length)) {
        buffer->failed = true;
        return;
    }
    va_start(arguments, format);
    int written = vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    assert(written == length);
    buffer->length += (size_t)length;
}

char *buffer_take(struct buffer *buffer, size_t *length)
{
    if (!reserve(buffer, 0)) {
        return NULL;
    }
    char *bytes = buffer->bytes;
    bytes[buffer->length] = 0;
    *length = buffer->length;
    buffer_init(buffer);
    return bytes;
}
