/* The parts that know no Lua: buffer, secret, sigpipe, system, pollset. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "array.h"
#include "buffer.h"
#include "check.h"
#include "pollset.h"
#include "secret.h"
#include "sigpipe.h"
#include "system.h"

static void test_buffer_room(void) {
  buffer b = {.limit = 5000};
  aic_buffer_reserve(&b, 3000);
  const char *place = b.data;
  CHECK(b.capacity == 3000 && b.length == 0);
  for (int i = 0; i < 600; i++) CHECK(aic_buffer_append(&b, "abcde", 5));
  CHECK(b.data == place); /* it never grew */
  aic_buffer_reserve(&b, 100000);
  CHECK(b.capacity == 5000 && b.length == 3000 && memcmp(b.data, "abcdeabcde", 10) == 0);
  aic_buffer_keep_start(&b, 7);
  CHECK(b.capacity == 7 && b.length == 7 && memcmp(b.data, "abcdeab", 7) == 0);
  aic_buffer_keep_start(&b, 10);
  CHECK(b.length == 7);
  CHECK(aic_buffer_append(&b, "x", 1));
  aic_buffer_free(&b);
}

static void test_buffer(void) {
  buffer b = {.limit = 5000};
  for (int i = 0; i < 1000; i++) CHECK(aic_buffer_append(&b, "abcde", 5));
  CHECK(b.length == 5000 && memcmp(b.data + 4995, "abcde", 5) == 0);
  CHECK(!b.full && !aic_buffer_append(&b, "x", 1) && b.full && b.length == 5000);
  aic_buffer_clear(&b);
  CHECK(b.length == 0 && !b.full && b.data[0] == '\0' && b.data[4999] == '\0');
  CHECK(aic_buffer_append(&b, "", 0) && aic_buffer_append(&b, "x", 1));
  aic_buffer_free(&b);
  aic_buffer_free(&b);
  CHECK(b.data == NULL && aic_buffer_append(&b, "again", 5));
  aic_buffer_free(&b);
}

static void test_secret(void) {
  secret *s = aic_secret_new("Bearer ", 7, "hidden", 6);
  CHECK(strcmp(s->text, "Bearer hidden") == 0);
  secret *shared = aic_secret_share(s);
  aic_secret_release(&s);
  CHECK(s == NULL && strcmp(shared->text, "Bearer hidden") == 0);
  aic_secret_release(&shared);
  aic_secret_release(&shared);
  CHECK(aic_secret_share(NULL) == NULL);

  s = aic_secret_new("open ", 5, "hidden", 6);
  char text[] = "open hihidden hidde hidden";
  aic_secret_redact(s, text, strlen(text));
  CHECK(strcmp(text, "open hi****** hidde ******") == 0);
  aic_secret_redact(NULL, text, strlen(text));
  char untouched[] = "abc";
  aic_secret_redact(s, untouched, 3);
  aic_secret_release(&s);
  s = aic_secret_new("", 0, "abc", 3); /* too short to be worth hiding */
  aic_secret_redact(s, untouched, 3);
  CHECK(strcmp(untouched, "abc") == 0);
  aic_secret_release(&s);

  char memory[] = "wiped";
  aic_secret_wipe(memory, sizeof memory);
  for (size_t i = 0; i < sizeof memory; i++) CHECK(memory[i] == 0);
}

