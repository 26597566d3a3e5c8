/*
 * Memory that is not there. $FAULT_MEMORY is a file of eight bytes, which whoever made it and the process share: the number of
 * allocations, of any thread and any library, until the one that fails. Each takes one off; 0: none fails, or it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

static _Atomic int64_t *left; /* NULL: nothing fails here */

__attribute__((constructor)) static void share(void)
{
    const char *path = getenv("FAULT_MEMORY");
    int file = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *at = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        left = at == MAP_FAILED ? NULL : at;
        close(file);
    }
}

static int is_out(void)
{
    int64_t now = left != NULL ? atomic_load(left) : 0;
    while (now > 0 && !atomic_compare_exchange_weak(left, &now, now - 1)) {
    }
    if (now == 1) {
        errno = ENOMEM;
    }
    return now == 1;
}

void *malloc(size_t bytes)
{
    return is_out() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return is_out() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    return is_out() ? NULL : __libc_realloc(old, bytes);
}
