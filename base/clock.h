#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Wall time in milliseconds since 1970-01-01T00:00:00Z. May jump. */
int64_t clock_wall_ms(void);

/* Time since some start in microseconds; never goes back. */
int64_t clock_steady_us(void);

#endif
