/*
 * The new file is written under a name of its own, synced, renamed, and the directory synced: a crash at any point leaves the
 * old one or the new one. What is added has its name at once: a crash leaves it whole, short or absent.
 */
#include "server/kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/store/directory.h"
#include "server/paths.h"
#include "server/tell.h"

static enum status tell_errno(const char *path, const char *what)
{
    tell("%s cannot be %s: %s", path, what, strerror(errno));
    return STATUS_IO;
}

enum status kept_file_read(struct arena *arena, const char *dir, const char *name, const char **text, size_t *length)
{
    const char *path = dir == NULL ? name : data_path(arena, dir, name);
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return errno == ENOENT ? STATUS_ABSENT : tell_errno(path, "read");
    }
    char *bytes = arena_alloc(arena, KEPT_FILE_BYTES_MAX + 1); /* zeroed: nothing to do for each name that is free */
    if (bytes == NULL) {
        fclose(file);
        return STATUS_EXHAUSTED;
    }
    size_t got = fread(bytes, 1, KEPT_FILE_BYTES_MAX + 1, file);
    bool is_whole = ferror(file) == 0 && got <= KEPT_FILE_BYTES_MAX;
    fclose(file);
    if (!is_whole) {
        return tell_errno(path, "read");
    }
    bytes[got] = 0;
    *text = bytes;
    *length = got;
    return STATUS_OK;
}

static bool write_whole(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* Fills a file that was just made and is open, and closes it: it is on the disk before it replaces another, and its name before this
 * returns. replaces NULL: it has the name that it is to have. What failed is told, and the file taken away. */
static enum status fill(int file, const char *dir, const char *path, const char *replaces, const void *bytes, size_t length)
{
    enum status status = write_whole(file, bytes, length) && fsync(file) == 0 ? STATUS_OK : tell_errno(path, "written");
    close(file); /* synced or given up */
    if (status == STATUS_OK && ((replaces != NULL && rename(path, replaces) != 0) || !directory_sync(dir))) {
        status = replaces != NULL ? tell_errno(replaces, "replaced") : tell_errno(path, "written");
    }
    if (status != STATUS_OK) {
        unlink(path);
    }
    return status;
}

static enum status write_path(const char *dir, const char *path, const char *unfinished, const void *bytes, size_t length)
{
    int file = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return file < 0 ? tell_errno(unfinished, "made") : fill(file, dir, unfinished, path, bytes, length);
}

enum status kept_file_write(const char *dir, const char *name, const void *bytes, size_t length)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, dir, name);
    const char *unfinished = path == NULL ? NULL : arena_format(&arena, "%s.unfinished", path);
    enum status status = unfinished == NULL ? STATUS_EXHAUSTED : write_path(dir, path, unfinished, bytes, length);
    arena_fini(&arena);
    return status;
}

static enum status add_path(const char *dir, const char *path, const void *bytes, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return errno == EEXIST ? STATUS_CONFLICT : tell_errno(path, "made");
    }
    return fill(file, dir, path, NULL, bytes, length);
}

enum status kept_file_add(const char *dir, const char *name, const void *bytes, size_t length)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, dir, name);
    enum status status = path == NULL ? STATUS_EXHAUSTED : add_path(dir, path, bytes, length);
    arena_fini(&arena);
    return status;
}

enum status kept_file_remove(const char *dir, const char *name)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, dir, name);
    enum status status = path == NULL ? STATUS_EXHAUSTED : unlink(path) == 0 || errno == ENOENT ? STATUS_OK : tell_errno(path, "removed");
    arena_fini(&arena);
    return status;
}
