/*
 * One call of zlib for a whole text: it is in memory anyway, and so is what comes out.
 */
#include "base/gzip.h"

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

/* Half the work of zlib's own choice (6) on lists of rows, for a tenth more bytes: it is done on the loop. */
enum { LEVEL = 3, WINDOW_BITS_GZIP = 15 + 16, MEMORY_LEVEL = 8 };

enum status gzip_write(const void *bytes, size_t length, struct buffer *out)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert(out->length == 0 && length <= UINT_MAX / 2);
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        return STATUS_EXHAUSTED;
    }
    size_t room = deflateBound(&stream, (uLong)length);
    char *compressed = malloc(room + 1);
    bool is_made = false;
    if (compressed != NULL) {
        stream.next_in = (Bytef *)(uintptr_t)bytes; /* which it only reads */
        stream.avail_in = (uInt)length;
        stream.next_out = (Bytef *)compressed;
        stream.avail_out = (uInt)room;
        is_made = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        assert(is_made); /* there is room for whatever comes out */
    }
    if (is_made) {
        buffer_append(out, compressed, room - stream.avail_out);
    }
    free(compressed);
    deflateEnd(&stream);
    return is_made && !out->failed ? STATUS_OK : STATUS_EXHAUSTED;
}
