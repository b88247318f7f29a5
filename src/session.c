#include "session.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "compat.h"
#include "operation.h"
#include "process.h"
#include "sigpipe.h"
#include "transfer.h"

/* ---- lists of transfers ---- */

void aic_session_move(transfer *t, transfer_list *to) {
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

static void empty_list(transfer_list *list, void (*end)(transfer *)) {
  while (list->first != NULL) end(list->first);
}

static void end_transfers(session *s, void (*end)(transfer *)) {
  empty_list(&s->running, end);
  empty_list(&s->finished, end);
  empty_list(&s->delivered, end);
  empty_list(&s->idle, end);
}

/* ---- what libcurl tells the session; nothing here touches Lua ---- */

curl_socket_t aic_session_on_socket_open(void *data, curlsocktype purpose,
                                         struct curl_sockaddr *to) {
  (void)purpose;
  session *s = data;
  int type = to->socktype;
#if defined(SOCK_CLOEXEC)
  type |= SOCK_CLOEXEC; /* what the host executes must not inherit connections */
#endif
  const int fd = socket(to->family, type, to->protocol);
  if (fd >= 0 && aic_pollset_opened(&s->sockets, fd)) return fd;
  if (fd >= 0) close(fd);
  return CURL_SOCKET_BAD;
}

int aic_session_on_socket_close(void *data, curl_socket_t fd) {
  session *s = data;
  aic_pollset_closing(&s->sockets, fd);
  return close(fd);
}

static int on_socket_interest(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  (void)easy, (void)unused;
  session *s = data;
  const int wanted = what == CURL_POLL_REMOVE ? 0 : what; /* IN, OUT, INOUT: the pollset's bits */
  return aic_pollset_want(&s->sockets, fd, wanted) ? 0 : -1;
}

static int on_timer(CURLM *multi, long ms, void *data) {
  (void)multi;
  session *s = data;
  aic_pollset_timeout(&s->sockets, ms);
  return 0;
}

_Static_assert(POLLSET_READ == CURL_POLL_IN && POLLSET_WRITE == CURL_POLL_OUT &&
                   (POLLSET_READ | POLLSET_WRITE) == CURL_POLL_INOUT,
               "libcurl's interests are the pollset's");
_Static_assert(POLLSET_READ == CURL_CSELECT_IN && POLLSET_WRITE == CURL_CSELECT_OUT &&
                   POLLSET_ERROR == CURL_CSELECT_ERR,
               "and so is what is ready");

/* ---- opening, forking, closing ---- */

static bool set_multi(session *s) {
  const long connections = (long)s->limits.max_connections;
  return curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket_interest) == CURLM_OK &&
         curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s) == CURLM_OK &&
         curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
         curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s) == CURLM_OK &&
         curl_multi_setopt(s->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) == CURLM_OK &&
         curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, connections) == CURLM_OK &&
         curl_multi_setopt(s->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections) == CURLM_OK;
}

/* In the child of a fork. The kernel's objects are shared with the parent: closing descriptors
 * leaves them alone, a call into libcurl (which would say goodbye on them) does not. */
static void abandon(session *s) {
  end_transfers(s, aic_transfer_forget);
  aic_pollset_close_with_sockets(&s->sockets);
  s->multi = NULL;
  s->owner = 0;
}

void aic_session_leave_parent(session *s) {
  if (s->owner != 0 && s->owner != aic_process_id()) abandon(s);
}

static void shut(session *s) {
  aic_session_leave_parent(s);
  end_transfers(s, aic_transfer_free);
  const sigpipe_guard guard = aic_sigpipe_hold(s->secure); /* TLS says goodbye */
  if (s->multi != NULL) curl_multi_cleanup(s->multi);
  aic_sigpipe_release(&guard);
  s->multi = NULL;
  aic_pollset_close(&s->sockets);
  s->owner = 0;
}

const char *aic_session_open(session *s) {
  if (s->closed) return "the session is closed";
  aic_session_leave_parent(s);
  if (s->owner != 0) return NULL;
  if (!aic_pollset_open(&s->sockets)) return strerror(errno);
  s->multi = curl_multi_init();
  if (s->multi == NULL || !set_multi(s)) {
    shut(s);
    return "out of memory";
  }
  s->owner = aic_process_id();
  return NULL;
}

