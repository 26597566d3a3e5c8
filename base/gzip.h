#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Compression (RFC 1952). Any thread. The same bytes give the same bytes, as long as the
 * library is the same.
 */

/* Puts the compressed form into out, which is empty before. STATUS_EXHAUSTED: no memory; out is
 * still to be given back. */
enum status gzip_write(const void *bytes, size_t length, struct buffer *out) NODISCARD;

#endif
