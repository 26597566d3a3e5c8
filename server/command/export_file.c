/*
 * Looks into an export that is to go on. The file may be large and its lines long, so it is mapped and searched from its end.
 */
#include "server/command/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/tell.h"

enum { HEADER_BYTES_MAX = 1024 };

static enum status tell_errno(const char *what, const char *path)
{
    int error = errno;
    tell("--output: %s cannot be %s: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT || error == ENOMEM ? STATUS_EXHAUSTED : STATUS_IO;
}

/* A line of the file, copied before it is read: the file is other processes' to change. */
static bool read_line(const char *at, size_t length, struct arena *arena, struct export_line *line)
{
    const char *copy = arena_copy(arena, at, length);
    return copy != NULL && export_line_read(line, copy, length, arena) == STATUS_OK;
}

/* The last whole line that is one of a checkpoint. */
static void find_checkpoint(struct export_file *file, const char *map, struct arena *arena)
{
    static const char begins[] = EXPORT_CHECKPOINT_BEGINS;
    const char *end = memrchr(map, '\n', file->bytes); /* of the last whole line */
    while (end != NULL && !file->has_checkpoint) {
        const char *before = memrchr(map, '\n', (size_t)(end - map));
        const char *begin = before != NULL ? before + 1 : map;
        size_t length = (size_t)(end - begin);
        if (length >= sizeof begins - 1 && memcmp(begin, begins, sizeof begins - 1) == 0 &&
            read_line(begin, length, arena, &file->checkpoint)) {
            file->has_checkpoint = true;
            file->checkpoint_end = (size_t)(end - map) + 1;
        }
        end = before;
    }
}

static void find_end(struct export_file *file, const char *map, struct arena *arena)
{
    if (file->bytes < 2 || map[file->bytes - 1] != '\n') {
        return;
    }
    const char *before = memrchr(map, '\n', file->bytes - 1);
    const char *begin = before != NULL ? before + 1 : map;
    size_t length = file->bytes - 1 - (size_t)(begin - map);
    file->has_end = length < HEADER_BYTES_MAX && read_line(begin, length, arena, &file->end) &&
        file->end.kind == EXPORT_LINE_END;
}

static enum status look(const char *path, struct export_file *file, struct arena *arena)
{
    const char *map = mmap(NULL, file->bytes, PROT_READ, MAP_PRIVATE, file->fd, 0);
    if (map == MAP_FAILED) {
        return tell_errno("read", path);
    }
    size_t most = file->bytes < HEADER_BYTES_MAX ? file->bytes : HEADER_BYTES_MAX;
    const char *feed = memchr(map, '\n', most);
    file->first_length = feed != NULL ? (size_t)(feed - map) + 1 : most;
    file->first = arena_copy(arena, map, file->first_length);
    file->has_header = file->first != NULL && feed != NULL &&
        export_line_read(&file->header, file->first, file->first_length - 1, arena) == STATUS_OK &&
        file->header.kind == EXPORT_LINE_HEADER;
    if (file->has_header) {
        find_checkpoint(file, map, arena);
        find_end(file, map, arena);
    }
    munmap((void *)(uintptr_t)map, file->bytes);
    return file->first == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

enum status export_file_open(const char *path, struct arena *arena, struct export_file *file)
{
    struct stat found;
    struct export_file opened = { .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) };
    if (opened.fd < 0) {
        return tell_errno("opened", path);
    }
    enum status status = STATUS_OK;
    if (flock(opened.fd, LOCK_EX | LOCK_NB) != 0) {
        tell("--output: another process writes to %s", path);
        status = STATUS_BUSY;
    } else if (fstat(opened.fd, &found) != 0) {
        status = tell_errno("read", path);
    } else if (S_ISREG(found.st_mode) && found.st_size > 0) {
        opened.bytes = (size_t)found.st_size;
        status = look(path, &opened, arena);
    }
    if (status != STATUS_OK) {
        close(opened.fd);
        return status;
    }
    *file = opened;
    return STATUS_OK;
}

enum status export_file_cut(const char *path, struct export_file *file, size_t bytes)
{
    if (bytes < file->bytes && ftruncate(file->fd, (off_t)bytes) != 0) {
        return tell_errno("cut off", path);
    }
    if (file->bytes > 0 && lseek(file->fd, (off_t)bytes, SEEK_SET) < 0) {
        return tell_errno("written to", path);
    }
    return STATUS_OK;
}

enum status export_file_write(int fd, const char *path, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR) {
            return tell_errno("written to", path);
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return STATUS_OK;
}

enum status export_file_close(const char *path, struct export_file *file)
{
    enum status status = STATUS_OK;
    if (fsync(file->fd) != 0 && errno != EINVAL && errno != EROFS) { /* a pipe or a device has nothing to sync */
        status = tell_errno("written to", path);
    }
    if (close(file->fd) != 0 && status == STATUS_OK) {
        status = tell_errno("written to", path);
    }
    return status;
}