/* close, __gc and __close: may run any number of times, on a session that was never filled, too. */
static int session_close(lua_State *L) {
  session *s = luaL_checkudata(L, 1, SESSION_TYPE);
  s->closed = true;
  shut(s);
  aic_secret_release(&s->authorization);
  aic_secret_release(&s->login_form);
  aic_secret_release(&s->client_secret);
  aic_secret_release(&s->certificate);
  aic_secret_release(&s->key);
  return 0;
}

/* ---- acting ---- */

/* libcurl may want to go on at once several times in a row; but never for ever, since an event loop
 * waits for us. */
enum { MOST_ROUNDS = 16 };

static bool tell(session *s, curl_socket_t fd, int ready) {
  int running;
  return curl_multi_socket_action(s->multi, fd, ready, &running) == CURLM_OK;
}

/* Once libcurl has failed as a whole it is not to be asked again, but for the end of its transfers. */
static bool run_due(session *s) {
  bool fine = true;
  for (int round = 0; fine && round < MOST_ROUNDS && aic_pollset_take_due(&s->sockets); round++) {
    fine = tell(s, CURL_SOCKET_TIMEOUT, 0);
  }
  return fine;
}

static void finish(session *s, transfer *t, CURLcode outcome) {
  t->outcome = outcome;
  t->finished = true;
  curl_multi_remove_handle(s->multi, t->easy);
  aic_session_move(t, t->announced ? &s->finished : &s->delivered);
}

/* Notes which transfers libcurl has finished. If something went wrong with all of them together (no
 * memory to note a socket, say), libcurl may have forgotten about one, and does not say which: none
 * goes on then, as it could go on for ever. */
static void reap(session *s, bool fine) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(s->multi, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE) continue;
    char *data = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
    finish(s, (transfer *)(void *)data, message->data.result); /* message is gone with it */
  }
  while (!fine && s->running.first != NULL) finish(s, s->running.first, CURLE_OUT_OF_MEMORY);
}

/* For outsiders that watch the descriptor: step() has something to report. */
static void announce(session *s) {
  if (s->finished.first != NULL) aic_pollset_wake(&s->sockets);
}

void aic_session_kick(session *s) {
  const sigpipe_guard guard = aic_sigpipe_hold(s->secure);
  reap(s, run_due(s));
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&s->sockets);
  announce(s);
}

static void act(session *s, int most_ms) {
  pollset_event events[POLLSET_BATCH];
  const int count = aic_pollset_wait(&s->sockets, most_ms, events);
  const sigpipe_guard guard = aic_sigpipe_hold(s->secure);
  bool fine = true;
  for (int i = 0; fine && i < count; i++) fine = tell(s, events[i].fd, events[i].ready);
  reap(s, fine && run_due(s));
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&s->sockets);
}

void aic_session_act(session *s, int most_ms) {
  act(s, most_ms);
  announce(s); /* a blocking call may end other transfers, too */
}

/* ---- secrets ---- */

secret *aic_session_new_token(const char *token, size_t length) {
  return aic_secret_new(SESSION_AUTHORIZATION, strlen(SESSION_AUTHORIZATION), token, length);
}

void aic_session_keep_token(session *s, secret *token) {
  aic_secret_release(&s->authorization);
  s->authorization = token;
}

static void redact_from(const secret *hidden, size_t start, char *text, size_t length) {
  if (hidden != NULL) aic_secret_redact(hidden->text + start, hidden->length - start, text, length);
}

void aic_session_redact(const session *s, const secret *sent, char *text, size_t length) {
  redact_from(sent, strlen(SESSION_AUTHORIZATION), text, length);
  redact_from(s->authorization, strlen(SESSION_AUTHORIZATION), text, length);
  redact_from(s->client_secret, 0, text, length);
  redact_from(s->login_form, s->login_secret_at, text, length);
}

static bool tells(const secret *hidden, size_t start, const char *text, size_t length) {
  return hidden != NULL &&
         aic_secret_stands_in(hidden->text + start, hidden->length - start, text, length);
}

bool aic_session_tells(const session *s, const secret *sent, const char *text, size_t length) {
  return tells(sent, strlen(SESSION_AUTHORIZATION), text, length) ||
         tells(s->authorization, strlen(SESSION_AUTHORIZATION), text, length) ||
         tells(s->client_secret, 0, text, length) ||
         tells(s->login_form, s->login_secret_at, text, length);
}

