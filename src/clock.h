/* Time, sleep and randomness, the only place that asks the system for them. Knows nothing of Lua. */
#ifndef AICORE_CLOCK_H
#define AICORE_CLOCK_H

#include <stdint.h>

/* Milliseconds on the monotonic clock: for deadlines, never for dates. */
int64_t aic_clock_ms(void);

/* Seconds on the monotonic clock. */
double aic_clock_now(void);

/* Seconds since the epoch. */
double aic_clock_wall(void);

/* Sleeps at most that long; a signal ends it early. */
void aic_clock_sleep_ms(int ms);

/* A random number in [0, 1), from the system's generator. */
double aic_clock_random(void);

#endif
