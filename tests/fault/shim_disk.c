/*
 * The rest of the machine in trouble: calls on files below $FAULT_DATA.
 *
 * One of them fails, as the file $FAULT_DIR/plan says, "CALL N HOW": the Nth since the plan is there. CALL is write, sync or cut;
 * HOW is eio, enospc, half (half of it is written, and what follows finds the disk full: once) or part (half is written, and said so,
 * which is no failure). $FAULT_DIR/fired is there once it has come to that. A plan that is removed is over.
 *
 * Recorded in $FAULT_LOG, in their order, for what a loss of power would leave:
 *   C NUMBER PATH   a file was made     W NUMBER OFFSET LENGTH, a line feed and the bytes   T NUMBER LENGTH   S NUMBER   it was flushed
 *   M PATH          a directory made    D PATH   a directory was flushed     R FROM, tabulator, TO    L the same    U PATH
 * NUMBER is the inode's: a file that is made may have that of one that is gone.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

enum call { CALL_NONE, CALL_WRITE, CALL_SYNC, CALL_CUT };
enum how { HOW_EIO, HOW_ENOSPC, HOW_HALF, HOW_PART };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    enum call call;
    enum how how;
    long left; /* calls until the one that fails; 0: it did */
    bool is_read;
} plan;

static bool path_in(const char *variable, const char *name, char path[PATH_BYTES])
{
    const char *dir = getenv(variable);
    return dir != NULL && snprintf(path, PATH_BYTES, "%s/%s", dir, name) < PATH_BYTES;
}

/* Whether the path is the data directory or below it; what only this machine's memory needs is left out. */
static bool is_ours(const char *path)
{
    const char *data = getenv("FAULT_DATA");
    size_t length = data != NULL ? strlen(data) : 0;
    size_t end = strlen(path);
    return length > 0 && strncmp(path, data, length) == 0 && (path[length] == '/' || path[length] == 0) &&
        !(end > 4 && strcmp(path + end - 4, "-shm") == 0) && !(end > 5 && strcmp(path + end - 5, "/lock") == 0);
}

static bool path_of(int file, char path[PATH_BYTES])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_BYTES - 1);
    path[length > 0 ? length : 0] = 0;
    return length > 0;
}

static void read_plan(void)
{
    char path[PATH_BYTES], text[64] = "", call[16] = "", how[16] = "";
    long at = 0;
    int file = path_in("FAULT_DIR", "plan", path) ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        plan.is_read = false;
        plan.call = CALL_NONE;
        return;
    }
    ssize_t length = plan.is_read ? 0 : syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    if (plan.is_read || length <= 0 || sscanf(text, "%15s %ld %15s", call, &at, how) != 3) {
        return;
    }
    plan.is_read = true;
    plan.left = at;
    plan.call = strcmp(call, "write") == 0 ? CALL_WRITE : strcmp(call, "sync") == 0 ? CALL_SYNC : CALL_CUT;
    plan.how = strcmp(how, "eio") == 0 ? HOW_EIO : strcmp(how, "enospc") == 0 ? HOW_ENOSPC : strcmp(how, "half") == 0 ? HOW_HALF : HOW_PART;
}

/* Whether this call is the one. Under lock. */
static bool is_due(enum call call, int file)
{
    char path[PATH_BYTES];
    if (getenv("FAULT_DIR") == NULL || !path_of(file, path) || !is_ours(path)) {
        return false;
    }
    read_plan();
    if (plan.call != call || plan.left == 0 || --plan.left > 0) {
        return false;
    }
    if (path_in("FAULT_DIR", "fired", path)) {
        syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    }
    return true;
}