/* ---- methods ---- */

session *aic_session_check(lua_State *L, int index) {
  session *s = luaL_checkudata(L, index, SESSION_TYPE);
  if (s->closed) luaL_argerror(L, index, "the session is closed");
  return s;
}

/* session:set_token(token): a ready token instead of a login. */
static int session_set_token(lua_State *L) {
  session *s = aic_session_check(L, 1);
  size_t length;
  const char *token = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, aic_parameter_header_safe(token, length), 2,
                "text without control characters expected");
  secret *fresh = aic_session_new_token(token, length);
  if (fresh == NULL) return luaL_error(L, "out of memory");
  aic_session_keep_token(s, fresh);
  return 0;
}

static session *check_open(lua_State *L) {
  session *s = aic_session_check(L, 1);
  const char *trouble = aic_session_open(s);
  if (trouble != NULL) luaL_error(L, "the session cannot be opened: %s", trouble);
  return s;
}

/* session:fd(): a descriptor that is readable when step() has something to do. It stays the same
 * until the session is closed, or used in a forked child. */
static int session_fd(lua_State *L) {
  session *s = check_open(L);
  lua_pushinteger(L, aic_pollset_export(&s->sockets));
  announce(s);
  return 1;
}

/* Pushes the objects of all finished transfers as a list, and lets go of them: only when the list
 * is complete, since there may be no memory for it. */
static int push_finished(lua_State *L, session *s) {
  compat_getuservalue(L, 1);
  lua_createtable(L, (int)s->finished.count, 0);
  int count = 0;
  for (transfer *t = s->finished.first; t != NULL; t = t->next) {
    lua_pushlightuserdata(L, (void *)t->handle);
    lua_rawget(L, -3);
    lua_rawseti(L, -2, ++count);
  }
  while (s->finished.first != NULL) {
    aic_transfer_unanchor(L, 1, s->finished.first->handle);
    aic_session_move(s->finished.first, &s->delivered);
  }
  return 1;
}

/* session:step(): does what is to be done, never waits; returns the list of the transfers that
 * have finished since the last call (they were begun with core.start). */
static int session_step(lua_State *L) {
  session *s = check_open(L);
  act(s, 0);
  return push_finished(L, s);
}

/* session:closed(): is it of no more use? */
static int session_closed(lua_State *L) {
  const session *s = luaL_checkudata(L, 1, SESSION_TYPE);
  lua_pushboolean(L, s->closed);
  return 1;
}

/* session:wait(seconds): waits until step() has something to do, or so long at most.
 * Returns false when a signal handler of the host wants control instead. */
static int session_wait(lua_State *L) {
  interrupt watch = aic_interrupt_watch(L); /* opening may take a while already */
  session *s = check_open(L);
  const double seconds = luaL_checknumber(L, 2);
  const double end = aic_clock_now() + (seconds > 0 ? fmin(seconds, 86400) : 0);
  while (s->finished.first == NULL) {
    const double left_ms = ceil((end - aic_clock_now()) * 1000);
    if (left_ms <= 0) break;
    aic_session_act(s, (int)fmin(left_ms, INTERRUPT_SLICE_MS));
    const interrupt_state state = aic_interrupt_poll(&watch);
    if (state == INTERRUPT_RAISED) return lua_error(L);
    if (state == INTERRUPT_WANTED) {
      lua_pushboolean(L, 0);
      return 1;
    }
    if (s->closed || s->owner != aic_process_id()) break; /* by the hook: step() will tell */
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int session_tostring(lua_State *L) {
  const session *s = luaL_checkudata(L, 1, SESSION_TYPE);
  if (s->closed) {
    lua_pushliteral(L, SESSION_TYPE " (closed)");
  } else {
    lua_pushfstring(L, SESSION_TYPE " (%s, %d in flight)", s->base_url, (int)s->running.count);
  }
  return 1;
}

void aic_session_register(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", session_close},
                                         {"__close", session_close},
                                         {"__tostring", session_tostring},
                                         {NULL, NULL}};
  static const luaL_Reg methods[] = {{"close", session_close},
                                     {"fd", session_fd},
                                     {"step", session_step},
                                     {"closed", session_closed},
                                     {"wait", session_wait},
                                     {"set_token", session_set_token},
                                     {NULL, NULL}};
  luaL_newmetatable(L, SESSION_TYPE);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
