/* The part that every system shares; pollset_epoll.c and pollset_kqueue.c talk to the kernel. */
#include "pollset.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

bool aic_pollset_open(pollset *set) {
  const pollset closed = POLLSET_CLOSED;
  *set = closed;
  return aic_pollset_backend_open(set);
}

void aic_pollset_close(pollset *set) {
  const pollset closed = POLLSET_CLOSED;
  if (set->fd >= 0) close(set->fd);
  if (set->timer >= 0) close(set->timer);
  free(set->watches);
  *set = closed;
}

void aic_pollset_leave(pollset *set) {
  const pollset closed = POLLSET_CLOSED;
  for (size_t fd = 0; fd < set->capacity; fd++) {
    const pollset_watch *watch = &set->watches[fd];
    struct stat now;
    if (!watch->owned || fstat((int)fd, &now) != 0) continue;
    if (now.st_dev == watch->device && now.st_ino == watch->inode) close((int)fd);
  }
  if (set->fd >= 0) aic_pollset_backend_leave(set);
  free(set->watches);
  *set = closed;
}

/* The entry of a descriptor, made if need be; NULL: no memory. */
static pollset_watch *watch_of(pollset *set, int fd) {
  const size_t index = (size_t)fd;
  if (index >= set->capacity) {
    size_t capacity = set->capacity > 0 ? set->capacity : 32;
    while (capacity <= index) capacity *= 2;
    pollset_watch *watches = realloc(set->watches, capacity * sizeof *watches);
    if (watches == NULL) return NULL;
    memset(watches + set->capacity, 0, (capacity - set->capacity) * sizeof *watches);
    set->watches = watches;
    set->capacity = capacity;
  }
  return &set->watches[index];
}

bool aic_pollset_opened(pollset *set, int fd) {
  pollset_watch *watch = watch_of(set, fd);
  struct stat about;
  if (watch == NULL || fstat(fd, &about) != 0) return false;
  const pollset_watch fresh = {0, 0, true, about.st_dev, about.st_ino};
  *watch = fresh; /* whatever had this number before is closed, and so unknown to the kernel */
  return true;
}

/* Tells the kernel what is wanted, if it does not know yet. */
static bool synchronise(pollset *set, int fd, pollset_watch *watch) {
  if (watch->registered == watch->wanted) return true;
  if (!aic_pollset_backend_watch(set, fd, watch->registered, watch->wanted)) return false;
  watch->registered = watch->wanted;
  return true;
}

void aic_pollset_closing(pollset *set, int fd) {
  if ((size_t)fd >= set->capacity) return;
  pollset_watch *watch = &set->watches[fd];
  const pollset_watch fresh = {0, 0, false, 0, 0};
  watch->wanted = 0;
  (void)synchronise(set, fd, watch); /* by hand: a forked child may keep the socket open */
  *watch = fresh;
}

/* The port of a socket at our end; 0: it is none of the internet. */
static int port_of(int fd) {
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } address = {.any = {.sa_family = AF_UNSPEC}};
  socklen_t size = sizeof address;
  if (getsockname(fd, &address.any, &size) != 0) return 0;
  if (address.any.sa_family == AF_INET) return ntohs(address.four.sin_port);
  return address.any.sa_family == AF_INET6 ? ntohs(address.six.sin6_port) : 0;
}

void aic_pollset_hang_up(const pollset *set, int port) {
  for (size_t fd = 0; fd < set->capacity; fd++) {
    if (set->watches[fd].owned && port_of((int)fd) == port) shutdown((int)fd, SHUT_RDWR);
  }
}

bool aic_pollset_want(pollset *set, int fd, int wanted) {
  pollset_watch *watch = watch_of(set, fd);
  if (watch == NULL) return false;
  watch->wanted = (unsigned char)wanted;
  if (wanted == 0 && watch->owned) return true; /* parked */
  return synchronise(set, fd, watch);
}

/* Waking once too early is harmless, so a later deadline is not worth a system call. */
static void arm(pollset *set, int64_t when) {
  if (!set->exported || when >= set->armed) return;
  const int64_t left = when - aic_clock_ms();
  aic_pollset_backend_arm(set, left > 0 ? left : 0);
  set->armed = when;
}

void aic_pollset_settle(pollset *set) { arm(set, set->due); }
void aic_pollset_wake(pollset *set) { arm(set, 0); }

int aic_pollset_export(pollset *set) {
  set->exported = true;
  arm(set, set->due);
  return set->fd;
}

void aic_pollset_timeout(pollset *set, long ms) {
  set->due = ms < 0 ? POLLSET_NEVER : aic_clock_ms() + ms;
}

bool aic_pollset_take_due(pollset *set) {
  if (set->due == POLLSET_NEVER || set->due > aic_clock_ms()) return false;
  set->due = POLLSET_NEVER;
  return true;
}

/* The time to wait: not beyond the timeout, nor most_ms. */
static int patience(const pollset *set, int most_ms) {
  if (set->due == POLLSET_NEVER) return most_ms;
  const int64_t left = set->due - aic_clock_ms();
  if (left <= 0) return 0;
  if (most_ms >= 0 && left > most_ms) return most_ms;
  return left > INT_MAX ? INT_MAX : (int)left;
}

int aic_pollset_wait(pollset *set, int most_ms, pollset_event events[POLLSET_BATCH]) {
  const int found = aic_pollset_backend_wait(set, patience(set, most_ms), events);
  int kept = 0;
  for (int i = 0; i < found; i++) {
    if (events[i].fd == POLLSET_TIMER) {
      set->armed = POLLSET_NEVER;
      continue;
    }
    pollset_watch *watch = &set->watches[events[i].fd];
    if (watch->wanted == 0) {
      (void)synchronise(set, events[i].fd, watch); /* a parked connection: its peer hung up */
    } else {
      events[kept++] = events[i];
    }
  }
  return kept;
}
