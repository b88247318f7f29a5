#include "process.h"

#include <pthread.h>
#include <unistd.h>

/* Written before there are threads that read it, or by the only thread of a new child. */
static pid_t self;

static void note(void) { self = getpid(); }

bool aic_process_begin(void) {
  note();
  return pthread_atfork(NULL, NULL, note) == 0;
}

pid_t aic_process_id(void) { return self; }
