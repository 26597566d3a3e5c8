#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that grow. Appending never reports failure itself: the first failed
 * allocation makes the buffer `failed` and later appends do nothing, so that a
 * writer checks once at its end. One thread at a time. Invariants:
 *  1. length < capacity where bytes is not NULL, and bytes[length] is 0;
 *  2. failed stays true until buffer_fini or buffer_reset.
 */
struct buffer {
    char *bytes;
    size_t length;
    size_t capacity;
    bool failed;
};

void buffer_init(struct buffer *buffer);          /* empty, allocates nothing */
void buffer_fini(struct buffer *buffer);          /* frees; empty afterwards */
void buffer_reset(struct buffer *buffer);         /* empty, keeps the memory */
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_byte(struct buffer *buffer, char byte);
void buffer_integer(struct buffer *buffer, int64_t value);   /* decimal digits */
void buffer_u32(struct buffer *buffer, uint32_t value);      /* 4 bytes, big-endian */
void buffer_u64(struct buffer *buffer, uint64_t value);      /* 8 bytes, big-endian */
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Hands the bytes over: the caller frees them with free(). The buffer is empty
 * afterwards. NULL where the buffer failed or memory is exhausted. */
char *buffer_take(struct buffer *buffer, size_t *length);

#endif
