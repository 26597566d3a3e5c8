/*
 * The two clocks of the machine. rules/ and analytics/ never look at them: times
 * are given to them from outside.
 */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    assert(failed == 0);
    if (now.tv_sec >= CLOCK_WALL_MAX_MS / 1000) {
        return CLOCK_WALL_MAX_MS;
    }
    return now.tv_sec < 0 ? 0 : (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_steady_us(void)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(failed == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
