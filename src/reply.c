#include "reply.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "compat.h"
#include "json.h"
#include "parameter.h"
#include "table.h"
#include "text.h"
#include "token.h"

/* What an error repeats of a body. More of a long one is not kept once Lua has it, nor read of one
 * that says no: no error body of AI Core is that long, and secrets are looked for in all of it. */
enum { PREVIEW = 200, LONG_BODY = 64 * 1024 };

/* What was sent, though there is another token since, and what the session has. */
static void hide_secrets(const exchange *x, char *text, size_t length) {
  aic_secret_redact(x->authorization, text, length);
  aic_credentials_redact(&x->held, text, length);
}

/* Pushes the body as text. */
static void push_body(lua_State *L, buffer *body) {
  lua_pushlstring(L, body->data != NULL ? body->data : "", body->length);
  if (body->length > LONG_BODY) aic_buffer_keep_start(body, PREVIEW + 1);
}

/* The function that reads replies has these upvalues: the decoder, and names of fields, which need not be
 * looked up among all strings then. */
static const char *const names[] = {
    "id", "status", "targetStatus", "createdAt", "modifiedAt", "configurationId", "count"};
enum { DECODER = 1, ID, STATUS, TARGET, CREATED, MODIFIED, CONFIGURATION, COUNT_FIELD };

/* Pushes a field of the table at the index. */
static void push_field(lua_State *L, int table, int name) {
  lua_pushvalue(L, lua_upvalueindex(name));
  lua_rawget(L, table);
}

/* Pushes what the body means, or a text that says why it means nothing. */
static bool push_decoded(lua_State *L, exchange *x) {
  lua_pushvalue(L, lua_upvalueindex(DECODER));
  push_body(L, &x->reply);
  return aic_json_decode(L);
}

/* ---- what is known of every answer, whatever it says ---- */

/* A header of the answer; NULL: there is none. */
static const char *header_of(const exchange *x, const char *name) {
  struct curl_header *header;
  const CURLHcode found = curl_easy_header(x->easy, name, 0, CURLH_HEADER, -1, &header);
  return found == CURLHE_OK ? header->value : NULL;
}

/* The request's id for SAP's support; NULL: there is none, or too much. A copy: secrets are hidden
 * in it, and what is made of it may end the transfer. */
static const char *copy_request_id(const exchange *x, char id[PREVIEW]) {
  const char *value = header_of(x, "x-request-id");
  const size_t length = value != NULL ? strlen(value) : PREVIEW;
  if (length >= PREVIEW) return NULL;
  memcpy(id, value, length + 1);
  hide_secrets(x, id, length);
  return id;
}

void aic_reply_push_info(lua_State *L, exchange *x) {
  aic_exchange_hold_secrets(x);
  long status = 0;
  curl_off_t microseconds = 0;
  curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(x->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  char id[PREVIEW];
  const char *found = copy_request_id(x, id);
  const char *date = header_of(x, "date"); /* when the service sent it, by its own clock */
  const time_t sent_at = date != NULL ? curl_getdate(date, NULL) : -1;
  lua_createtable(L, 0, 4);
  lua_pushnumber(L, (lua_Number)microseconds / 1e6);
  lua_setfield(L, -2, "seconds");
  if (status == 0) return;
  aic_set_integer(L, "status", status);
  aic_set_text(L, "request_id", found);
  if (sent_at >= 0) aic_set_integer(L, "date", (lua_Integer)sent_at);
}

typedef struct verdict {
  const char *kind;
  bool retryable;
} verdict;

/* Pushes nil and an error. */
static void push_error(
    lua_State *L, const exchange *x, long status, verdict v, bool ambiguous, const char *message) {
  aic_push_error(L, v.kind, message, x->operation->name, x->id[0] != '\0' ? x->id : NULL);
  aic_set_flag(L, "retryable", v.retryable);
  aic_set_flag(L, "ambiguous", x->operation->changes && ambiguous);
  if (status == 0) return;
  aic_set_integer(L, "status", status);
  char id[PREVIEW];
  aic_set_text(L, "request_id", copy_request_id(x, id));
  curl_off_t seconds = 0;
  curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &seconds); /* libcurl reads dates, too */
  if (seconds > 0) aic_set_integer(L, "retry_after", (lua_Integer)seconds);
}

/* Sets the error's details to the first characters of the body, fit for a terminal: no control
 * characters, no half character. Not of a login: half a token is a secret, too. */
