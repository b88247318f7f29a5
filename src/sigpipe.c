#include "sigpipe.h"

#include <stddef.h>

static sigset_t only_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

static bool is_pending(void) {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

sigpipe_guard aic_sigpipe_hold(bool needed) {
  sigpipe_guard guard = {.active = needed};
  if (!needed) return guard;
  const sigset_t set = only_sigpipe();
  guard.was_pending = is_pending();
  pthread_sigmask(SIG_BLOCK, &set, &guard.before);
  return guard;
}

void aic_sigpipe_release(const sigpipe_guard *guard) {
  if (!guard->active) return;
  if (!guard->was_pending && is_pending()) {
    const sigset_t set = only_sigpipe();
    int taken;
    sigwait(&set, &taken); /* it is pending, so this does not wait */
  }
  pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}
