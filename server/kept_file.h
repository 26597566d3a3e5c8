#ifndef SERVER_KEPT_FILE_H
#define SERVER_KEPT_FILE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

/*
 * Small files of a directory (mode 0600), each replaced as a whole or not at all, and on the disk before the function returns.
 * What failed is told.
 */

enum { KEPT_FILE_BYTES_MAX = 1024 * 1024 };

/* dir NULL: name is a path. STATUS_ABSENT where there is none; STATUS_IO where it cannot be read or is larger. text lives in the
 * arena, with a NUL behind it. */
enum status kept_file_read(struct arena *arena, const char *dir, const char *name, const char **text, size_t *length) NODISCARD;

enum status kept_file_write(const char *dir, const char *name, const void *bytes, size_t length) NODISCARD;

/* The same, but never in the place of another: STATUS_CONFLICT where the name is taken, which is not told. */
enum status kept_file_add(const char *dir, const char *name, const void *bytes, size_t length) NODISCARD;

/* Takes one away; one that is not there is none of its failures. After a crash it may be there again. */
enum status kept_file_remove(const char *dir, const char *name) NODISCARD;

#endif
