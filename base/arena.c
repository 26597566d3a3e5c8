/*
 * A request's memory: a list of chunks, the newest first. Resetting keeps one
 * chunk so that a connection's next request rarely asks the system for memory.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    size_t unused_padding; /* keeps bytes[] aligned to 16 */
    unsigned char bytes[];
};

void arena_init(struct arena *arena)
{
    arena->head = NULL;
    arena->total_bytes = 0;
}

void arena_fini(struct arena *arena)
{
    struct arena_chunk *chunk = arena->head;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    arena_init(arena);
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *kept = NULL;
    struct arena_chunk *chunk = arena->head;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        if (kept == NULL && chunk->size == CHUNK_BYTES) {
            kept = chunk;
        } else {
            free(chunk);
        }
        chunk = next;
    }
    arena_init(arena);
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
        arena->head = kept;
        arena->total_bytes = kept->size;
    }
}

static struct arena_chunk *chunk_add(struct arena *arena, size_t needed)
{
    size_t size = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;
    if (size > SIZE_MAX - sizeof(struct arena_chunk)) {
        return NULL;
    }
    struct arena_chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->size = size;
    chunk->used = 0;
    chunk->next = arena->head;
    arena->head = chunk;
    arena->total_bytes += size;
    return chunk;
}

/* Bytes of any content. */
static void *take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT) {
        return NULL;
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_chunk *chunk = arena->head;
    if (chunk == NULL || chunk->size - chunk->used < rounded) {
        chunk = chunk_add(arena, rounded);
        if (chunk == NULL) {
            return NULL;
        }
    }
    assert(chunk->used <= chunk->size);
    unsigned char *piece = chunk->bytes + chunk->used;
    chunk->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *piece = take(arena, size);
    if (piece != NULL) {
        memset(piece, 0, size);
    }
    return piece;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return arena_alloc(arena, bytes);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    if (length == SIZE_MAX) {
        return NULL;
    }
    char *copy = take(arena, length + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    copy[length] = 0;
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return NULL;
    }
    char *text = arena_alloc(arena, (size_t)length + 1);
    if (text == NULL) {
        return NULL;
    }
    va_start(arguments, format);
    int written = vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    assert(written == length);
    return text;
}
