/*
 * A machine in trouble, to be preloaded: while a file of that name lies in $FAULT_DIR,
 *   fdatasync-fails   flushing a file fails (EIO),
 *   fdatasync-waits   flushing a file waits,
 *   disk-is-full      the file system says that it has next to nothing left,
 * and the wall clock goes $FAULT_CLOCK_SECONDS ahead.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

static int flush(long call, int file)
{
    while (lies("fdatasync-waits")) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    if (lies("fdatasync-fails")) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, file);
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

int clock_gettime(clockid_t id, struct timespec *now)
{
    const char *ahead = getenv("FAULT_CLOCK_SECONDS");
    int failed = (int)syscall(SYS_clock_gettime, id, now);
    if (failed == 0 && id == CLOCK_REALTIME && ahead != NULL) {
        now->tv_sec += strtol(ahead, NULL, 10);
    }
    return failed;
}
