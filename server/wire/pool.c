/*
 * Giving pages back. That the pool is where it is taken to be holds for libmicrohttpd 0.9.75, whose source says so
 * (memorypool.c: mmap above 32 KiB; connection.c: a request's bytes begin where the pool does); with another version
 * nothing is given back.
 */
#include "server/wire/pool.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "server/wire/client.h"

enum { IDLE_US = 2 * 1000 * 1000 /* who comes back sooner would have to get the pages again */ };

static bool layout_is_known(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

void pool_find(struct client *client, const char *method)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const bool is_mapped = ((uintptr_t)method & (page - 1)) == 0 && POOL_BYTES % page == 0;
    client->pool = is_mapped && layout_is_known() ? (void *)(uintptr_t)method : NULL;
    client->is_pool_empty = false;
}

void pool_give_back(struct client *client, int64_t now_us)
{
    if (client->pool == NULL || client->is_pool_empty || client_phase(client) != CLIENT_IDLE || guard_is_amid(&client->guard) ||
        now_us - atomic_load_explicit(&client->since_us, memory_order_relaxed) < IDLE_US) {
        return;
    }
    client->is_pool_empty = true;
    if (madvise(client->pool, POOL_BYTES, MADV_DONTNEED) != 0) {
        log_warn("pool", "given_back=no");
    }
}
