/*
 * Reads and replaces DIR/verified. The new file is written under a name of its own, synced, and renamed, so that a crash at any
 * point leaves the old one or the new one; an unfinished one that was left behind is written over.
 */
#include "server/store/verified.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "rules/verify/mark.h"
#include "server/store/directory.h"
#include "server/paths.h"

static enum status io_failure(const char *path, const char *what)
{
    int error = errno;
    log_error("verified", "path=%s %s failed: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
}

static enum status read_path(const char *path, struct verify_mark *mark)
{
    char bytes[VERIFY_MARK_BYTES_MAX + 1];
    size_t length = 0;
    ssize_t got = 1;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) {
        return errno == ENOENT ? STATUS_ABSENT : io_failure(path, "open");
    }
    while (got > 0 && length < sizeof bytes) {
        got = read(file, bytes + length, sizeof bytes - length);
        length += got > 0 ? (size_t)got : 0;
    }
    enum status status = got < 0 ? io_failure(path, "read") : verify_mark_read(mark, bytes, length);
    close(file);
    return status;
}

static bool write_whole(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static enum status write_path(const char *path, const char *unfinished, const struct buffer *text)
{
    int file = open(unfinished, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return io_failure(unfinished, "open");
    }
    enum status status = STATUS_OK;
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        status = STATUS_BUSY;
    } else if (ftruncate(file, 0) != 0 || fchmod(file, 0600) != 0 || !write_whole(file, text->bytes, text->length) || fsync(file) != 0) {
        status = io_failure(unfinished, "write");
        unlink(unfinished);
    } else if (rename(unfinished, path) != 0) {
        status = io_failure(path, "rename");
        unlink(unfinished);
    }
    close(file); /* synced or given up */
    return status;
}

enum status verified_read(const char *data_dir, struct verify_mark *mark)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, data_dir, "verified");
    enum status status = path != NULL ? read_path(path, mark) : STATUS_EXHAUSTED;
    arena_fini(&arena);
    return status;
}

enum status verified_write(const char *data_dir, const struct verify_mark *mark)
{
    struct arena arena;
    struct buffer text;
    arena_init(&arena);
    buffer_init(&text);
    verify_mark_write(mark, &text);
    const char *path = data_path(&arena, data_dir, "verified");
    const char *unfinished = data_path(&arena, data_dir, "verified.unfinished");
    enum status status = text.failed || path == NULL || unfinished == NULL ? STATUS_EXHAUSTED : write_path(path, unfinished, &text);
    if (status == STATUS_OK) {
        (void)directory_sync(data_dir); /* a loss of power may bring the older one back, which is as true */
    }
    buffer_fini(&text);
    arena_fini(&arena);
    return status;
}
