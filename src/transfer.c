#include "transfer.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compat.h"
#include "reply.h"
#include "sigpipe.h"

/* More libcurl handles than this are not kept for later. */
enum { MOST_IDLE = 256 };

static const char LOOPBACK[] = "localhost,127.0.0.1,::1";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what libcurl delivers; nothing here touches Lua ---- */

/* A server may claim any length: room is made for so much at most before it has sent it. */
enum { MOST_RESERVED = 16 * 1024 * 1024 };

static void reserve(transfer *t) {
  curl_off_t length = -1; /* of a compressed body: a beginning */
  curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length > 0 && length <= MOST_RESERVED) aic_buffer_reserve(&t->reply, (size_t)length);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data) {
  transfer *t = data;
  if (t->reply.length == 0) reserve(t);
  return aic_buffer_append(&t->reply, bytes, size * count) ? size * count : 0;
}

static size_t on_header(char *line, size_t size, size_t count, void *data) {
  (void)line;
  transfer *t = data;
  t->header_bytes += size * count;
  t->headers_full = (double)t->header_bytes > t->session->limits.max_headers;
  return t->headers_full ? 0 : size * count;
}

/* Called before every sending of the request. libcurl repeats one by itself when a kept-alive
 * connection turns out to be dead; where that might change something twice, Lua is to decide. */
static int on_request(void *data, char *ip, char *local_ip, int port, int local_port) {
  (void)ip, (void)local_ip, (void)port, (void)local_port;
  transfer *t = data;
  if (t->issued > 0 && t->operation->changes) return CURL_PREREQFUNC_ABORT;
  t->issued++;
  return CURL_PREREQFUNC_OK;
}

/* ---- what all transfers of a session have in common, set once per handle ---- */

static bool set_numbers(const transfer *t) {
  const session *s = t->session;
  const struct {
    CURLoption option;
    long value;
  } numbers[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
    {CURLOPT_PIPEWAIT, s->secure}, /* rather one more stream than one more connection */
    {CURLOPT_CONNECTTIMEOUT_MS, (long)ceil(s->limits.connect_timeout * 1000)},
#if LIBCURL_VERSION_NUM >= 0x075700
    {CURLOPT_QUICK_EXIT, 1}, /* ending a transfer does not wait for a slow name server */
#endif
  };
  for (size_t i = 0; i < COUNT(numbers); i++) {
    if (curl_easy_setopt(t->easy, numbers[i].option, numbers[i].value) != CURLE_OK) return false;
  }
  return true;
}

/* What needs no proxy: this machine, and what the standard variable names. */
static void find_no_proxy(char *text, size_t size) {
  const char *named = getenv("no_proxy");
  if (named == NULL) named = getenv("NO_PROXY");
  const bool everything = named != NULL && strcmp(named, "*") == 0;
  const bool fits = named != NULL && strlen(named) + sizeof LOOPBACK + 1 < size;
  snprintf(text, size, "%s%s%s", fits ? named : "", fits && !everything ? "," : "",
           everything ? "" : LOOPBACK);
}

/* NULL leaves libcurl's default: for a proxy that is the standard variables. */
static bool set_texts(const transfer *t) {
  const session *s = t->session;
  char no_proxy[2048];
  find_no_proxy(no_proxy, sizeof no_proxy);
  const struct {
    CURLoption option;
    const char *value;
  } texts[] = {
      {CURLOPT_PROTOCOLS_STR, "http,https"},
      {CURLOPT_USERAGENT, "aicore-lua"},
      {CURLOPT_CAINFO, s->ca_file},
      {CURLOPT_PROXY, s->proxy},
      {CURLOPT_NOPROXY, s->proxy == NULL ? no_proxy : NULL},
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    if (texts[i].value == NULL) continue;
    if (curl_easy_setopt(t->easy, texts[i].option, texts[i].value) != CURLE_OK) return false;
  }
  return true;
}

/* libcurl reads the text where it is: the session outlives its transfers. */
static bool set_blob(CURL *easy, CURLoption option, const char *text, size_t length) {
  struct curl_blob blob = {(char *)text, length, CURL_BLOB_NOCOPY};
  return curl_easy_setopt(easy, option, text != NULL ? &blob : NULL) == CURLE_OK;
}

