/*
 * Locked pages. Who keeps secrets in them: key.c for as long as a key is used, key_file.c while it reads or writes one.
 */
#include "ledger/secret.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

enum status secret_allocate(size_t bytes, void **memory)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        log_error("key_memory", "mmap failed: %s", strerror(errno));
        return STATUS_EXHAUSTED;
    }
    if (mlock(pages, bytes) != 0) {
        log_error("key_memory", "mlock failed: %s (is the limit of locked memory zero?)", strerror(errno));
        goto failed;
    }
    if (madvise(pages, bytes, MADV_DONTDUMP) != 0) {
        log_error("key_memory", "madvise failed: %s", strerror(errno));
        goto failed;
    }
    *memory = pages;
    return STATUS_OK;
failed:
    munmap(pages, bytes);
    return STATUS_EXHAUSTED;
}

void secret_free(void *memory, size_t bytes)
{
    if (memory == NULL) {
        return;
    }
    explicit_bzero(memory, bytes);
    int unmapped = munmap(memory, bytes);
    assert(unmapped == 0);
}
