#include "multi.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sigpipe.h"

/* ---- what libcurl tells ---- */

static curl_socket_t on_socket_open(void *data, curlsocktype purpose, struct curl_sockaddr *to) {
  (void)purpose;
  multi *m = data;
  int type = to->socktype;
#if defined(SOCK_CLOEXEC)
  type |= SOCK_CLOEXEC; /* what the host executes must not inherit connections */
#endif
  const int fd = socket(to->family, type, to->protocol);
  if (fd >= 0 && aic_pollset_opened(&m->sockets, fd)) return fd;
  if (fd >= 0) close(fd);
  return CURL_SOCKET_BAD;
}

static int on_socket_close(void *data, curl_socket_t fd) {
  multi *m = data;
  aic_pollset_closing(&m->sockets, fd);
  return close(fd);
}

static int on_socket_interest(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  (void)easy, (void)unused;
  multi *m = data;
  const int wanted = what == CURL_POLL_REMOVE ? 0 : what; /* IN, OUT, INOUT: the pollset's bits */
  return aic_pollset_want(&m->sockets, fd, wanted) ? 0 : -1;
}

static int on_timer(CURLM *handle, long ms, void *data) {
  (void)handle;
  multi *m = data;
  aic_pollset_timeout(&m->sockets, ms);
  return 0;
}

_Static_assert(POLLSET_READ == CURL_POLL_IN && POLLSET_WRITE == CURL_POLL_OUT &&
                   (POLLSET_READ | POLLSET_WRITE) == CURL_POLL_INOUT,
               "libcurl's interests are the pollset's");
_Static_assert(POLLSET_READ == CURL_CSELECT_IN && POLLSET_WRITE == CURL_CSELECT_OUT &&
                   POLLSET_ERROR == CURL_CSELECT_ERR,
               "and so is what is ready");

/* ---- opening and closing ---- */

static bool set_options(multi *m, long most_connections) {
  CURLM *handle = m->handle;
  return curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, on_socket_interest) == CURLM_OK &&
         curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, m) == CURLM_OK &&
         curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
         curl_multi_setopt(handle, CURLMOPT_TIMERDATA, m) == CURLM_OK &&
         curl_multi_setopt(handle, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) == CURLM_OK &&
         curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, most_connections) == CURLM_OK &&
         curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, most_connections) == CURLM_OK;
}

const char *aic_multi_open(multi *m, long most_connections, bool secure) {
  if (!aic_pollset_open(&m->sockets)) return strerror(errno);
  m->secure = secure;
  m->handle = curl_multi_init();
  if (m->handle != NULL && set_options(m, most_connections)) return NULL;
  aic_multi_close(m);
  return "out of memory";
}

void aic_multi_close(multi *m) {
  const sigpipe_guard guard = aic_sigpipe_hold(m->secure); /* TLS says goodbye */
  if (m->handle != NULL) curl_multi_cleanup(m->handle);
  aic_sigpipe_release(&guard);
  m->handle = NULL;
  aic_pollset_close(&m->sockets);
}

void aic_multi_abandon(multi *m) {
  m->handle = NULL;
  aic_pollset_close_with_sockets(&m->sockets);
}

/* ---- its handles ---- */

bool aic_multi_serve(multi *m, CURL *easy, void *data) {
  return curl_easy_setopt(easy, CURLOPT_PRIVATE, data) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket_open) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, m) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_close) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m) == CURLE_OK;
}

bool aic_multi_add(multi *m, CURL *easy) {
  return curl_multi_add_handle(m->handle, easy) == CURLM_OK;
}

void aic_multi_remove(multi *m, CURL *easy) {
  const sigpipe_guard guard = aic_sigpipe_hold(m->secure);
  curl_multi_remove_handle(m->handle, easy);
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&m->sockets);
}

/* ---- acting ---- */

/* libcurl may want to go on at once several times in a row; but never for ever, since an event loop
 * waits for us. */
enum { MOST_ROUNDS = 16 };

static bool tell(const multi *m, curl_socket_t fd, int ready) {
  int running;
  return curl_multi_socket_action(m->handle, fd, ready, &running) == CURLM_OK;
}

/* Once libcurl has failed as a whole it is not to be asked again, but for the end of its handles. */
static bool run_due(multi *m) {
  bool fine = true;
  for (int round = 0; fine && round < MOST_ROUNDS && aic_pollset_take_due(&m->sockets); round++) {
    fine = tell(m, CURL_SOCKET_TIMEOUT, 0);
  }
  return fine;
}

static void reap(const multi *m, multi_done *done) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(m->handle, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    const CURLcode outcome = message->data.result; /* message is gone with its handle */
    char *data = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &data);
    curl_multi_remove_handle(m->handle, easy);
    done(data, outcome);
  }
}

static bool act_on(multi *m, const pollset_event *events, int count, multi_done *done) {
  const sigpipe_guard guard = aic_sigpipe_hold(m->secure);
  bool fine = true;
  for (int i = 0; fine && i < count; i++) fine = tell(m, events[i].fd, events[i].ready);
  fine = fine && run_due(m);
  reap(m, done);
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&m->sockets);
  return fine;
}

bool aic_multi_kick(multi *m, multi_done *done) { return act_on(m, NULL, 0, done); }

bool aic_multi_act(multi *m, int most_ms, multi_done *done) {
  pollset_event events[POLLSET_BATCH];
  const int count = aic_pollset_wait(&m->sockets, most_ms, events);
  return act_on(m, events, count, done);
}