static void test_spelling(void) {
  static const struct {
    const char *hidden, *text, *left;
  } cases[] = {
      {"a+b/c", "x a+b/c a%2Bb%2fc a&#x2b;b&sol;c a\\u002Bb\\/c a%252bb/c &#97;+b/c",
          "x ***** ********* ************** *********** ********* *********"},
      {"100%25 &x", "100%25 &amp;x 100%2525+%26x 100%25 &x",
          "************* ************* *********"},
      {"gr\xC3\xB6\xC3\x9F\xE2\x82\xAC", "gr\\u00f6&#223;&#x20AC; gr%C3%B6%c3%9f%E2%82%AC",
          "********************** ***********************"},
      {"pi\xF0\x9F\x98\x80xx", "pi\\ud83d\\ude00xx pi&#x1F600;xx pi\\ud83dx",
          "**************** ************* pi\\ud83dx"},
      {"hidden", "hidd%6", "******"}, /* cut off */
      {"hidden", "hidd&#1", "*******"},
      {"hidden", "hidd\\u00", "********"},
      {"hidden", "hid%6", "hid%6"}, /* too short to be it */
      {"%%%%%%", "%%%%% %%%%%%%", "%%%%% *******"},
      {"hidden", "hi&#;dden hi&#99999999999;dden hi&nothing;dden hi%zzdden hi\\uzzzzdden",
          "hi&#;dden hi&#99999999999;dden hi&nothing;dden hi%zzdden hi\\uzzzzdden"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    secret *s = aic_secret_new("", 0, cases[i].hidden, strlen(cases[i].hidden));
    char *text = strdup(cases[i].text);
    aic_secret_redact(s, text, strlen(text));
    if (strcmp(text, cases[i].left) != 0) printf("%s\n", text);
    CHECK(strcmp(text, cases[i].left) == 0);
    free(text);
    aic_secret_release(&s);
  }
}

static bool sigpipe_pending(void) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

/* The default action of SIGPIPE would end this program. */
static void test_sigpipe(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  close(ends[0]);
  sigpipe_guard guard = aic_sigpipe_hold(true);
  CHECK(write(ends[1], "x", 1) == -1 && sigpipe_pending());
  aic_sigpipe_release(&guard);
  CHECK(!sigpipe_pending());

  /* One that the host itself holds back stays pending. */
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  CHECK(write(ends[1], "x", 1) == -1);
  guard = aic_sigpipe_hold(true);
  CHECK(write(ends[1], "x", 1) == -1);
  aic_sigpipe_release(&guard);
  CHECK(sigpipe_pending());
  int taken;
  sigwait(&set, &taken);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
}

static void test_clock(void) {
  const int64_t ms = aic_clock_ms();
  const double now = aic_clock_now();
  aic_clock_sleep_ms(2);
  CHECK(aic_clock_ms() > ms && aic_clock_now() > now && aic_clock_wall() > 1.7e9);
  bool varies = false;
  const double first = aic_random();
  for (int i = 0; i < 100; i++) {
    const double number = aic_random();
    CHECK(number >= 0 && number < 1);
    varies = varies || number != first;
  }
  CHECK(varies);
}

static bool readable(int fd) {
  pollset_event events[POLLSET_BATCH];
  pollset outer;
  CHECK(aic_pollset_open(&outer));
  CHECK(aic_pollset_want(&outer, fd, POLLSET_READ));
  const bool is = aic_pollset_wait(&outer, 0, events) == 1;
  aic_pollset_close(&outer);
  return is;
}

static void test_pollset_sockets(void) {
  pollset set;
  pollset_event events[POLLSET_BATCH];
  int pair[2];
  CHECK(aic_pollset_open(&set) && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK(aic_pollset_opened(&set, pair[0]));
  CHECK(aic_pollset_want(&set, pair[0], POLLSET_READ));
  CHECK(aic_pollset_wait(&set, 0, events) == 0 && !readable(set.fd));
  CHECK(write(pair[1], "x", 1) == 1);
  CHECK(aic_pollset_wait(&set, -1, events) == 1 && events[0].fd == pair[0]);
  CHECK(events[0].ready == POLLSET_READ && readable(set.fd));

  /* Parked: the kernel is not told, and what happens there is nobody's business. */
  CHECK(aic_pollset_want(&set, pair[0], 0) && set.watches[pair[0]].registered == POLLSET_READ);
  CHECK(aic_pollset_wait(&set, 0, events) == 0 && set.watches[pair[0]].registered == 0);
  CHECK(!readable(set.fd));
  CHECK(aic_pollset_want(&set, pair[0], POLLSET_READ | POLLSET_WRITE));
  CHECK(aic_pollset_wait(&set, 0, events) == 1);
  CHECK(events[0].ready == (POLLSET_READ | POLLSET_WRITE));

  /* A number that comes again is a new socket. */
  aic_pollset_closing(&set, pair[0]);
  close(pair[0]);
  CHECK(dup2(pair[1], pair[0]) == pair[0]);
  CHECK(aic_pollset_opened(&set, pair[0]) && aic_pollset_want(&set, pair[0], POLLSET_WRITE));
  CHECK(aic_pollset_wait(&set, 0, events) == 1);
  aic_pollset_leave(&set);
  CHECK(write(pair[0], "x", 1) == -1);
  aic_pollset_close(&set);
  close(pair[1]);
}

static void test_pollset_time(void) {
  pollset set;
  pollset_event events[POLLSET_BATCH];
  CHECK(aic_pollset_open(&set));
  aic_pollset_timeout(&set, 0);
  CHECK(aic_pollset_take_due(&set) && !aic_pollset_take_due(&set));
  aic_pollset_timeout(&set, 20);
  CHECK(!aic_pollset_take_due(&set));
  const int64_t begun = aic_clock_ms();
  while (!aic_pollset_take_due(&set)) aic_pollset_wait(&set, -1, events);
  CHECK(aic_clock_ms() - begun >= 19);
  aic_pollset_timeout(&set, 20);
  aic_pollset_timeout(&set, -1);
  CHECK(aic_pollset_wait(&set, 40, events) == 0 && !aic_pollset_take_due(&set));

  /* Exported: the descriptor tells outsiders of the timeout, and of a wake. */
  aic_pollset_timeout(&set, 10);
  const int fd = aic_pollset_export(&set);
  while (!readable(fd)) aic_clock_sleep_ms(1);
  CHECK(aic_pollset_wait(&set, 0, events) == 0 && aic_pollset_take_due(&set) && !readable(fd));
  aic_pollset_timeout(&set, 5);
  CHECK(!readable(fd));
  aic_pollset_settle(&set);
  while (!readable(fd)) aic_clock_sleep_ms(1);
  CHECK(aic_pollset_wait(&set, 0, events) == 0 && aic_pollset_take_due(&set) && !readable(fd));
  aic_pollset_timeout(&set, 100000);
  aic_pollset_settle(&set);
  aic_pollset_wake(&set);
  while (!readable(fd)) aic_clock_sleep_ms(1);
  CHECK(aic_pollset_wait(&set, 0, events) == 0 && !readable(fd) && !aic_pollset_take_due(&set));
  aic_pollset_close(&set);
}

int main(void) {
  test_buffer();
  test_buffer_room();
  test_secret();
  test_spelling();
  test_sigpipe();
  test_clock();
  test_pollset_sockets();
  test_pollset_time();
  return checks_failed > 0;
}