static bool set_callbacks(transfer *t) {
  CURL *easy = t->easy;
  return curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PREREQDATA, t) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, aic_session_on_socket_open) ==
             CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t->session) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, aic_session_on_socket_close) ==
             CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->session) == CURLE_OK;
}

static transfer *new_transfer(session *s) {
  transfer *t = calloc(1, sizeof *t);
  if (t == NULL) return NULL;
  t->session = s;
  t->reply.limit = (size_t)fmin(s->limits.max_response, (double)(SIZE_MAX / 4));
  t->headers.limit = 64 * 1024;
  t->easy = curl_easy_init();
  if (t->easy != NULL && set_callbacks(t) && set_numbers(t) && set_texts(t) &&
      (s->ca == NULL || set_blob(t->easy, CURLOPT_CAINFO_BLOB, s->ca, strlen(s->ca)))) {
    return t;
  }
  aic_transfer_free(t);
  return NULL;
}

/* ---- what makes one request ---- */

static bool set_method(const transfer *t, const request *built) {
  const session *s = t->session;
  const operation *op = built->operation;
  const bool is_login = op->shape->form == REPLY_TOKEN;
  const char *verb = strcmp(op->verb, "GET") == 0 ? NULL : op->verb;
  if (curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, verb) != CURLE_OK) return false;
  if (is_login) {
    if (s->login_form == NULL) return false;
    return curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)s->login_form->length) ==
               CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (const char *)s->login_form->text) ==
               CURLE_OK;
  }
  if (built->body == NULL) return curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
  return curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)built->body_length) == CURLE_OK &&
         curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, built->body) == CURLE_OK;
}

/* The client certificate is shown to the token URL only. */
static bool set_certificate(const transfer *t, bool shown) {
  const session *s = t->session;
  const struct {
    CURLoption file, blob;
    const char *path;
    const secret *text;
  } parts[] = {{CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB, s->certificate_file, s->certificate},
               {CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB, s->key_file, s->key}};
  for (size_t i = 0; i < COUNT(parts); i++) {
    const char *path = shown ? parts[i].path : NULL;
    const secret *text = shown ? parts[i].text : NULL;
    if (parts[i].path != NULL && curl_easy_setopt(t->easy, parts[i].file, path) != CURLE_OK) {
      return false;
    }
    if (parts[i].text != NULL && !set_blob(t->easy, parts[i].blob, text != NULL ? text->text : NULL,
                                           text != NULL ? text->length : 0)) {
      return false;
    }
  }
  return true;
}

/* Writes "name: value" behind the other headers. */
static bool write_header(buffer *headers, const char *name, const char *value) {
  return aic_buffer_append(headers, name, strlen(name)) && aic_buffer_append(headers, ": ", 2) &&
         aic_buffer_append(headers, value, strlen(value) + 1);
}

static bool write_headers(transfer *t, const request *built) {
  const operation *op = built->operation;
  const bool own_group = !op->no_resource_group && built->resource_group != NULL;
  return (!own_group || write_header(&t->headers, "AI-Resource-Group", built->resource_group)) &&
         (op->content_type == NULL || write_header(&t->headers, "Content-Type", op->content_type));
}

/* The list's nodes are the transfer's, the last ones the session's; libcurl only reads them. */
static bool set_headers(transfer *t, const request *built) {
  session *s = t->session;
  const operation *op = built->operation;
  if (!write_headers(t, built)) return false;
  size_t count = 0;
  if (op->shape->form != REPLY_TOKEN && s->authorization != NULL) {
    t->authorization = aic_secret_share(s->authorization);
    t->header_list[count++].data = t->authorization->text;
  }
  if (!op->no_resource_group && built->resource_group == NULL) {
    t->header_list[count++].data = (char *)s->resource_group_header;
  }
  for (size_t at = 0; at < t->headers.length; at += strlen(t->headers.data + at) + 1) {
    t->header_list[count++].data = t->headers.data + at;
  }
  for (size_t i = 0; i < count; i++) {
    t->header_list[i].next = i + 1 < count ? &t->header_list[i + 1] : &s->client_type_header;
  }
  struct curl_slist *list = count > 0 ? t->header_list : &s->client_type_header;
  return curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list) == CURLE_OK;
}