static void set_preview(lua_State *L, exchange *x) {
  const buffer *body = &x->reply;
  if (x->operation->shape->form == REPLY_TOKEN || body->length == 0) return;
  if (body->length > LONG_BODY) aic_buffer_keep_start(&x->reply, LONG_BODY);
  hide_secrets(x, body->data, body->length);
  char text[PREVIEW];
  size_t length = body->length < PREVIEW ? body->length : PREVIEW;
  memcpy(text, body->data, length);
  if (length < body->length) {
    while (length > 0 && ((unsigned char)body->data[length] & 0xC0) == 0x80) length--;
  }
  for (size_t i = 0; i < length; i++) {
    if (iscntrl((unsigned char)text[i])) text[i] = ' ';
  }
  lua_pushlstring(L, text, length);
  lua_setfield(L, -2, "details");
}

/* ---- no answer, or half of one ---- */

static const struct {
  CURLcode code;
  verdict verdict;
} outcomes[] = {{CURLE_OPERATION_TIMEDOUT, {"timeout", true}},
    {CURLE_BAD_CONTENT_ENCODING, {"protocol", true}},
    {CURLE_PEER_FAILED_VERIFICATION, {"transport", false}},
    {CURLE_OUT_OF_MEMORY, {"transport", false}}, {CURLE_URL_MALFORMAT, {"config", false}},
    {CURLE_UNSUPPORTED_PROTOCOL, {"config", false}},
    {CURLE_COULDNT_RESOLVE_PROXY, {"transport", true}}, {CURLE_SSL_CERTPROBLEM, {"config", false}},
    {CURLE_SSL_CACERT_BADFILE, {"config", false}}, {CURLE_OK, {"transport", true}}}; /* any other */

static verdict verdict_of(const exchange *x) {
  const verdict too_long = {"protocol", false}, not_http = {"protocol", true};
  if (x->reply.full || x->headers_full) return too_long;
  if (x->outcome == CURLE_UNSUPPORTED_PROTOCOL && x->issued > 0) return not_http;
  size_t row = 0;
  while (outcomes[row].code != x->outcome && outcomes[row].code != CURLE_OK) row++;
  return outcomes[row].verdict;
}

/* With TLS 1.3 a server refuses a client certificate at the very end of the handshake, and may hang
 * up so fast that its reason is lost. */
static bool may_be_certificate(const exchange *x) {
  const config *c = x->config;
  const bool shown = c->credentials.certificate != NULL || c->certificate_file != NULL;
  const bool hung_up = x->outcome == CURLE_SEND_ERROR || x->outcome == CURLE_RECV_ERROR ||
                       x->outcome == CURLE_GOT_NOTHING || x->outcome == CURLE_HTTP2 ||
                       x->outcome == CURLE_SSL_CONNECT_ERROR;
  return shown && hung_up && x->operation->shape->form == REPLY_TOKEN;
}

/* What went wrong, in words, which may be pushed. */
static const char *push_cause(lua_State *L, exchange *x) {
  if (x->reply.full) return "the reply is longer than max_response allows";
  if (x->headers_full) return "the headers are longer than max_headers allows";
  if (x->outcome == CURLE_ABORTED_BY_CALLBACK) return "the connection was lost before an answer";
  hide_secrets(x, x->error, strlen(x->error));
  const char *cause = x->error[0] != '\0' ? x->error : curl_easy_strerror(x->outcome);
  if (!may_be_certificate(x)) return cause;
  return lua_pushfstring(L, "%s (has the server refused the client certificate?)", cause);
}

static int push_failure(lua_State *L, exchange *x, long status) {
  push_error(L, x, status, verdict_of(x), x->issued > 0, push_cause(L, x));
  if (x->refused) aic_set_flag(L, "refused", true);
  set_preview(L, x);
  return 2;
}

/* ---- an answer that says no ---- */

static const struct {
  long status;
  verdict verdict;
} refusals[] = {{401, {"auth", true}}, {403, {"auth", false}}, {408, {"http", true}},
    {412, {"state", false}}, {425, {"http", true}}, {429, {"http", true}}, {501, {"http", false}}};

static verdict verdict_on(long status) {
  const verdict any = {"http", status >= 500};
  size_t row = 0;
  while (row < COUNT(refusals) && refusals[row].status != status) row++;
  return row < COUNT(refusals) ? refusals[row].verdict : any;
}

