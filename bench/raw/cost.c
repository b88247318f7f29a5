/* cost [-n TIMES] PROGRAM …: runs it (so many times) and tells on stderr what it and its children
 * cost: wall and CPU seconds, each the median of all times, and peak memory. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum { MOST = 1000 };

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

/* Returns its exit status. */
static int run(char **words, double *elapsed, double *used, long *peak) {
  struct rusage usage;
  int status = 0;
  const double before = wall();
  const pid_t child = fork();
  if (child == 0) {
    execvp(words[0], words);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &usage) != child) die("cost: cannot run it");
  *elapsed = wall() - before;
  *used = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  *peak = usage.ru_maxrss * 1024;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int by_size(const void *one, const void *other) {
  const double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, by_size);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int main(int count, char **words) {
  static double elapsed[MOST], used[MOST];
  const bool several = count > 3 && strcmp(words[1], "-n") == 0;
  const int times = several ? atoi(words[2]) : 1;
  if (count < 2 || times < 1 || times > MOST) die("usage: cost [-n TIMES] PROGRAM …");
  long peak = 0;
  for (int i = 0; i < times; i++) {
    const int status = run(words + (several ? 3 : 1), &elapsed[i], &used[i], &peak);
    if (status != 0) return status;
  }
  fprintf(stderr, "wall=%.6f cpu=%.6f peak=%ld\n", median(elapsed, times), median(used, times),
          peak);
  return 0;
}
