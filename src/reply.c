#include "reply.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compat.h"
#include "token.h"

enum { PREVIEW = 200 };

/* ---- JSON ---- */

void aic_reply_push_decoder(lua_State *L, int max_depth) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "new"); /* a configuration of its own: the host's is left alone */
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_max_depth");
  lua_pushinteger(L, max_depth);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode_invalid_numbers");
  lua_pushboolean(L, 0);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  lua_replace(L, -3);
  lua_pop(L, 1);
}

static bool normalise(lua_State *L, int table);

/* Null reads as absent, and a number without a fraction is an integer. The value on top of the
 * stack, under the key below it, is replaced in its table if need be. False: not a JSON number. */
static bool normalise_value(lua_State *L, int table) {
  switch (lua_type(L, -1)) {
  case LUA_TTABLE:
    return normalise(L, lua_gettop(L));
  case LUA_TLIGHTUSERDATA: /* cjson.null is the only one */
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    lua_rawset(L, table);
    return true;
  case LUA_TNUMBER: {
    const lua_Number number = lua_tonumber(L, -1);
    if (!isfinite(number)) return false;
    if (COMPAT_HAS_INTEGERS && floor(number) == number && fabs(number) < 9007199254740992.0) {
      lua_pushvalue(L, -2);
      lua_pushinteger(L, (lua_Integer)number);
      lua_rawset(L, table);
    }
    return true;
  }
  default:
    return true;
  }
}

/* The decoder bounds the depth of this recursion. Fields may be changed while they are visited. */
static bool normalise(lua_State *L, int table) {
  luaL_checkstack(L, 8, NULL);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (!normalise_value(L, table)) return false;
    lua_pop(L, 1);
  }
  return true;
}

/* Of a body that is longer, only the beginning is kept once Lua has it: for a preview. */
enum { LONG_BODY = 64 * 1024 };

/* Pushes what the body means, or a text that says why it means nothing. */
static bool decode(lua_State *L, int index, buffer *body) {
  compat_getuservalue(L, index);
  lua_rawgeti(L, -1, SESSION_DECODER);
  lua_remove(L, -2);
  lua_pushlstring(L, body->data != NULL ? body->data : "", body->length);
  if (body->length > LONG_BODY) aic_buffer_keep_start(body, PREVIEW + 1);
  const int outcome = lua_pcall(L, 1, 1, 0);
  if (outcome == LUA_ERRMEM) lua_error(L); /* this says nothing about the body */
  if (outcome != 0) return false;
  if (!lua_istable(L, -1) || normalise(L, lua_gettop(L))) return true;
  lua_pushliteral(L, "a number is out of range");
  return false;
}

/* ---- the error table ---- */

