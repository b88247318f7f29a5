/* A TLS library that writes to a socket by itself does so without MSG_NOSIGNAL, so that a peer that
 * hangs up could kill the host by SIGPIPE. The signal is held back for this thread alone while
 * libcurl may write: handlers and other threads are left as they are. */
#pragma once

#include <signal.h>
#include <stdbool.h>

typedef struct sigpipe_guard {
  bool active, was_pending;
  sigset_t before;
} sigpipe_guard;

/* May the TLS library of the libcurl that is loaded raise it? */
bool aic_sigpipe_is_likely(void);

/* With needed = false nothing is done, and no system call made. */
sigpipe_guard aic_sigpipe_hold(bool needed);
/* Takes a SIGPIPE that came up meanwhile away, and restores the thread's mask. */
void aic_sigpipe_release(const sigpipe_guard *guard);