/* Copies a text, if there is something in it, from the table at the index into the error on top. */
static void copy_text(lua_State *L, int from, const char *name, const char *field) {
  lua_getfield(L, from, name);
  if (lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) > 0) {
    lua_setfield(L, -2, field);
  } else {
    lua_pop(L, 1);
  }
}

/* Copies AI Core's {"error":{"code","message","requestId","target","details"}}, or where tokens are
 * looked at {"error":"…","error_description":"…"} (elsewhere a gateway's 404 looks like that), from
 * the body's table at the index into the error on top. False: it is neither. */
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
  lua_settop(L, inner - 1);
  return is_core || is_oauth;
}

static int push_refusal(lua_State *L, exchange *x, long status) {
  if (x->reply.length > LONG_BODY) aic_buffer_keep_start(&x->reply, LONG_BODY);
  hide_secrets(x, x->reply.data, x->reply.length);
  const bool decoded = push_decoded(L, x) && lua_istable(L, -1);
  const int body = lua_gettop(L);
  const char *format = status / 100 == 3 ? "HTTP %d: redirects are not followed"
                                         : "HTTP %d without an error body of AI Core";
  const char *message = lua_pushfstring(L, format, (int)status);
  push_error(L, x, status, verdict_on(status), status >= 500, message);
  const bool about_token = x->operation->shape->form == REPLY_TOKEN || status == 401;
  if (!decoded || !copy_error_body(L, body, about_token)) set_preview(L, x);
  return 2;
}

/* ---- an answer that says yes ---- */

/* It was accepted, but what it says cannot be understood. */
static int push_misfit(lua_State *L, exchange *x, long status, const char *why) {
  const verdict odd = {"protocol", true};
  const char *message = lua_pushfstring(L, "HTTP %d with an unexpected body: %s", (int)status, why);
  push_error(L, x, status, odd, true, message);
  set_preview(L, x);
  return 2;
}

/* Is the text on top more than nothing, and without NUL bytes? */
static bool is_plain_text(lua_State *L) {
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  return length > 0 && strlen(text) == length;
}

/* Is it certain that model/shape.lua finds nothing odd about the record on top? Most are so, and then
 * Lua need not look at each. It looks at the id, the status, and texts that may be missing. */
static bool is_plain_record(lua_State *L) {
  const int record = lua_gettop(L), value = record + 1;
  bool plain = true;
  for (int name = ID; plain && name <= CONFIGURATION; name++) {
    push_field(L, record, name);
    const int type = lua_type(L, value);
    if (name == ID) {
      plain = aic_parameter_id.fit(L, value);
    } else if (name == STATUS) {
      plain = type == LUA_TSTRING && lua_rawlen(L, value) > 0;
    } else {
      plain = type == LUA_TSTRING || type == LUA_TNIL;
    }
    lua_pop(L, 1);
  }
  return plain;
}

/* A list of objects and nothing else? An object without fields passes for an empty list; others have
 * names only, and no length. Stays plain what is, if each is a plain record. */
static bool is_list_of_objects(lua_State *L, int list, bool *plain) {
  const int count = (int)lua_rawlen(L, list);
  bool fine = true;
  for (int i = 1; fine && i <= count; i++) {
    lua_rawgeti(L, list, i);
    fine = lua_istable(L, -1);
    if (*plain && fine) *plain = is_plain_record(L);
    lua_pop(L, 1);
  }
  lua_pushnil(L);
  if (count == 0 && lua_next(L, list) != 0) fine = false;
  lua_settop(L, list);
  return fine;
}

/* NULL, or what is wrong with the value on top; it may be pushed. And is it certain that model/shape.lua
 * finds nothing odd about it, either? */
static const char *shape_complaint(lua_State *L, const exchange *x, bool *plain) {
  const reply_shape *shape = x->operation->shape;
  const char *field = shape->field != NULL ? shape->field : x->resource;
  *plain = shape->of_records;
  if (!lua_istable(L, -1)) return "not a JSON object";
  const int body = lua_gettop(L);
  lua_getfield(L, body, field);
  if (lua_type(L, -1) != shape->type || (shape->type == LUA_TSTRING && !is_plain_text(L))) {
    return lua_pushfstring(L, "no %s", field);
  }
  if (shape->elements && !is_list_of_objects(L, lua_gettop(L), plain)) {
    return "a list with something else than objects";
  }
  push_field(L, body, ID);
  if (x->id[0] != '\0' && lua_type(L, -1) == LUA_TSTRING &&
      (!is_plain_text(L) || strcmp(lua_tostring(L, -1), x->id) != 0)) {
    return "it is about another id";
  }
  push_field(L, body, COUNT_FIELD);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TNUMBER) *plain = false; /* of a list */
  lua_settop(L, body);
  if (!shape->elements && *plain) *plain = is_plain_record(L);
  return NULL;
}

