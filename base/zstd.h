#ifndef BASE_ZSTD_H
#define BASE_ZSTD_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Compression (RFC 8878) into one frame that says its length, with a window of 8 MB at most, which is what every reader of the
 * coding zstd of HTTP has room for (RFC 9659). Any thread. The same bytes give the same bytes, as long as the library is the same.
 */

/* Puts the compressed form into out, which is empty before. STATUS_EXHAUSTED: no memory; out is
 * still to be given back. */
enum status zstd_write(const void *bytes, size_t length, struct buffer *out) NODISCARD;

#endif
