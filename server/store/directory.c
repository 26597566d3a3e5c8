/*
 * The lock is flock's on a file of its own, which stays: it goes with the process, however that ends.
 */
#include "server/store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "server/paths.h"
#include "server/tell.h"

bool directory_make(const char *path)
{
    struct arena arena;
    arena_init(&arena);
    const char *parent = data_path(&arena, path, "..");
    bool is_made = parent != NULL && (mkdir(path, 0700) == 0 || errno == EEXIST);
    if (is_made && !directory_sync(parent)) {
        is_made = errno != EIO && errno != ENOSPC; /* one that may not be opened, or cannot be flushed, is nothing of ours */
    }
    int error = errno;
    arena_fini(&arena);
    errno = error;
    return is_made;
}

static enum status take(const char *data_dir, const char *path, int *lock)
{
    if (!directory_make(data_dir)) {
        tell("the data directory %s cannot be made: %s. --data-dir names a directory whose parent exists and may be written to by "
             "this user (uid %u)", data_dir, strerror(errno), (unsigned)geteuid());
        return STATUS_IO;
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        tell("the data directory %s cannot be used: %s: %s. --data-dir names a directory that this user (uid %u) may read and "
             "write", data_dir, path, strerror(errno), (unsigned)geteuid());
        return STATUS_IO;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        tell("another process serves the data directory %s: stop it first, or give another directory by --data-dir", data_dir);
        close(file);
        return STATUS_BUSY;
    }
    *lock = file;
    return STATUS_OK;
}

enum status directory_lock(const char *data_dir, int *lock)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, data_dir, "lock");
    enum status status = path == NULL ? STATUS_EXHAUSTED : take(data_dir, path, lock);
    arena_fini(&arena);
    return status;
}

bool directory_is_locked(const char *data_dir)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, data_dir, "lock");
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool is_locked = file >= 0 && flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (file >= 0) {
        close(file);
    }
    arena_fini(&arena);
    return is_locked;
}

bool directory_sync(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = directory >= 0 && fsync(directory) == 0;
    int error = errno;
    if (directory >= 0) {
        close(directory);
    }
    errno = error;
    return is_synced;
}
