/* Shares out the processors among analyses. Read efficiency.c for who asks. */
#include "handlers/analysis/helpers.h"

#include <stdatomic.h>

#include "base/parallel.h"

/* Fewer are done before a thread has started. */
#define UNITS_MIN 1000

static atomic_size_t taken;

size_t analysis_helpers_take(size_t units)
{
    if (units < UNITS_MIN) {
        return 0;
    }
    size_t cores = parallel_cores();
    size_t most = (cores < PARALLEL_THREADS_MAX ? cores : PARALLEL_THREADS_MAX) - 1;
    size_t now = atomic_load(&taken);
    while (now < most) {
        if (atomic_compare_exchange_weak(&taken, &now, most)) {
            return most - now;
        }
    }
    return 0;
}

void analysis_helpers_give(size_t helpers)
{
    atomic_fetch_sub(&taken, helpers);
}
