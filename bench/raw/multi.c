/* B2, B6: multi URL CALLS WIDTH: CALLS requests with WIDTH in flight: curl_multi_socket_action over
 * epoll, the fastest way that libcurl has. It also tells by how much memory has grown when the
 * first answer is there: then all the others are in flight, if the server keeps them waiting. */
#include <sys/epoll.h>
#include <unistd.h>

#include "raw.h"

typedef struct loop {
  CURLM *multi;
  int epoll;
  double due;  /* seconds on the monotonic clock; < 0: never */
  long memory; /* kB that were in use when the first answer came; 0: none has come */
} loop;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known) {
  (void)easy;
  loop *l = data;
  struct epoll_event event = {.data.fd = fd};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, &event);
  } else {
    epoll_ctl(l->epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(l->multi, fd, l);
  }
  return 0;
}

static int on_timer(CURLM *multi, long ms, void *data) {
  (void)multi;
  ((loop *)data)->due = ms < 0 ? -1 : wall() + (double)ms / 1000;
  return 0;
}

static void turn(loop *l) {
  struct epoll_event events[64];
  const double left = l->due < 0 ? 1 : l->due - wall();
  const int ms = left <= 0 ? 0 : (int)(left * 1000) + 1;
  const int found = epoll_wait(l->epoll, events, 64, ms);
  int running;
  for (int i = 0; i < found; i++) {
    const int ready = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                      (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                      (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(l->multi, events[i].data.fd, ready, &running);
  }
  if (l->due >= 0 && l->due <= wall()) {
    l->due = -1;
    curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

static long resident_kb(void) {
  char line[256];
  long kb = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "RssAnon:", 8) == 0) kb = strtol(line + 8, NULL, 10);
  }
  if (file != NULL) fclose(file);
  return kb;
}

/* Takes back what has finished; starts it again while more are wanted. Returns how many. */
static int reap(loop *l, int *to_start) {
  int done = 0, left;
  for (CURLMsg *message; (message = curl_multi_info_read(l->multi, &left)) != NULL; done++) {
    CURL *easy = message->easy_handle;
    char *data = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &data);
    reply *r = (reply *)(void *)data;
    if (message->data.result != CURLE_OK || !raw_is_good(easy, r)) die("multi: a call failed");
    if (l->memory == 0) l->memory = resident_kb();
    r->length = 0;
    curl_multi_remove_handle(l->multi, easy);
    if (*to_start <= 0) continue;
    --*to_start;
    curl_multi_add_handle(l->multi, easy);
  }
  return done;
}

static void run(loop *l, CURL **easies, int calls, int width) {
  int to_start = calls - width;
  for (int i = 0; i < width; i++) curl_multi_add_handle(l->multi, easies[i]);
  for (int done = 0; done < calls; done += reap(l, &to_start)) turn(l);
}

int main(int count, char **words) {
  if (count != 4) die("usage: multi URL CALLS WIDTH");
  const int calls = atoi(words[2]), width = atoi(words[3]);
  loop l = {.due = -1, .epoll = epoll_create1(0)};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  l.multi = curl_multi_init();
  curl_multi_setopt(l.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(l.multi, CURLMOPT_SOCKETDATA, &l);
  curl_multi_setopt(l.multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(l.multi, CURLMOPT_TIMERDATA, &l);
  curl_multi_setopt(l.multi, CURLMOPT_MAXCONNECTS, (long)width);
  const long memory_before = resident_kb();
  CURL **easies = calloc((size_t)width, sizeof *easies);
  reply *replies = calloc((size_t)width, sizeof *replies);
  if (easies == NULL || replies == NULL) die("no memory");
  struct curl_slist *headers = raw_headers(raw_token());
  for (int i = 0; i < width; i++) easies[i] = raw_easy(words[1], "", headers, &replies[i]);
  if (calls > width) run(&l, easies, width, width); /* connects */
  const double wall_before = wall(), cpu_before = cpu();
  run(&l, easies, calls, width);
  printf("calls=%d wall=%.9f cpu=%.9f memory=%ld\n", calls, wall() - wall_before,
         cpu() - cpu_before, (l.memory - memory_before) * 1024);
  return 0;
}
