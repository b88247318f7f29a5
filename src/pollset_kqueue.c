/* The pollset on macOS and the BSDs: kqueue holds the sockets and the timer. Untested: Debian 12 has no
 * libkqueue, by which Linux could run it. */
#if !defined(__linux__)

#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include "array.h"
#include "pollset.h"

static bool change(const pollset *set, int fd, short filter, unsigned short flags, int64_t data) {
  struct kevent event;
  EV_SET(&event, (uintptr_t)fd, filter, flags, 0, (intptr_t)data, NULL);
  return kevent(set->fd, &event, 1, NULL, 0, NULL) == 0;
}

bool aic_pollset_backend_open(pollset *set) {
  set->fd = kqueue();
  if (set->fd < 0) return false;
  (void)fcntl(set->fd, F_SETFD, FD_CLOEXEC);
  return true;
}

/* A kqueue is not inherited: its number is the child's, whatever it stands for. */
void aic_pollset_backend_leave(const pollset *set) { (void)set; }

bool aic_pollset_backend_watch(pollset *set, int fd, int before, int after) {
  static const struct {
    int bit;
    short filter;
  } filters[] = {{POLLSET_READ, EVFILT_READ}, {POLLSET_WRITE, EVFILT_WRITE}};
  bool told = true;
  for (size_t i = 0; i < COUNT(filters); i++) {
    const int bit = filters[i].bit;
    if ((before & bit) == (after & bit)) continue;
    const unsigned short flags = after & bit ? EV_ADD : EV_DELETE;
    told = (change(set, fd, filters[i].filter, flags, 0) || flags == EV_DELETE) && told;
  }
  return told;
}

void aic_pollset_backend_arm(pollset *set, int64_t ms) {
  (void)change(set, 0, EVFILT_TIMER, EV_ADD | EV_ONESHOT, ms);
}

int aic_pollset_backend_wait(pollset *set, int ms, pollset_event events[POLLSET_BATCH]) {
  struct kevent ready[POLLSET_BATCH];
  const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
  const int found = kevent(set->fd, NULL, 0, ready, POLLSET_BATCH, ms < 0 ? NULL : &limit);
  for (int i = 0; i < found; i++) {
    const bool timer = ready[i].filter == EVFILT_TIMER;
    const int bit = ready[i].filter == EVFILT_READ ? POLLSET_READ : POLLSET_WRITE;
    const pollset_event event = {timer ? POLLSET_TIMER : (int)ready[i].ident,
        ready[i].flags & EV_ERROR ? POLLSET_ERROR : bit};
    events[i] = event;
  }
  return found > 0 ? found : 0;
}

#else
typedef int pollset_kqueue_is_for_bsd; /* ISO C wants a declaration in every file */
#endif
