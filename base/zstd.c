/*
 * One call of libzstd for a whole text, beside base/gzip.c.
 */
#include "base/zstd.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <zstd.h>

/* The library's own choice, 3, is twice the work on long texts, and shorter by a twelfth (the contract) or no shorter (lists of rows, numbers).
 * Its window is 2 MB at the most. */
enum { LEVEL = 1 };

enum status zstd_write(const void *bytes, size_t length, struct buffer *out)
{
    assert(out->length == 0 && length <= SIZE_MAX / 2);
    const size_t room = ZSTD_compressBound(length);
    char *compressed = malloc(room);
    const size_t used = compressed != NULL ? ZSTD_compress(compressed, room, bytes, length, LEVEL) : 0;
    const bool is_made = compressed != NULL && !ZSTD_isError(used); /* there is room for whatever comes out: what lacks is memory */
    if (is_made) {
        buffer_append(out, compressed, used);
    }
    free(compressed);
    return is_made && !out->failed ? STATUS_OK : STATUS_EXHAUSTED;
}
