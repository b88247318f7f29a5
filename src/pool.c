#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "array.h"
#include "sigpipe.h"
#include "system.h"

void aic_pool_move(transfer *t, transfer_list *to) {
  if (t->list != NULL) {
    *(t->previous != NULL ? &t->previous->next : &t->list->first) = t->next;
    *(t->next != NULL ? &t->next->previous : &t->list->last) = t->previous;
    t->list->count--;
  }
  t->list = to;
  t->previous = t->next = NULL;
  if (to == NULL) return;
  t->previous = to->last;
  *(to->last != NULL ? &to->last->next : &to->first) = t;
  to->last = t;
  to->count++;
}

static void end_all(pool *p, void (*end)(transfer *)) {
  transfer_list *const lists[] = {&p->queued, &p->running, &p->finished, &p->delivered, &p->idle};
  for (size_t i = 0; i < COUNT(lists); i++) {
    for (transfer *t = lists[i]->first, *next; t != NULL; t = next) {
      next = t->next;
      end(t);
    }
  }
}

/* ---- what libcurl tells; nothing here touches Lua ---- */

static curl_socket_t on_socket_open(void *data, curlsocktype purpose, struct curl_sockaddr *to) {
  (void)purpose;
  pool *p = data;
  int type = to->socktype;
#if defined(SOCK_CLOEXEC)
  type |= SOCK_CLOEXEC; /* what the host executes must not inherit connections */
#endif
  const int fd = socket(to->family, type, to->protocol);
  p->opened++;
  if (fd >= 0 && aic_pollset_opened(&p->sockets, fd)) return fd;
  if (fd >= 0) close(fd);
  return CURL_SOCKET_BAD;
}

static int on_socket_close(void *data, curl_socket_t fd) {
  pool *p = data;
  aic_pollset_closing(&p->sockets, fd);
  return close(fd);
}

static int on_socket_interest(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  (void)easy, (void)unused;
  pool *p = data;
  const int wanted = what == CURL_POLL_REMOVE ? 0 : what; /* IN, OUT, INOUT: the pollset's bits */
  return aic_pollset_want(&p->sockets, fd, wanted) ? 0 : -1;
}

static int on_timer(CURLM *multi, long ms, void *data) {
  (void)multi;
  pool *p = data;
  aic_pollset_timeout(&p->sockets, ms);
  return 0;
}

_Static_assert(POLLSET_READ == CURL_POLL_IN && POLLSET_WRITE == CURL_POLL_OUT &&
                   (POLLSET_READ | POLLSET_WRITE) == CURL_POLL_INOUT,
    "libcurl's interests are the pollset's");
_Static_assert(POLLSET_READ == CURL_CSELECT_IN && POLLSET_WRITE == CURL_CSELECT_OUT &&
                   POLLSET_ERROR == CURL_CSELECT_ERR,
    "and so is what is ready");

/* ---- a transfer ---- */

/* More of them than this are not kept for later; and so many connections are opened at a time. */
enum { MOST_IDLE = 256, MOST_OPENED = 16 };

static void detach(transfer *t) {
  if (t->handle != NULL) *t->handle = NULL;
  t->handle = NULL;
}

/* A transfer has left its connection. An HTTP/2 peer that lets a call time out may be dead, and
 * libcurl would send the next one there, too. So it gets none: while others are on that connection
 * new transfers open their own, and when the last one has left we hang up, which libcurl notices. */
static void leave_connection(transfer *t, bool timed_out) {
  pool *p = t->pool;
  const int port = timed_out ? t->exchange.port : t->silent_port;
  if (t->silent_port != 0) p->silent--;
  t->silent_port = 0;
  if (port == 0) return;
  bool used = false;
  for (transfer *other = p->running.first; other != NULL; other = other->next) {
    if (other == t || other->exchange.port != port) continue;
    used = true;
    if (other->silent_port == 0) p->silent++;
    other->silent_port = port;
  }
  if (!used) aic_pollset_hang_up(&p->sockets, port);
}

/* What waits for a free connection may now go on: the timer is settled for it. */
static void leave_libcurl(transfer *t) {
  pool *p = t->pool;
  if (t->list != &p->running) return;
  const sigpipe_guard guard = aic_sigpipe_hold(p->config->may_raise_sigpipe);
  curl_multi_remove_handle(p->multi, t->exchange.easy);
  leave_connection(t, false);
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&p->sockets);
}

/* In a forked child, where libcurl must not be called. */
static void forget(transfer *t) {
  detach(t);
  aic_pool_move(t, NULL);
  aic_exchange_forget(&t->exchange);
  free(t);
}

static void end(transfer *t) {
  leave_libcurl(t);
  aic_exchange_free(&t->exchange);
  forget(t);
}

void aic_pool_release(transfer *t) {
  pool *p = t->pool;
  detach(t);
  leave_libcurl(t);
  if (p->closed || p->idle.count >= MOST_IDLE) {
    end(t);
    return;
  }
  t->finished = t->read = t->announced = false;
  aic_exchange_clear(&t->exchange);
  aic_pool_move(t, &p->idle);
}

static bool set_callbacks(transfer *t) {
  CURL *easy = t->exchange.easy;
  return curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket_open) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t->pool) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_close) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->pool) == CURLE_OK;
}

static transfer *new_transfer(pool *p) {
  transfer *t = calloc(1, sizeof *t);
  if (t == NULL) return NULL;
  t->pool = p;
  if (aic_exchange_open(&t->exchange, p->config, &p->goaway) && set_callbacks(t)) return t;
  end(t);
  return NULL;
}

