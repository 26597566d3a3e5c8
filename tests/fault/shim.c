/*
 * A machine in trouble, to be preloaded: while a file of that name lies in $FAULT_DIR,
 *   fdatasync-fails   flushing a file fails (EIO),
 *   fdatasync-waits   flushing a file waits,
 *   disk-is-full      the file system says that it has next to nothing left,
 * and the wall clock goes $FAULT_CLOCK_SECONDS ahead. With $FAULT_KILL_AT=N the process is killed at the Nth of the calls that
 * flush, link, rename or remove a file, before it is made; with $FAULT_COUNT=FILE their number is written there at the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
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
    return (int)syscall(SYS_link, from, to);
}

int rename(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    step();
    return (int)syscall(SYS_unlink, path);
}

static int flush(long call, int file)
{
    step();
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
