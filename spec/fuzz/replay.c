/* Runs a target on files instead of on what a fuzzer makes up:   program folder…
 * The folder's files are the seeds, and every input that has ever found something. */
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include "fuzz.h"

static char current[512];

/* Says which file it was, and then ends as it would have. */
static void on_crash(int number) {
  static const char text[] = "\nnot ok ";
  (void)!write(STDOUT_FILENO, text, sizeof text - 1);
  (void)!write(STDOUT_FILENO, current, strlen(current));
  (void)!write(STDOUT_FILENO, "\n", 1);
  signal(number, SIG_DFL);
  raise(number);
}

static void run_file(const char *path) {
  FILE *file = fopen(path, "rb");
  EXPECT(file != NULL);
  EXPECT(fseek(file, 0, SEEK_END) == 0);
  const size_t size = (size_t)ftell(file);
  rewind(file);
  uint8_t *data = malloc(size > 0 ? size : 1); /* no larger, so that ASan sees what reads beyond */
  EXPECT(data != NULL && fread(data, 1, size, file) == size);
  fclose(file);
  (void)LLVMFuzzerTestOneInput(data, size);
  free(data);
}

int main(int count, char **folders) {
  signal(SIGABRT, on_crash);
#if !defined(__SANITIZE_ADDRESS__) /* it has more to say about this one */
  signal(SIGSEGV, on_crash);
#endif
  int files = 0;
  for (int i = 1; i < count; i++) {
    DIR *folder = opendir(folders[i]);
    EXPECT(folder != NULL);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      if (entry->d_name[0] == '.') continue;
      snprintf(current, sizeof current, "%s/%s", folders[i], entry->d_name);
      run_file(current);
      files++;
    }
    closedir(folder);
    printf("%s %s: %d inputs\n", files > 0 ? "ok" : "not ok", folders[i], files);
  }
  return files == 0;
}
