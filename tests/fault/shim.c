/*
 * A machine in trouble, to be preloaded: while a file of that name lies in $FAULT_DIR,
 *   fdatasync-fails   flushing a file fails (EIO),
 *   node-fails        so it is with node.db and its journal alone,
 *   fdatasync-waits   flushing a file waits,
 *   disk-is-full      the file system says that it has next to nothing left,
 *   clock             the wall clock is what it says: +SECONDS or -SECONDS beside the true one, or =SECONDS, where it stands,
 * and the wall clock goes $FAULT_CLOCK_SECONDS ahead. With $FAULT_KILL_AT=N the process is killed at the Nth of the calls that
 * flush, link, rename or remove a file, before it is made; with $FAULT_COUNT=FILE their number is written there at the end.
 * Calls on the data directory's files that fail, and their record: shim_disk.c.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool lies(const char *name)
{
    char path[4096];
    const char *dir = getenv("FAULT_DIR");
    return dir != NULL && snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path && access(path, F_OK) == 0;
}

static int calls;

/* Counts a call, which is the last one where it is the Nth. */
static void step(void)
{
    const char *at = getenv("FAULT_KILL_AT");
    calls++;
    if (at != NULL && strtol(at, NULL, 10) == calls) {
        kill(getpid(), SIGKILL);
    }
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%d\n", calls);
        fclose(file);
    }
}

int link(const char *from, const char *to)
{
    step();
    int failed = (int)syscall(SYS_link, from, to);
    if (failed == 0) {
        shim_note_names('L', from, to);
    }
    return failed;
}

int rename(const char *from, const char *to)
{
    step();
    int failed = (int)syscall(SYS_rename, from, to);
    if (failed == 0) {
        shim_note_names('R', from, to);
    }
    return failed;
}

int unlink(const char *path)
{
    step();
    int failed = (int)syscall(SYS_unlink, path);
    if (failed == 0) {
        shim_note_names('U', path, NULL);
    }
    return failed;
}

static bool is_of_node(int file)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    return strstr(path, "/node.db") != NULL;
}

static int flush(long call, int file)
{
    step();
    while (lies("fdatasync-waits")) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    if (lies("fdatasync-fails") || (lies("node-fails") && is_of_node(file))) {
        errno = EIO;
        return -1;
    }
    int failed = shim_may_flush(file) ? (int)syscall(call, file) : -1;
    if (failed == 0) {
        shim_note_flush(file);
    }
    return failed;
}

int fdatasync(int file)
{
    return flush(SYS_fdatasync, file);
}

int fsync(int file)
{
    return flush(SYS_fsync, file);
}

int statvfs(const char *path, struct statvfs *found)
{
    int (*real)(const char *, struct statvfs *) = (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
    int failed = real(path, found);
    if (failed == 0 && lies("disk-is-full")) {
        found->f_bavail = 16 * 1024 * 1024 / found->f_frsize - 1;
    }
    return failed;
}

/* What the file clock says; false where there is none. */
static bool read_clock(char text[32])
{
    char path[4096];
    const char *dir = getenv("FAULT_DIR");
    if (dir == NULL || snprintf(path, sizeof path, "%s/clock", dir) >= (int)sizeof path) {
        return false;
    }
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? syscall(SYS_read, file, text, 31) : -1;
    if (file >= 0) {
        syscall(SYS_close, file);
    }
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    const char *ahead = getenv("FAULT_CLOCK_SECONDS");
    char text[32];
    int failed = (int)syscall(SYS_clock_gettime, id, now);
    if (failed != 0 || id != CLOCK_REALTIME) {
        return failed;
    }
    now->tv_sec += ahead != NULL ? strtol(ahead, NULL, 10) : 0;
    if (read_clock(text)) {
        now->tv_sec = text[0] == '=' ? strtol(text + 1, NULL, 10) : now->tv_sec + strtol(text, NULL, 10);
        now->tv_nsec = text[0] == '=' ? 0 : now->tv_nsec;
    }
    return failed;
}
