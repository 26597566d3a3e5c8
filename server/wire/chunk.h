#ifndef SERVER_WIRE_CHUNK_H
#define SERVER_WIRE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"

/*
 * The chunked body of a request (RFC 9112, 7.1), read strictly, a byte at a time: size lines end in CR LF, extensions and
 * trailers have the form that they must have and are left out. Part of the guard (guard.h).
 */

enum {
    CHUNK_SIZE_DIGITS_MAX = 16,
    CHUNK_EXTENSION_BYTES_MAX = 256, /* of one chunk */
    CHUNK_DROP = -1                  /* the byte is not handed on */
};

#define CHUNK_TRAILER_BYTES_MAX (16 * KIB)

/* Why bytes are refused. Both static; code NULL: they are sound so far. */
struct guard_fault {
    const char *code; /* of the problem */
    const char *detail;
};

struct chunk {
    uint64_t left;  /* of the chunk; its size while that is read */
    uint32_t bytes; /* of extensions, of the trailer */
    uint16_t fields; /* of the trailer */
    uint8_t digits;
    uint8_t state;
};

/* Where a body begins. */
void chunk_begin(struct chunk *chunk);

/* The next byte: what is handed on for it, or CHUNK_DROP, also where *fault is filled. */
int chunk_take(struct chunk *chunk, unsigned char c, struct guard_fault *fault) NODISCARD;

/* How many of length bytes are a chunk's own and pass as they are; the chunk is that much shorter. */
size_t chunk_run(struct chunk *chunk, size_t length) NODISCARD;

/* The byte before was the body's last. */
bool chunk_is_over(const struct chunk *chunk);

/* What makes libmicrohttpd, which has had the bytes so far, call us: the end of the body, or else a byte of it. */
const char *chunk_ending(const struct chunk *chunk);

#endif
