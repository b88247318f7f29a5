/* What pollset.c asks of the kernel: implemented once per system. */
#ifndef AICORE_POLLSET_BACKEND_H
#define AICORE_POLLSET_BACKEND_H

#include "pollset.h"

enum { POLLSET_TIMER = -1 }; /* the "descriptor" of an event of the timer */

/* Fills fd (and timer); false with errno set, nothing left open. */
bool aic_pollset_backend_open(pollset *set);

/* Changes a socket's interest from one set of POLLSET_* bits to another. */
bool aic_pollset_backend_watch(pollset *set, int fd, int before, int after);

/* One event of the timer in ms milliseconds, replacing an earlier wish. */
void aic_pollset_backend_arm(pollset *set, int64_t ms);

/* Waits and fills events; a fired timer is taken and reported as POLLSET_TIMER. 0 on a signal. */
int aic_pollset_backend_wait(pollset *set, int ms, pollset_event events[POLLSET_BATCH]);

#endif
