/* libcurl's multi handle on a pollset: which sockets it watches, and when it is to act. Knows
 * nothing of Lua, nor of what its handles are for. */
#ifndef AICORE_MULTI_H
#define AICORE_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>

#include "pollset.h"

typedef struct multi {
  CURLM *handle; /* NULL: not open */
  pollset sockets;
  bool secure; /* libcurl's TLS may raise SIGPIPE */
} multi;

#define MULTI_CLOSED                                                                               \
  { .sockets = POLLSET_CLOSED }

/* A handle is done, and taken off already; data is what it was served for. */
typedef void multi_done(void *data, CURLcode outcome);

/* NULL, or the reason why it stays closed. */
const char *aic_multi_open(multi *m, long most_connections, bool secure);

/* Idempotent; its handles are taken off and cleaned up before. In the child of a fork, where the
 * kernel's objects are shared with the parent: abandon closes descriptors and leaves libcurl alone,
 * which would say goodbye on them. */
void aic_multi_close(multi *m);
void aic_multi_abandon(multi *m);

/* Once per handle: its sockets are the multi's, and done is told data. False: no memory. */
bool aic_multi_serve(multi *m, CURL *easy, void *data);

/* Puts a handle on, or takes it off before it is done: what waits for a connection may go on then. */
bool aic_multi_add(multi *m, CURL *easy);
void aic_multi_remove(multi *m, CURL *easy);

/* Lets libcurl do what is due now; act waits before, for at most most_ms (-1: no limit; 0: a look),
 * for something to happen. False: something went wrong with all handles together (no memory to note
 * a socket, say), so that libcurl may have forgotten about one, and does not say which. */
bool aic_multi_kick(multi *m, multi_done *done);
bool aic_multi_act(multi *m, int most_ms, multi_done *done);

#endif
