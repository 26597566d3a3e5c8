#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * Memory that a request owns: allocated piece by piece, given back at once.
 * One thread at a time. Invariants:
 *  1. head is NULL or a chunk whose used <= size;
 *  2. total_bytes is the sum of the sizes of all chunks.
 */
struct arena_chunk;

struct arena {
    struct arena_chunk *head;
    size_t total_bytes;
};

/* Makes an empty arena; allocates nothing. */
void arena_init(struct arena *arena);

/* Gives back everything. The arena is empty afterwards and may be used again. */
void arena_fini(struct arena *arena);

/* Forgets all pieces but keeps one chunk of moderate size for the next request. */
void arena_reset(struct arena *arena);

/* A zeroed piece of size bytes, aligned for any type; NULL where memory is exhausted.
 * Lives until arena_reset or arena_fini. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* A zeroed array; NULL also where count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of length bytes with a NUL behind them; NULL where memory is exhausted. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

/* A copy of a NUL-terminated text; NULL where memory is exhausted. */
char *arena_text(struct arena *arena, const char *text);

/* Text made by a printf format; NULL where memory is exhausted. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
