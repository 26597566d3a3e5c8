/*
 * Byte by byte: for keys and for databases at rest; one that is in use is copied by db/copy.c.
 */
#include "server/copy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/tell.h"

enum { SLICE_BYTES = 65536, PATH_BYTES = 4096 };

static enum status tell_errno(const char *what, const char *path)
{
    int error = errno;
    tell("%s cannot be %s: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
}

static enum status copy_bytes(int source, const char *from, int target, const char *to)
{
    char slice[SLICE_BYTES];
    enum status status = STATUS_OK;
    ssize_t got = 1;
    while (status == STATUS_OK && got > 0) {
        got = read(source, slice, sizeof slice);
        if (got < 0) {
            status = tell_errno("read", from);
        } else if (got > 0 && write(target, slice, (size_t)got) != got) {
            status = tell_errno("written", to); /* a disk that is full takes a part first; nothing is gained by asking twice */
        }
    }
    explicit_bzero(slice, sizeof slice);
    return status;
}

enum status copy_file(const char *from, const char *to)
{
    char unfinished[PATH_BYTES];
    if (snprintf(unfinished, sizeof unfinished, "%s.unfinished", to) >= (int)sizeof unfinished) {
        errno = ENAMETOOLONG;
        return tell_errno("written", to);
    }
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0) {
        return tell_errno("read", from);
    }
    unlink(unfinished);
    int target = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status = target < 0 ? tell_errno("written", to) : copy_bytes(source, from, target, to);
    if (target >= 0) {
        bool is_synced = status != STATUS_OK || fsync(target) == 0;
        is_synced = close(target) == 0 && is_synced;
        status = status == STATUS_OK && (!is_synced || rename(unfinished, to) != 0) ? tell_errno("written", to) : status;
        if (status != STATUS_OK) {
            unlink(unfinished);
        }
    }
    close(source);
    return status;
}