/* Does the answer say where it ends? If it ends with the connection, half of it would look alike:
 * libcurl 7.88 does not notice where TLS was cut off. */
static bool has_end(const exchange *x) {
  long version = 0;
  curl_easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &version);
  const char *coding = header_of(x, "transfer-encoding");
  return version >= CURL_HTTP_VERSION_2_0 || header_of(x, "content-length") != NULL ||
         (coding != NULL && strcasestr(coding, "chunked") != NULL);
}

/* Unlike JSON it does not say itself whether it is whole. */
static int push_count(lua_State *L, exchange *x, long status) {
  push_body(L, &x->reply);
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  char *end;
  errno = 0;
  const long count = strtol(text, &end, 10);
  end += strspn(end, " \t\r\n");
  if (end != text + length || errno != 0 || count < 0 || !isdigit((unsigned char)text[0])) {
    return push_misfit(L, x, status, "not a count");
  }
  if (!has_end(x)) {
    const verdict cut = {"transport", true};
    push_error(
        L, x, status, cut, true, "the answer does not say where it ends: it may be half of one");
    return 2;
  }
  lua_pushinteger(L, (lua_Integer)count);
  return 1;
}

/* Moves the token from the reply to the exchange, before the decoder or Lua see it: they would
 * leave copies behind. NULL, or what is wrong. */
static const char *take_token(lua_State *L, exchange *x) {
  token_place found;
  if (x->reply.data == NULL || !aic_token_find(x->reply.data, x->reply.length, &found)) {
    return "no access_token";
  }
  if (aic_text_is_header_safe(found.text, found.length)) {
    x->authorization = aic_credentials_new_token(found.text, found.length);
    if (x->authorization == NULL) luaL_error(L, "out of memory");
  }
  memset(found.text, '*', found.room);
  if (x->authorization == NULL) return "a token that no header can carry";
  aic_secret_redact(x->authorization, x->reply.data, x->reply.length); /* a second one */
  return NULL;
}

/* The calendar ends somewhere: what is to live for longer than 3,000 years says nothing. */
#define LONGEST_LIFE 1e11

/* The token goes into the session; Lua learns how long it lives, in seconds (nil: not told). */
static int push_token(lua_State *L, exchange *x, long status) {
  const char *complaint = take_token(L, x);
  if (!push_decoded(L, x)) {
    complaint = "not JSON"; /* the decoder's own words might quote it */
  } else if (complaint == NULL) {
    bool unused;
    complaint = shape_complaint(L, x, &unused);
  }
  if (complaint != NULL) return push_misfit(L, x, status, complaint);
  lua_createtable(L, 0, 1);
  lua_getfield(L, -2, "expires_in");
  const lua_Number seconds = lua_tonumber(L, -1);
  lua_pop(L, 1);
  if (seconds > 0 && seconds < LONGEST_LIFE) {
    lua_pushnumber(L, seconds);
    lua_setfield(L, -2, "expires_in");
  }
  aic_credentials_use_token(&x->config->credentials, aic_secret_share(x->authorization));
  return 1;
}

static int read_reply(lua_State *L) {
  exchange *x = lua_touserdata(L, 1);
  aic_exchange_hold_secrets(x); /* decoding may run a finalizer that closes the session */
  long status = 0;
  curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
  luaL_checkstack(L, 16, NULL);
  if (x->outcome != CURLE_OK) return push_failure(L, x, status);
  if (status / 100 != 2) return push_refusal(L, x, status);
  const reply_form form = x->operation->shape->form;
  if (form == REPLY_COUNT) return push_count(L, x, status);
  if (form == REPLY_TOKEN) return push_token(L, x, status);
  if (!push_decoded(L, x)) return push_misfit(L, x, status, lua_tostring(L, -1));
  bool plain;
  const char *complaint = shape_complaint(L, x, &plain);
  if (complaint != NULL) return push_misfit(L, x, status, complaint);
  if (!plain) return 1;
  lua_pushnil(L);
  lua_pushboolean(L, 1);
  return 3;
}

void aic_reply_push_reader(lua_State *L) {
  for (size_t i = 0; i < COUNT(names); i++) lua_pushstring(L, names[i]);
  lua_pushcclosure(L, read_reply, COUNT(names) + 1);
}
