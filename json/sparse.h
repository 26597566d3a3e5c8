#ifndef JSON_SPARSE_H
#define JSON_SPARSE_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Some members of a JSON document that json/write.c has written: of the objects in the array that
 * its member rows holds, or where rows is NULL of the document itself. The others are left out;
 * what is kept stays in its order, byte for byte, and so does what stands beside the rows.
 */

/* Appends to out; its failed says that memory was short. STATUS_INVALID: the document has no such array. */
enum status sparse_write(const char *json, size_t length, const char *rows, const char *const *names, size_t count,
                         struct buffer *out) NODISCARD;

#endif