const char *aic_pool_start(pool *p, const request *built, transfer **handle, bool announced) {
  const char *trouble = aic_pool_open(p);
  if (trouble != NULL) return trouble;
  transfer *t = p->idle.first != NULL ? p->idle.first : new_transfer(p);
  if (t == NULL) return "out of memory";
  aic_pool_move(t, &p->delivered);
  t->handle = handle;
  *handle = t;
  t->announced = announced;
  /* What must not happen twice takes no connection that may turn out to be dead. */
  const long fresh = built->operation->once || p->silent > 0;
  const bool prepared =
      aic_exchange_prepare(&t->exchange, built) &&
      curl_easy_setopt(t->exchange.easy, CURLOPT_FRESH_CONNECT, fresh) == CURLE_OK;
  if (prepared && announced && (p->queued.first != NULL || p->opened >= MOST_OPENED)) {
    aic_pool_move(t, &p->queued);
    return NULL;
  }
  if (!prepared || curl_multi_add_handle(p->multi, t->exchange.easy) != CURLM_OK) {
    end(t);
    return "out of memory";
  }
  aic_pool_move(t, &p->running);
  return NULL;
}

/* ---- opening, forking, closing ---- */

static bool set_multi(pool *p) {
  const long connections = (long)p->config->max_connections;
  return curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, on_socket_interest) == CURLM_OK &&
         curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p) == CURLM_OK &&
         curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
         curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p) == CURLM_OK &&
         curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) == CURLM_OK &&
         curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, connections) == CURLM_OK &&
         curl_multi_setopt(p->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections) == CURLM_OK;
}

/* The kernel's objects are shared with the parent: closing descriptors leaves them alone, libcurl
 * would say goodbye on them. */
void aic_pool_leave_parent(pool *p) {
  if (p->owner == 0 || p->owner == aic_process_id()) return;
  end_all(p, forget);
  aic_pollset_leave(&p->sockets);
  p->multi = NULL;
  p->owner = p->silent = 0;
}

static void shut(pool *p) {
  aic_pool_leave_parent(p);
  end_all(p, end);
  const sigpipe_guard guard = aic_sigpipe_hold(p->config->may_raise_sigpipe); /* TLS says goodbye */
  if (p->multi != NULL) curl_multi_cleanup(p->multi);
  aic_sigpipe_release(&guard);
  p->multi = NULL;
  aic_pollset_close(&p->sockets);
  p->owner = 0;
}

void aic_pool_close(pool *p) {
  p->closed = true;
  shut(p);
}

const char *aic_pool_open(pool *p) {
  if (p->closed) return "the session is closed";
  aic_pool_leave_parent(p);
  if (p->owner != 0) return NULL;
  if (!aic_pollset_open(&p->sockets)) return strerror(errno);
  p->multi = curl_multi_init();
  if (p->multi == NULL || !set_multi(p)) {
    shut(p);
    return "out of memory";
  }
  p->owner = aic_process_id();
  return NULL;
}

/* ---- acting ---- */

/* libcurl may want to go on at once, several times in a row; never for ever: a loop waits for us. */
enum { MOST_ROUNDS = 16 };

static bool tell(const pool *p, curl_socket_t fd, int ready) {
  int running;
  return curl_multi_socket_action(p->multi, fd, ready, &running) == CURLM_OK;
}

/* Once libcurl has failed as a whole it is not to be asked again, but to end its transfers. */
static bool run_due(pool *p) {
  bool fine = true;
  for (int round = 0; fine && round < MOST_ROUNDS && aic_pollset_take_due(&p->sockets); round++) {
    fine = tell(p, CURL_SOCKET_TIMEOUT, 0);
  }
  return fine;
}

static void finish(pool *p, transfer *t, CURLcode outcome) {
  aic_exchange_end(&t->exchange, outcome);
  t->finished = true;
  curl_multi_remove_handle(p->multi, t->exchange.easy);
  leave_connection(t, outcome == CURLE_OPERATION_TIMEDOUT);
  aic_pool_move(t, t->announced ? &p->finished : &p->delivered);
}

/* Notes which transfers libcurl has finished. If something went wrong with all of them together (no
 * memory to note a socket, say), libcurl may have forgotten about one, and does not say which: none
 * goes on then, as it could go on for ever. */
static void reap(pool *p, bool fine) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(p->multi, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE) continue;
    char *data = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
    finish(p, (transfer *)(void *)data, message->data.result); /* message is gone with it */
  }
  while (!fine && p->running.first != NULL) finish(p, p->running.first, CURLE_OUT_OF_MEMORY);
}

static void begin_some(pool *p) {
  p->opened = 0;
  for (int i = 0; i < MOST_OPENED && p->queued.first != NULL; i++) {
    transfer *t = p->queued.first;
    if (curl_multi_add_handle(p->multi, t->exchange.easy) == CURLM_OK) {
      aic_pool_move(t, &p->running);
    } else {
      finish(p, t, CURLE_OUT_OF_MEMORY);
    }
  }
}

static void act_on(pool *p, const pollset_event *events, int count) {
  const sigpipe_guard guard = aic_sigpipe_hold(p->config->may_raise_sigpipe);
  bool fine = true;
  for (int i = 0; fine && i < count; i++) fine = tell(p, events[i].fd, events[i].ready);
  reap(p, fine && run_due(p));
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&p->sockets);
}

void aic_pool_kick(pool *p) { act_on(p, NULL, 0); }

void aic_pool_act(pool *p, int most_ms) {
  pollset_event events[POLLSET_BATCH];
  const int wait_ms = p->queued.first != NULL ? 0 : most_ms;
  const int count = aic_pollset_wait(&p->sockets, wait_ms, events);
  begin_some(p);
  act_on(p, events, count);
  if (p->queued.first != NULL) aic_pollset_wake(&p->sockets);
}

void aic_pool_announce(pool *p) {
  if (p->finished.first != NULL || p->queued.first != NULL) aic_pollset_wake(&p->sockets);
}
