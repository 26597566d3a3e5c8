#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * A few threads for work that is cut into batches. A batch is the submitter's memory: the pool allocates nothing
 * for it, so whoever bounds the batches that are under way has bounded the memory. Batches begin in the order in which
 * they were submitted. Who waits for one works meanwhile: a pool without threads does everything while waiting.
 */
struct parallel;

struct parallel_batch {
    void (*run)(struct parallel_batch *batch); /* called once, on any thread; must neither submit nor wait */
    struct parallel_batch *next; /* the pool's */
    bool is_done;                /* the pool's */
};

enum { PARALLEL_THREADS_MAX = 64 };

/* The processors that this process may use; at least 1. */
size_t parallel_cores(void);

/* Takes the calling thread's share of the processors down to what others leave over, for good. */
void parallel_be_quiet(void);

/* threads beside the one that waits, at most PARALLEL_THREADS_MAX; fewer where the system gives no more. is_quiet: they
 * take only what others leave over. STATUS_EXHAUSTED without memory. */
enum status parallel_open(size_t threads, bool is_quiet, struct parallel **parallel) NODISCARD;

/* Ends the threads and frees. Every batch that was submitted must have been waited for (asserted). NULL does nothing. */
void parallel_close(struct parallel *parallel);

/* run is called some time before parallel_wait(batch) returns; batch must live so long. Never blocks for long. */
void parallel_submit(struct parallel *parallel, struct parallel_batch *batch);

/* Returns when the batch has run; what it wrote is then seen here. Of batches that have not begun, some may be run by the
 * caller meanwhile. */
void parallel_wait(struct parallel *parallel, struct parallel_batch *batch);

/* The same, but gives up after so many milliseconds, or once the caller has run another batch: for who has to look at something else
 * meanwhile. True: the batch has run. */
bool parallel_wait_for(struct parallel *parallel, struct parallel_batch *batch, int ms) NODISCARD;

#endif
