/*
 * A buffer that is moved to its front before it is grown, so that a line always stands in one piece.
 */
#include "base/lines.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { FIRST_BYTES = 65536 };

void lines_init(struct lines *lines, int fd, size_t bytes_max)
{
    *lines = (struct lines){ .fd = fd, .bytes_max = bytes_max };
}

void lines_fini(struct lines *lines)
{
    free(lines->bytes);
    lines->bytes = NULL;
}

/* Room for more behind end. */
static enum status make_room(struct lines *lines)
{
    if (lines->begin > 0) {
        memmove(lines->bytes, lines->bytes + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (lines->end < lines->capacity) {
        return STATUS_OK;
    }
    size_t capacity = lines->capacity > 0 ? 2 * lines->capacity : FIRST_BYTES;
    if (lines->end > lines->bytes_max) {
        return STATUS_INVALID;
    }
    char *larger = realloc(lines->bytes, capacity);
    if (larger == NULL) {
        return STATUS_EXHAUSTED;
    }
    lines->bytes = larger;
    lines->capacity = capacity;
    return STATUS_OK;
}

static enum status read_more(struct lines *lines)
{
    enum status status = lines->end == lines->capacity ? make_room(lines) : STATUS_OK;
    ssize_t got = -1;
    while (status == STATUS_OK && got < 0) {
        got = read(lines->fd, lines->bytes + lines->end, lines->capacity - lines->end);
        if (got < 0 && errno != EINTR) {
            log_error("read", "error=\"%s\"", strerror(errno));
            return STATUS_IO;
        }
    }
    if (status == STATUS_OK) {
        lines->end += (size_t)got;
        lines->is_read = got == 0;
    }
    return status;
}

enum status lines_look(struct lines *lines, const char **line, size_t *length, bool *is_whole)
{
    size_t seen = 0; /* of the line, without a line feed */
    const char *feed = NULL;
    for (;;) {
        size_t there = lines->end - lines->begin;
        feed = there > seen ? memchr(lines->bytes + lines->begin + seen, '\n', there - seen) : NULL;
        if (feed != NULL || lines->is_read) {
            break;
        }
        seen = there;
        enum status status = read_more(lines);
        if (status != STATUS_OK) {
            return status;
        }
    }
    size_t bytes = feed != NULL ? (size_t)(feed - (lines->bytes + lines->begin)) : lines->end - lines->begin;
    if (feed == NULL && bytes == 0) {
        return STATUS_ABSENT;
    }
    if (bytes > lines->bytes_max) {
        return STATUS_INVALID;
    }
    lines->looked_at = bytes + (feed != NULL);
    *line = lines->bytes + lines->begin;
    *length = bytes;
    *is_whole = feed != NULL;
    return STATUS_OK;
}

void lines_take(struct lines *lines)
{
    assert(lines->looked_at > 0 && lines->begin + lines->looked_at <= lines->end);
    lines->begin += lines->looked_at;
    lines->looked_at = 0;
    if (lines->begin == lines->end) {
        lines->begin = lines->end = 0;
    }
}
