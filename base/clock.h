#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* The last time that the wall clock is believed to show: two days before instants end, so that no zone's day lies behind their end. */
#define CLOCK_WALL_MAX_MS INT64_C(253402128000000) /* 9999-12-30T00:00:00Z */

/* Wall time in milliseconds since 1970-01-01T00:00:00Z. May jump, but not out of 0 to CLOCK_WALL_MAX_MS: what a ledger once says stays in it. */
int64_t clock_wall_ms(void);

/* Time since some start in microseconds; never goes back. */
int64_t clock_steady_us(void);

#endif
