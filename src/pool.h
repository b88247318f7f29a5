/* The transfers of a session, on one multi handle of libcurl. Knows nothing of Lua.
 *
 * Invariants:
 *  - Opened lazily: a pool holds no descriptor until its first transfer, so that it may be made
 *    before a fork. In a child, the parent's connections are closed without a word to their peers
 *    or to libcurl, and the pool opens its own.
 *  - A transfer is in exactly one list: idle, queued, running, finished, or delivered; or in none while its
 *    reply is read, and then belongs to the reader alone. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config.h"
#include "exchange.h"
#include "operation.h"
#include "pollset.h"

typedef struct transfer_list {
  struct transfer *first, *last;
  size_t count;
} transfer_list;

typedef struct pool {
  config *config;
  bool closed; /* for good */
  pid_t owner; /* the process that opened it; 0: not open */
  CURLM *multi;
  pollset sockets;
  goaway goaway;
  int opened; /* connections, since it acted last */
  int silent; /* how many that run are on a connection that has let a call time out */
  transfer_list idle, queued, running, finished, delivered;
} pool;

typedef struct transfer {
  pool *pool;
  transfer_list *list;
  struct transfer *previous, *next;
  struct transfer **handle; /* the Lua object's pointer to this; NULL: none */
  bool announced;           /* session:step() reports it */
  bool finished;
  int silent_port; /* of such a connection, at our end; 0: it is on no such one */
  bool read;       /* its reply is being read: what runs meanwhile (a finalizer) may not end it */
  exchange exchange;
} transfer;

/* Opens what is not open yet, in this process. NULL, or the reason why not. */
const char *aic_pool_open(pool *p);
/* In the child of a fork: lets go of what belongs to the parent. Before any use of a transfer. */
void aic_pool_leave_parent(pool *p);
/* Ends everything. Idempotent. */
void aic_pool_close(pool *p);

/* Starts a request as the transfer of a Lua object. NULL, or the reason why not. One that is announced
 * is queued where many connections were opened since the pool acted last: a program that begins
 * hundreds in one turn of its event loop must not hold that up. They go on when the pool acts, some
 * each time. */
const char *aic_pool_start(pool *p, const request *built, transfer **handle, bool announced);
/* Moves a transfer to another list; NULL: to none. */
void aic_pool_move(transfer *t, transfer_list *to);
/* Ends a transfer, in flight or not, and gives its exchange back to the pool. */
void aic_pool_release(transfer *t);

/* Lets libcurl do what is due now: right after a transfer was started. act waits before until
 * something happens, for at most most_ms (-1: no limit; 0: it only looks). */
void aic_pool_kick(pool *p);
void aic_pool_act(pool *p, int most_ms);
/* Makes the descriptor readable for an event loop that watches it, if something has finished. To be
 * called after kick and act, unless what has finished is reported at once (session:step): a blocking
 * call may end other transfers, too. */
void aic_pool_announce(pool *p);