static bool set_request(transfer *t, const request *built) {
  const session *s = t->session;
  const operation *op = built->operation;
  const double own = built->timeout > 0 ? built->timeout : s->limits.timeout;
  const long ms = (long)ceil(fmin(own, s->limits.timeout) * 1000);
  return curl_easy_setopt(t->easy, CURLOPT_URL, built->url) == CURLE_OK &&
         curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, ms) == CURLE_OK &&
         /* What must not happen twice takes no connection that may turn out to be dead. */
         curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, (long)op->once) == CURLE_OK &&
         /* libcurl takes half of a compressed body for all of it: half of a JSON text is none, but half of a count is. */
         curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING,
                          op->shape->form == REPLY_COUNT ? NULL : "gzip") == CURLE_OK &&
         set_method(t, built) && set_headers(t, built) &&
         set_certificate(t, op->shape->form == REPLY_TOKEN);
}

/* ---- its life ---- */

transfer **aic_transfer_push(lua_State *L, int index) {
  transfer **handle = compat_newuserdata(L, sizeof(transfer *));
  *handle = NULL;
  luaL_getmetatable(L, TRANSFER_TYPE);
  lua_setmetatable(L, -2);
  compat_getuservalue(L, index);
  compat_setuservalue(L, -2);
  return handle;
}

