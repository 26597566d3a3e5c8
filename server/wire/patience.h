#ifndef SERVER_WIRE_PATIENCE_H
#define SERVER_WIRE_PATIENCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How long a loop lets one read run. What takes longer is broken off and runs again beside the loop (server/away.h), so that
 * nobody on the loop waits for much longer than this behind one read. Reads of a shape (a route, and the names in its query) that took
 * too long are sent there at once for a while, since each attempt costs the loop that time; one that turns out to be short ends that.
 *
 * The lane's thread alone, but for the counter, which any thread may read. A zeroed one knows nothing. Times are clock_steady_us.
 */

enum {
    PATIENCE_US = 20 * 1000,
    PATIENCE_SHAPES = 64,                 /* a power of two; those that meet in one place drive each other out */
    PATIENCE_KNOWN_US = 10 * 1000 * 1000, /* so long a shape is taken for long */
    PATIENCE_SHORT_SHARE = 4              /* what takes no more than one in so many of PATIENCE_US is short */
};

struct patience {
    int64_t until_us; /* of the read that runs; 0: it has all the time there is */
    bool is_over;     /* it was told to end */
    struct {
        uint64_t shape;
        int64_t until_us;
    } known[PATIENCE_SHAPES];
    _Atomic uint64_t moved; /* reads that went on beside the loop, so far */
};

/* A read begins that may run for PATIENCE_US. */
void patience_begin(struct patience *patience, int64_t now_us);

/* Whether what runs may go on; once it may not, it may not until patience_end. */
bool patience_lasts(struct patience *patience, int64_t now_us);

/* The read has ended: whether it was told to, so that its answer is worth nothing. */
bool patience_end(struct patience *patience);

/* A read of the shape took so long beside the loop, or on it until it was broken off: it is long from PATIENCE_US on. */
void patience_learn(struct patience *patience, uint64_t shape, int64_t took_us, int64_t now_us);

/* Whether reads of the shape are to run beside the loop. */
bool patience_knows(const struct patience *patience, uint64_t shape, int64_t now_us);

#endif