static void set_text(lua_State *L, const char *field, const char *text) {
  if (text == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

static void set_flag(lua_State *L, const char *field, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, field);
}

int aic_reply_push_error(lua_State *L, const char *kind, const char *message, const char *name,
                         const char *id) {
  lua_pushnil(L);
  lua_createtable(L, 0, 12);
  set_text(L, "kind", kind);
  set_text(L, "message", message);
  set_text(L, "operation", name);
  set_text(L, "id", id);
  return 2;
}

/* The first characters of the body, fit for a terminal: no control characters, no half character. */
static void set_preview(lua_State *L, transfer *t) {
  if (t->reply.data == NULL || t->reply.length == 0) return;
  aic_session_redact(t->session, t->authorization, t->reply.data, t->reply.length);
  char text[PREVIEW];
  size_t length = t->reply.length < PREVIEW ? t->reply.length : PREVIEW;
  memcpy(text, t->reply.data, length);
  if (length < t->reply.length) {
    while (length > 0 && ((unsigned char)t->reply.data[length] & 0xC0) == 0x80) length--;
  }
  for (size_t i = 0; i < length; i++) {
    if (iscntrl((unsigned char)text[i])) text[i] = ' ';
  }
  lua_pushlstring(L, text, length);
  lua_setfield(L, -2, "details");
}

/* The request's id for SAP's support, as the answer's header tells it; NULL: it does not, or so much
 * that it is none. A copy: secrets are hidden in it, and what is made of it may end the transfer. */
static const char *copy_request_id(const transfer *t, char id[PREVIEW]) {
  struct curl_header *header;
  if (curl_easy_header(t->easy, "x-request-id", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
    return NULL;
  }
  const size_t length = strlen(header->value);
  if (length >= PREVIEW) return NULL;
  memcpy(id, header->value, length + 1);
  aic_session_redact(t->session, t->authorization, id, length);
  return id;
}

/* Pushes nil and the beginning of an error: what is known of every answer, whatever it says. */
static void push_error(lua_State *L, const transfer *t, const char *kind, const char *message,
                       long status) {
  aic_reply_push_error(L, kind, message, t->operation->name, t->id[0] != '\0' ? t->id : NULL);
  if (status == 0) return;
  lua_pushinteger(L, status);
  lua_setfield(L, -2, "status");
  char id[PREVIEW];
  set_text(L, "request_id", copy_request_id(t, id));
  curl_off_t seconds = 0;
  curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds); /* libcurl reads dates, too */
  if (seconds <= 0) return;
  lua_pushinteger(L, (lua_Integer)seconds);
  lua_setfield(L, -2, "retry_after");
}

void aic_reply_push_info(lua_State *L, const transfer *t) {
  long status = 0;
  curl_off_t microseconds = 0;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  char id[PREVIEW];
  const char *found = copy_request_id(t, id);
  lua_createtable(L, 0, 3);
  lua_pushnumber(L, (lua_Number)microseconds / 1e6);
  lua_setfield(L, -2, "seconds");
  if (status == 0) return;
  lua_pushinteger(L, status);
  lua_setfield(L, -2, "status");
  set_text(L, "request_id", found);
}

/* ---- no answer, or half of one ---- */

static const struct {
  CURLcode code;
  const char *kind;
  bool retryable;
} outcomes[] = {{CURLE_OPERATION_TIMEDOUT, "timeout", true},
                {CURLE_BAD_CONTENT_ENCODING, "protocol", true},
                {CURLE_PEER_FAILED_VERIFICATION, "transport", false},
                {CURLE_OUT_OF_MEMORY, "transport", false},
                {CURLE_URL_MALFORMAT, "config", false},
                {CURLE_UNSUPPORTED_PROTOCOL, "config", false},
                {CURLE_COULDNT_RESOLVE_PROXY, "transport", true},
                {CURLE_SSL_CERTPROBLEM, "config", false},
                {CURLE_SSL_CACERT_BADFILE, "config", false},
                {CURLE_OK, "transport", true}}; /* any other */

/* With TLS 1.3 a server refuses a client certificate at the very end of the handshake, and may hang
 * up so fast that its reason is lost. */
static bool may_be_certificate(const transfer *t) {
  const session *s = t->session;
  const bool shown = s->certificate != NULL || s->certificate_file != NULL;
  const bool hung_up = t->outcome == CURLE_SEND_ERROR || t->outcome == CURLE_RECV_ERROR ||
                       t->outcome == CURLE_GOT_NOTHING || t->outcome == CURLE_HTTP2 ||
                       t->outcome == CURLE_SSL_CONNECT_ERROR;
  return shown && hung_up && t->operation->shape->form == REPLY_TOKEN;
}

/* What went wrong, in words. */
static const char *push_cause(lua_State *L, transfer *t) {
  if (t->outcome == CURLE_ABORTED_BY_CALLBACK) return "the connection was lost before an answer";
  aic_session_redact(t->session, t->authorization, t->error, strlen(t->error));
  const char *cause = t->error[0] != '\0' ? t->error : curl_easy_strerror(t->outcome);
  return may_be_certificate(t)
             ? lua_pushfstring(L, "%s (has the server refused the client certificate?)", cause)
             : cause;
}

static int push_failure(lua_State *L, transfer *t, long status) {
  const char *message = push_cause(L, t);
  size_t row = 0;
  while (outcomes[row].code != t->outcome && outcomes[row].code != CURLE_OK) row++;
  const char *kind = outcomes[row].kind;
  bool retryable = outcomes[row].retryable;
  if (t->outcome == CURLE_UNSUPPORTED_PROTOCOL &&
      t->issued > 0) { /* what was answered is not HTTP */
    kind = "protocol";
    retryable = true;
  }
  if (t->reply.full || t->headers_full) {
    kind = "protocol";
    message = t->reply.full ? "the reply is longer than max_response allows"
                            : "the headers are longer than max_headers allows";
    retryable = false;
  }
  push_error(L, t, kind, message, status);
  if (t->operation->shape->form != REPLY_TOKEN)
    set_preview(L, t); /* half a token is a secret, too */
  set_flag(L, "retryable", retryable);
  set_flag(L, "ambiguous", t->operation->changes && t->issued > 0);
  return 2;
}

/* ---- an answer that says no ---- */

static const struct {
  long status;
  const char *kind;
  bool retryable;
} refusals[] = {{401, "auth", true},   {403, "auth", false}, {408, "http", true},
                {412, "state", false}, {425, "http", true},  {429, "http", true}};

/* Copies a text field, if there is something in it, of the table below the error on top into the error. */
static void copy_text(lua_State *L, int from, const char *name, const char *field) {
  lua_getfield(L, from, name);
  if (lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) > 0) {
    lua_setfield(L, -2, field);
  } else {
    lua_pop(L, 1);
  }
}

