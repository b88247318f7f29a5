/* The few lines that the C specs share: a check that says where it failed and goes on. */
#pragma once

#include <stdio.h>

static int checks_failed;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      checks_failed++;                                                                             \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                      \
    }                                                                                              \
  } while (0)

/* Under gcov, what a child has run is to be written before such an end. */
#if defined(COVERAGE)
#include <unistd.h>
void __gcov_dump(void);
static inline _Noreturn void exit_counted(int status) {
  __gcov_dump();
  _exit(status);
}
#define _exit exit_counted
#endif
