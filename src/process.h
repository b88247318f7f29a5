/* Which process this is, without a system call each time: a session belongs to the one that opened it.
 * Knows nothing of Lua or libcurl. */
#ifndef AICORE_PROCESS_H
#define AICORE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* To be called once, before process_id. False: no memory. */
bool aic_process_begin(void);

/* As getpid(); fork() of the C library keeps it true in the child. */
pid_t aic_process_id(void);

#endif
