/* The pollset on Linux: epoll for the sockets, a timerfd for the timer. */
#if defined(__linux__)

#include <errno.h>
#include <stdio.h>
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

/* What the set keeps of the timer: no other set of this process, ours or not, keeps the same. */
static uint64_t mark_of(const pollset *set) { return (uint64_t)(uintptr_t)set << 1 | 1; }

static bool control(const pollset *set, int operation, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.u64 = (uint64_t)fd << 32}};
  if (fd == set->timer) event.data.u64 = mark_of(set);
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

/* All sets and timers of a system look alike to fstat. Does the set's number still stand for the one
 * that keeps our mark? Where the system does not tell, it does not. */
static bool is_still_ours(const pollset *set) {
  char line[160];
  snprintf(line, sizeof line, "/proc/self/fdinfo/%d", set->fd);
  FILE *about = fopen(line, "re");
  bool found = false;
  while (about != NULL && !found && fgets(line, sizeof line, about) != NULL) {
    int fd;
    unsigned long long mark;
    found = sscanf(line, "tfd: %d events: %*x data: %llx", &fd, &mark) == 2 && fd == set->timer &&
            mark == mark_of(set);
  }
  if (about != NULL) fclose(about);
  return found;
}

/* The set knows the timer by its number and as a file: it says so if both are the same still. */
void aic_pollset_backend_leave(const pollset *set) {
  if (!is_still_ours(set)) return;
  if (control(set, EPOLL_CTL_MOD, set->timer, EPOLLIN)) close(set->timer);
  close(set->fd);
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
    const uint64_t mark = ready[i].data.u64;
    const pollset_event event = {(int)(mark >> 32), from_epoll(ready[i].events)};
    events[i] = event;
    if (mark != mark_of(set)) continue;
    uint64_t expirations;
    (void)!read(set->timer, &expirations, sizeof expirations);
    events[i].fd = POLLSET_TIMER;
  }
  return found > 0 ? found : 0;
}

#else
typedef int pollset_epoll_is_for_linux; /* ISO C wants a declaration in every file */
#endif