/* AI Core's {"error":{"code","message","requestId","target","details"}}, or where tokens are looked at
 * {"error":"…","error_description":"…"}: elsewhere a gateway's 404 looks like that, and would pass for AI
 * Core's own. The body's table is at the index, the error on top. */
static bool copy_error_body(lua_State *L, int body, bool about_token) {
  lua_getfield(L, body, "error");
  const int inner = lua_gettop(L);
  lua_pushvalue(L, inner - 1);
  const bool is_core = lua_istable(L, inner);
  if (is_core) {
    copy_text(L, inner, "code", "code");
    copy_text(L, inner, "message", "message");
    copy_text(L, inner, "requestID", "request_id"); /* SAP's pages have both spellings */
    copy_text(L, inner, "requestId", "request_id");
    copy_text(L, inner, "target", "target");
    lua_getfield(L, inner, "details");
    lua_setfield(L, -2, "details");
  }
  const bool is_oauth = about_token && lua_type(L, inner) == LUA_TSTRING;
  if (is_oauth) {
    copy_text(L, body, "error", "code");
    copy_text(L, body, "error_description", "message");
  }
  const bool known = is_core || is_oauth;
  lua_settop(L, inner - 1);
  return known;
}

/* Does the value on top tell a secret? In the body it stood with escapes then, and so was not seen. */
static bool tells_secret(lua_State *L, const transfer *t) {
  if (lua_type(L, -1) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    return aic_session_tells(t->session, t->authorization, text, length);
  }
  if (!lua_istable(L, -1)) return false;
  luaL_checkstack(L, 8, NULL);
  const int table = lua_gettop(L);
  bool tells = false;
  lua_pushnil(L);
  while (!tells && lua_next(L, table) != 0) {
    tells = tells_secret(L, t);
    lua_settop(L, table + 1);
    tells = tells || tells_secret(L, t); /* the field's name */
  }
  lua_settop(L, table);
  return tells;
}

static int push_refusal(lua_State *L, int index, transfer *t, long status) {
  aic_session_redact(t->session, t->authorization, t->reply.data, t->reply.length);
  bool decoded = decode(L, index, &t->reply) && lua_istable(L, -1);
  const int body = lua_gettop(L);
  if (decoded && tells_secret(L, t)) {
    decoded = false;
    aic_buffer_clear(&t->reply); /* nothing of it is repeated */
  }
  const char *kind = "http";
  bool retryable = status >= 500 && status != 501;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    if (refusals[i].status != status) continue;
    kind = refusals[i].kind;
    retryable = refusals[i].retryable;
  }
  const char *message =
      lua_pushfstring(L,
                      status / 100 == 3 ? "HTTP %d: redirects are not followed"
                                        : "HTTP %d without an error body of AI Core",
                      (int)status);
  push_error(L, t, kind, message, status);
  const bool about_token = t->operation->shape->form == REPLY_TOKEN || status == 401;
  if (!decoded || !copy_error_body(L, body, about_token)) set_preview(L, t);
  set_flag(L, "retryable", retryable);
  set_flag(L, "ambiguous", t->operation->changes && status >= 500);
  return 2;
}

/* ---- an answer that says yes ---- */

/* It was accepted, but what it says cannot be understood. */
static int push_misfit(lua_State *L, transfer *t, long status, const char *why) {
  lua_pushfstring(L, "HTTP %d with an unexpected body: %s", (int)status, why);
  push_error(L, t, "protocol", lua_tostring(L, -1), status);
  set_preview(L, t);
  set_flag(L, "retryable", true);
  set_flag(L, "ambiguous", t->operation->changes);
  return 2;
}

/* A list of objects and nothing else? An object without fields cannot be told from an empty list. */
static bool is_list_of_objects(lua_State *L, int list) {
  size_t count = 0;
  lua_pushnil(L);
  for (; lua_next(L, list) != 0; count++) {
    if (!lua_istable(L, -1)) {
      lua_settop(L, list);
      return false;
    }
    lua_pop(L, 1);
  }
  return count == lua_rawlen(L, list);
}

/* Is the text on top more than nothing, and without NUL bytes? */
static bool is_plain_text(lua_State *L) {
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  return length > 0 && strlen(text) == length;
}

