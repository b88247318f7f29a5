/* ONE descriptor for every socket and timer of a session. Knows nothing of Lua or libcurl.
 *
 * Invariants:
 *  - Once settled, the descriptor is readable when a watched socket is ready or the timeout has
 *    passed.
 *  - A timer exists in the kernel only once an event loop has asked for the descriptor (export);
 *    wait passes the timeout as an argument instead. It may fire too early, never too late.
 *  - The kernel is told of a socket only when its interest changes: a kept-alive connection that
 *    goes idle stays registered ("parked"), as its next request will want the same again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { POLLSET_READ = 1, POLLSET_WRITE = 2, POLLSET_ERROR = 4 };
enum { POLLSET_BATCH = 64 };

typedef struct pollset_event {
  int fd;
  int ready; /* POLLSET_* bits */
} pollset_event;

typedef struct pollset_watch {
  unsigned char registered; /* what the kernel was told */
  unsigned char wanted;
  bool owned;   /* opened through pollset_opened: its closing will be told, so it may be parked */
  dev_t device; /* of what is owned, and … */
  ino_t inode;  /* … these two tell whether the number is still of the same socket */
} pollset_watch;

typedef struct pollset {
  int fd;    /* the descriptor; -1 while closed */
  int timer; /* the kernel's timer; -1 where the backend needs no descriptor for it */
  bool exported;
  int64_t due;            /* clock_ms when the timeout passes; POLLSET_NEVER */
  int64_t armed;          /* when the kernel's timer fires; POLLSET_NEVER */
  pollset_watch *watches; /* by descriptor */
  size_t capacity;
} pollset;

#define POLLSET_NEVER INT64_MAX
#define POLLSET_CLOSED                                                                             \
  { -1, -1, false, POLLSET_NEVER, POLLSET_NEVER, NULL, 0 }

/* On failure errno is set and the set stays closed. */
bool aic_pollset_open(pollset *set);
/* Idempotent. */
void aic_pollset_close(pollset *set);
/* In the child of a fork, instead: closes the child's copies of what is the parent's, every owned
 * socket too. What the child itself has opened under the same numbers since stays open. */
void aic_pollset_leave(pollset *set);
/* Hands the descriptor out; from now on the kernel's timer is kept too. */
int aic_pollset_export(pollset *set);
/* A socket was opened, or is about to be closed. False: no memory. */
bool aic_pollset_opened(pollset *set, int fd);
void aic_pollset_closing(pollset *set, int fd);
/* Hangs up the owned socket that has this port at our end, if there is one; its closing is to come. */
void aic_pollset_hang_up(const pollset *set, int port);
/* What to watch a socket for: POLLSET_READ | POLLSET_WRITE, 0 for nothing. */
bool aic_pollset_want(pollset *set, int fd, int wanted);
/* The timeout passes in ms milliseconds; -1: there is none. The kernel's timer is not touched yet,
 * as timeouts come and go while libcurl works: settle does so before control is given back. */
void aic_pollset_timeout(pollset *set, long ms);
void aic_pollset_settle(pollset *set);
/* Has it passed? True once: asking clears it. */
bool aic_pollset_take_due(pollset *set);
/* Makes the descriptor readable at once, for work that waits for the owner of the loop. */
void aic_pollset_wake(pollset *set);
/* Waits until a socket is ready, the timeout passes, most_ms milliseconds are over (-1: no limit)
 * or a signal arrives; fills events and returns how many. */
int aic_pollset_wait(pollset *set, int most_ms, pollset_event events[POLLSET_BATCH]);

/* ---- what pollset.c asks of the kernel: implemented once per system ---- */

enum { POLLSET_TIMER = -1 }; /* the "descriptor" of an event of the timer */

/* Fills fd (and timer); false with errno set, nothing left open. */
bool aic_pollset_backend_open(pollset *set);
/* In the child of a fork: closes what open has opened, if the numbers are still of it. */
void aic_pollset_backend_leave(const pollset *set);
/* Changes a socket's interest from one set of POLLSET_* bits to another. */
bool aic_pollset_backend_watch(pollset *set, int fd, int before, int after);
/* One event of the timer in ms milliseconds, replacing an earlier wish. */
void aic_pollset_backend_arm(pollset *set, int64_t ms);
/* Waits and fills events; a fired timer is taken and reported as POLLSET_TIMER. 0 on a signal. */
int aic_pollset_backend_wait(pollset *set, int ms, pollset_event events[POLLSET_BATCH]);
