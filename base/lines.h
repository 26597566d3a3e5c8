#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * The lines of a file or a pipe, one after the other. Memory is that of the longest line so far. One thread at a time.
 * Invariants: 1. begin <= end <= capacity; 2. what was read and not taken stands between begin and end; 3. the line last looked
 * at begins at begin and is looked_at bytes long, its line feed included; 0: none was.
 */
struct lines {
    int fd; /* borrowed */
    size_t bytes_max;
    char *bytes;
    size_t begin, end, capacity;
    size_t looked_at;
    bool is_read; /* there is no more in the file */
};

/* No line may be longer than bytes_max. Allocates nothing. */
void lines_init(struct lines *lines, int fd, size_t bytes_max);
void lines_fini(struct lines *lines);

/* The next line without taking it: its bytes, borrowed until the next call, and its length without the line feed. *is_whole: a line
 * feed ends it, which may be missing of the last one. STATUS_ABSENT behind the last; STATUS_INVALID where it is too long; STATUS_IO and
 * STATUS_EXHAUSTED else. */
enum status lines_look(struct lines *lines, const char **line, size_t *length, bool *is_whole) NODISCARD;

/* Goes on behind the line that was looked at. */
void lines_take(struct lines *lines);

#endif