/* NULL, or what is wrong with the value on top of the stack. */
static const char *shape_complaint(lua_State *L, const transfer *t) {
  const reply_shape *shape = t->operation->shape;
  const char *field = shape->field != NULL ? shape->field : t->resource;
  if (!lua_istable(L, -1)) return "not a JSON object";
  const int body = lua_gettop(L);
  lua_getfield(L, body, field);
  const char *complaint = NULL;
  if (lua_type(L, -1) != shape->type || (shape->type == LUA_TSTRING && !is_plain_text(L))) {
    complaint = lua_pushfstring(L, "no %s", field);
  } else if (shape->elements && !is_list_of_objects(L, lua_gettop(L))) {
    complaint = "a list with something else than objects";
  }
  lua_getfield(L, body, "id");
  if (complaint == NULL && t->id[0] != '\0' && lua_type(L, -1) == LUA_TSTRING &&
      (!is_plain_text(L) || strcmp(lua_tostring(L, -1), t->id) != 0)) {
    complaint = "it is about another id";
  }
  if (complaint == NULL) lua_settop(L, body); /* else it may stand on the stack */
  return complaint;
}

static int push_object(lua_State *L, int index, transfer *t, long status) {
  if (!decode(L, index, &t->reply)) return push_misfit(L, t, status, lua_tostring(L, -1));
  const char *complaint = shape_complaint(L, t);
  return complaint != NULL ? push_misfit(L, t, status, complaint) : 1;
}

static int push_count(lua_State *L, transfer *t, long status) {
  lua_pushlstring(L, t->reply.data != NULL ? t->reply.data : "", t->reply.length);
  const char *text = lua_tostring(L, -1);
  char *end;
  errno = 0;
  const long count = strtol(text, &end, 10);
  end += strspn(end, " \t\r\n");
  if (end == text || end != text + t->reply.length || errno != 0 || count < 0 ||
      !isdigit((unsigned char)text[0])) {
    return push_misfit(L, t, status, "not a count");
  }
  lua_pushinteger(L, (lua_Integer)count);
  return 1;
}

/* Moves the token from the reply to the transfer, before the decoder or Lua see it: they would leave
 * copies behind. NULL, or what is wrong. */
static const char *take_token(lua_State *L, transfer *t) {
  token_place found;
  if (t->reply.data == NULL || !aic_token_find(t->reply.data, t->reply.length, &found))
    return "no access_token";
  if (aic_parameter_header_safe(found.text, found.length)) {
    t->authorization = aic_session_new_token(found.text, found.length);
    if (t->authorization == NULL) luaL_error(L, "out of memory");
  }
  memset(found.text, '*', found.room);
  if (t->authorization != NULL) { /* it may stand there twice */
    const size_t name = strlen(SESSION_AUTHORIZATION);
    aic_secret_redact(t->authorization->text + name, t->authorization->length - name, t->reply.data,
                      t->reply.length);
  }
  return t->authorization != NULL ? NULL : "a token with control characters";
}

/* The token goes into the session; Lua learns how long it lives, in seconds (nil: not told). */
static int push_token(lua_State *L, int index, transfer *t, long status) {
  const char *complaint = take_token(L, t);
  if (!decode(L, index, &t->reply)) {
    complaint = "not JSON"; /* the decoder's own words might quote it */
  } else if (complaint == NULL) {
    complaint = shape_complaint(L, t);
  }
  if (complaint != NULL) {
    aic_buffer_clear(&t->reply); /* no preview: half a token is a secret, too */
    return push_misfit(L, t, status, complaint);
  }
  lua_createtable(L, 0, 1);
  lua_getfield(L, -2, "expires_in");
  const lua_Number seconds = lua_tonumber(L, -1);
  lua_pop(L, 1);
  if (seconds > 0) {
    lua_pushnumber(L, seconds);
    lua_setfield(L, -2, "expires_in");
  }
  if (!t->session->closed) aic_session_keep_token(t->session, aic_secret_share(t->authorization));
  return 1;
}

int aic_reply_push(lua_State *L, int index, transfer *t) {
  long status = 0;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  luaL_checkstack(L, 16, NULL);
  if (t->outcome != CURLE_OK) return push_failure(L, t, status);
  if (status / 100 != 2) return push_refusal(L, index, t, status);
  switch (t->operation->shape->form) {
  case REPLY_COUNT:
    return push_count(L, t, status);
  case REPLY_TOKEN:
    return push_token(L, index, t, status);
  case REPLY_OBJECT:
    break;
  }
  return push_object(L, index, t, status);
}