void aic_transfer_anchor(lua_State *L, transfer **handle) {
  compat_getuservalue(L, -1);
  lua_pushlightuserdata(L, (void *)handle);
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void aic_transfer_unanchor(lua_State *L, int index, transfer **handle) {
  compat_getuservalue(L, index);
  lua_pushlightuserdata(L, (void *)handle);
  lua_rawget(L, -2);
  const bool anchored = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (anchored) { /* then this needs no memory */
    lua_pushlightuserdata(L, (void *)handle);
    lua_pushnil(L);
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
}

static void detach(transfer *t) {
  if (t->handle != NULL) *t->handle = NULL;
  t->handle = NULL;
}

const char *aic_transfer_start(session *s, const request *built, transfer **handle,
                               bool announced) {
  const char *trouble = aic_session_open(s);
  if (trouble != NULL) return trouble;
  transfer *t = s->idle.first != NULL ? s->idle.first : new_transfer(s);
  if (t == NULL) return "out of memory";
  aic_session_move(t, &s->delivered);
  t->handle = handle;
  *handle = t;
  t->operation = built->operation;
  t->resource = built->resource;
  t->announced = announced;
  if (built->id != NULL) memcpy(t->id, built->id, strlen(built->id) + 1); /* 64 bytes at most */
  if (!set_request(t, built) || curl_multi_add_handle(s->multi, t->easy) != CURLM_OK) {
    aic_transfer_free(t);
    return "out of memory";
  }
  aic_session_move(t, &s->running);
  return NULL;
}

static void clear(transfer *t) {
  t->finished = t->read = t->announced = t->headers_full = false;
  t->outcome = CURLE_OK;
  t->header_bytes = 0;
  t->issued = 0;
  t->id[0] = t->error[0] = '\0';
  aic_secret_release(&t->authorization);
  aic_buffer_clear(&t->headers);
  aic_buffer_clear(&t->reply);
}

/* What waits for a free connection may now go on: the timer is settled for it. */
static void leave_libcurl(transfer *t) {
  session *s = t->session;
  if (t->list != &s->running) return;
  const sigpipe_guard guard = aic_sigpipe_hold(s->secure);
  curl_multi_remove_handle(s->multi, t->easy);
  aic_sigpipe_release(&guard);
  aic_pollset_settle(&s->sockets);
}

void aic_transfer_release(transfer *t) {
  session *s = t->session;
  detach(t);
  leave_libcurl(t);
  if (s->closed || s->idle.count >= MOST_IDLE) {
    aic_transfer_free(t);
    return;
  }
  clear(t);
  aic_session_move(t, &s->idle);
}

static void free_memory(transfer *t) {
  detach(t);
  aic_session_move(t, NULL);
  aic_secret_release(&t->authorization);
  aic_buffer_free(&t->headers);
  aic_buffer_free(&t->reply);
  free(t);
}

void aic_transfer_free(transfer *t) {
  leave_libcurl(t);
  if (t->easy != NULL) curl_easy_cleanup(t->easy);
  free_memory(t);
}

void aic_transfer_forget(transfer *t) { free_memory(t); }

/* ---- the Lua object ---- */

int aic_transfer_take(lua_State *L, int index, transfer **handle) {
  transfer *t = *handle;
  t->read = true;
  aic_session_move(t, NULL); /* closing the session meanwhile does not end it */
  const int results = aic_reply_push(L, index, t);
  aic_transfer_release(t);
  return results;
}

static transfer **check_handle(lua_State *L) {
  transfer **handle = luaL_checkudata(L, 1, TRANSFER_TYPE);
  if (*handle != NULL) aic_session_leave_parent((*handle)->session);
  return handle;
}

/* transfer:finished(): would result() return something? */
static int transfer_finished(lua_State *L) {
  transfer *const *handle = check_handle(L);
  lua_pushboolean(L, *handle == NULL || (*handle)->finished);
  return 1;
}

/* transfer:info(): what there is to log of a finished transfer whose result was not taken yet:
 * { status, seconds, request_id }, without status where nothing was answered. Otherwise nil. */
static int transfer_info(lua_State *L) {
  transfer *const *handle = check_handle(L);
  if (*handle == NULL || !(*handle)->finished) return 0;
  aic_reply_push_info(L, *handle);
  return 1;
}

/* transfer:result(): nil while it is in flight; then, once, what the blocking function of the
 * same operation returns. */
static int transfer_result(lua_State *L) {
  transfer **handle = check_handle(L);
  if (*handle != NULL && !(*handle)->finished) {
    lua_pushnil(L);
    return 1;
  }
  if (*handle == NULL || (*handle)->read) {
    return aic_reply_push_error(
        L, "cancelled", "the transfer was cancelled, its session closed, or its result taken", NULL,
        NULL);
  }
  aic_transfer_unanchor(L, 1, handle);
  lua_settop(L, 1);
  return aic_transfer_take(L, 1, handle);
}

/* The end of the object: nobody reads the reply any more, as whoever does has the object. */
static int transfer_gc(lua_State *L) {
  transfer **handle = check_handle(L);
  if (*handle == NULL) return 0;
  aic_transfer_unanchor(L, 1, handle);
  aic_transfer_release(*handle);
  return 0;
}

/* transfer:cancel(): ends it. Whether the service has acted on the request stays unknown. */
static int transfer_cancel(lua_State *L) {
  transfer *const *handle = check_handle(L);
  return *handle != NULL && (*handle)->read ? 0 : transfer_gc(L);
}

static int transfer_tostring(lua_State *L) {
  transfer *const *handle = luaL_checkudata(L, 1, TRANSFER_TYPE);
  const transfer *t = *handle;
  char id[sizeof t->id] = ""; /* a copy: making the text may run a finalizer that ends t */
  if (t != NULL) memcpy(id, t->id, sizeof id);
  lua_pushfstring(L, TRANSFER_TYPE " (%s%s%s, %s)", t != NULL ? t->operation->name : "none",
                  id[0] != '\0' ? " " : "", id,
                  t == NULL     ? "over"
                  : t->finished ? "finished"
                                : "in flight");
  return 1;
}

void aic_transfer_register(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", transfer_gc},
                                         {"__close", transfer_cancel},
                                         {"__tostring", transfer_tostring},
                                         {NULL, NULL}};
  static const luaL_Reg methods[] = {{"result", transfer_result},
                                     {"finished", transfer_finished},
                                     {"info", transfer_info},
                                     {"cancel", transfer_cancel},
                                     {NULL, NULL}};
  luaL_newmetatable(L, TRANSFER_TYPE);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
