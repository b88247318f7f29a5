/* Time, sleep, randomness, and which process this is: the only place that asks the system for them.
 * Knows nothing of Lua. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Milliseconds, and seconds, on the monotonic clock: for deadlines, never for dates. */
int64_t aic_clock_ms(void);
double aic_clock_now(void);
/* Seconds since the epoch. */
double aic_clock_wall(void);
/* Sleeps at most that long; a signal ends it early. */
void aic_clock_sleep_ms(int ms);
/* A random number in [0, 1), from the system's generator. */
double aic_random(void);
/* As getpid(), but without a system call: fork() of the C library keeps it true in the child. begin
 * is to be called once before; false: no memory. */
bool aic_process_begin(void);
pid_t aic_process_id(void);