__attribute__((format(printf, 3, 4)))
static void record(const char *bytes, size_t length, const char *format, ...)
{
    static int log = -1;
    char line[2 * PATH_BYTES];
    va_list arguments;
    const char *path = getenv("FAULT_LOG");
    if (path == NULL) {
        return;
    }
    if (log < 0) {
        log = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    va_start(arguments, format);
    int head = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    char *whole = malloc((size_t)head + length + 1);
    if (whole == NULL) {
        abort();
    }
    memcpy(whole, line, (size_t)head);
    memcpy(whole + head, bytes, length);
    if (syscall(SYS_write, log, whole, (size_t)head + length) != (long)((size_t)head + length)) {
        abort();
    }
    free(whole);
}

static unsigned long number_of(int file)
{
    struct stat found = { .st_ino = 0 };
    return fstat(file, &found) == 0 ? (unsigned long)found.st_ino : 0;
}

/* Writes, as the plan has it; offset -1: where the file stands. */
static ssize_t put(int file, const void *bytes, size_t length, off_t offset)
{
    char path[PATH_BYTES];
    pthread_mutex_lock(&lock);
    bool fails = is_due(CALL_WRITE, file);
    size_t wanted = fails && plan.how >= HOW_HALF ? length / 2 : length;
    ssize_t done = -1;
    off_t at = offset >= 0 ? offset : (off_t)syscall(SYS_lseek, file, 0, SEEK_CUR);
    if (fails && plan.how < HOW_HALF) {
        errno = plan.how == HOW_EIO ? EIO : ENOSPC;
    } else {
        done = offset >= 0 ? syscall(SYS_pwrite64, file, bytes, wanted, offset) : syscall(SYS_write, file, bytes, wanted);
    }
    if (done > 0 && getenv("FAULT_LOG") != NULL && path_of(file, path) && is_ours(path)) {
        record(bytes, (size_t)done, "W %lu %lld %zd\n", number_of(file), (long long)at, done);
    }
    if (fails && plan.how == HOW_HALF) { /* the rest finds no room */
        plan.left = 1;
        plan.how = HOW_ENOSPC;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset)
{
    return put(file, bytes, length, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset)
{
    return put(file, bytes, length, offset);
}

ssize_t write(int file, const void *bytes, size_t length)
{
    return put(file, bytes, length, -1);
}

static int cut(int file, off_t length)
{
    char path[PATH_BYTES];
    pthread_mutex_lock(&lock);
    bool fails = is_due(CALL_CUT, file);
    int failed = fails ? -1 : (int)syscall(SYS_ftruncate, file, length);
    if (failed == 0 && path_of(file, path) && is_ours(path)) {
        record("", 0, "T %lu %lld\n", number_of(file), (long long)length);
    }
    pthread_mutex_unlock(&lock);
    if (fails) {
        errno = EIO;
    }
    return failed;
}

int ftruncate(int file, off_t length)
{
    return cut(file, length);
}

int ftruncate64(int file, off64_t length)
{
    return cut(file, length);
}

static int open_at(int directory, const char *path, int flags, unsigned mode)
{
    char whole[PATH_BYTES];
    bool makes = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
    int file = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (file >= 0 && path_of(file, whole) && is_ours(whole)) {
        int error = errno;
        pthread_mutex_lock(&lock);
        if (makes) {
            record("", 0, "C %lu %s\n", number_of(file), whole);
        } else if ((flags & O_TRUNC) != 0) {
            record("", 0, "T %lu 0\n", number_of(file));
        }
        pthread_mutex_unlock(&lock);
        errno = error;
    }
    return file;
}

static unsigned mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0;
}

#define OPEN(NAME)                                          \
    int NAME(const char *path, int flags, ...)              \
    {                                                       \
        va_list arguments;                                  \
        va_start(arguments, flags);                         \
        unsigned mode = mode_of(flags, arguments);          \
        va_end(arguments);                                  \
        return open_at(AT_FDCWD, path, flags, mode);        \
    }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode)
{
    int failed = (int)syscall(SYS_mkdir, path, mode);
    if (failed == 0) {
        shim_note_names('M', path, NULL);
    }
    return failed;
}

bool shim_may_flush(int file)
{
    pthread_mutex_lock(&lock);
    bool fails = is_due(CALL_SYNC, file);
    pthread_mutex_unlock(&lock);
    if (fails) {
        errno = EIO;
    }
    return !fails;
}

void shim_note_flush(int file)
{
    char path[PATH_BYTES];
    struct stat found;
    if (getenv("FAULT_LOG") == NULL || fstat(file, &found) != 0 || !path_of(file, path)) {
        return;
    }
    pthread_mutex_lock(&lock);
    if (S_ISDIR(found.st_mode)) {
        record("", 0, "D %s\n", path);
    } else if (is_ours(path)) {
        record("", 0, "S %lu\n", (unsigned long)found.st_ino);
    }
    pthread_mutex_unlock(&lock);
}

void shim_note_names(char deed, const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    if (is_ours(from) || (to != NULL && is_ours(to))) {
        record("", 0, "%c %s%s%s\n", deed, from, to != NULL ? "\t" : "", to != NULL ? to : "");
    }
    pthread_mutex_unlock(&lock);
}
