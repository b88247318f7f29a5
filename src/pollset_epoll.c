/* The pollset on Linux: epoll for the sockets, a timerfd for the timer. */
#if defined(__linux__)

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "pollset.h"

static uint32_t to_epoll(int bits) {
  return (bits & POLLSET_READ ? (uint32_t)EPOLLIN : 0U) |
         (bits & POLLSET_WRITE ? (uint32_t)EPOLLOUT : 0U);
}

static int from_epoll(uint32_t events) {
  return (events & EPOLLIN ? POLLSET_READ : 0) | (events & EPOLLOUT ? POLLSET_WRITE : 0) |
         (events & (EPOLLERR | EPOLLHUP) ? POLLSET_ERROR : 0);
}

static bool control(const pollset *set, int operation, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.fd = fd}};
  return epoll_ctl(set->fd, operation, fd, &event) == 0;
}

bool aic_pollset_backend_open(pollset *set) {
  set->fd = epoll_create1(EPOLL_CLOEXEC);
  set->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (set->fd >= 0 && set->timer >= 0 && control(set, EPOLL_CTL_ADD, set->timer, EPOLLIN)) {
    return true;
  }
  const int reason = errno;
  aic_pollset_close(set);
  errno = reason;
  return false;
}

bool aic_pollset_backend_watch(pollset *set, int fd, int before, int after) {
  const int operation = before == 0 ? EPOLL_CTL_ADD : after == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  return control(set, operation, fd, to_epoll(after)) || after == 0;
}

void aic_pollset_backend_arm(pollset *set, int64_t ms) {
  const int64_t ns = ms > 0 ? ms % 1000 * 1000000 : 1; /* zero would disarm it */
  const struct itimerspec when = {.it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)ns}};
  timerfd_settime(set->timer, 0, &when, NULL);
}

int aic_pollset_backend_wait(pollset *set, int ms, pollset_event events[POLLSET_BATCH]) {
  struct epoll_event ready[POLLSET_BATCH];
  const int found = epoll_wait(set->fd, ready, POLLSET_BATCH, ms);
  for (int i = 0; i < found; i++) {
    const pollset_event event = {ready[i].data.fd, from_epoll(ready[i].events)};
    events[i] = event;
    if (event.fd != set->timer) continue;
    uint64_t expirations;
    (void)!read(set->timer, &expirations, sizeof expirations);
    events[i].fd = POLLSET_TIMER;
  }
  return found > 0 ? found : 0;
}

#else
typedef int pollset_epoll_is_for_linux; /* ISO C wants a declaration in every file */
#endif
