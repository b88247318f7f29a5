#include "system.h"

#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

static struct timespec read_clock(clockid_t which) {
  struct timespec time = {0, 0};
  clock_gettime(which, &time); /* cannot fail: both clocks exist and the pointer is valid */
  return time;
}

static double seconds(struct timespec time) {
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int64_t aic_clock_ms(void) {
  const struct timespec time = read_clock(CLOCK_MONOTONIC);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

double aic_clock_now(void) { return seconds(read_clock(CLOCK_MONOTONIC)); }
double aic_clock_wall(void) { return seconds(read_clock(CLOCK_REALTIME)); }

void aic_clock_sleep_ms(int ms) { (void)poll(NULL, 0, ms); }

double aic_random(void) {
  uint64_t bits = 0;
  if (getentropy(&bits, sizeof bits) != 0) {
    /* No entropy (an ancient kernel): jitter is all this is used for, so time will do. */
    bits = (uint64_t)(aic_clock_now() * 1e9) * UINT64_C(0x9E3779B97F4A7C15);
  }
  return (double)(bits >> 11) / 9007199254740992.0; /* 53 bits: every double below 1 is reachable */
}

/* Written before there are threads that read it, or by the only thread of a new child. */
static pid_t process;

static void note_process(void) { process = getpid(); }

bool aic_process_begin(void) {
  note_process();
  return pthread_atfork(NULL, NULL, note_process) == 0;
}

pid_t aic_process_id(void) { return process; }
