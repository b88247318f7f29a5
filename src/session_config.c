/* core.session(config): the configuration as data, checked and read into a new session. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compat.h"
#include "operation.h"
#include "reply.h"
#include "session.h"

/* ---- the login form ---- */

/* Percent-encodes as forms want it; returns the end. The target has room for three times as much. */
static char *escape(char *to, const char *from, size_t length) {
  static const char digits[] = "0123456789ABCDEF";
  static const char unreserved[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (size_t i = 0; i < length; i++) {
    const unsigned char byte = (unsigned char)from[i];
    if (byte != '\0' && strchr(unreserved, byte) != NULL) {
      *to++ = (char)byte;
    } else {
      *to++ = '%';
      *to++ = digits[byte >> 4];
      *to++ = digits[byte & 15];
    }
  }
  return to;
}

static const char SECRET_FIELD[] = "&client_secret=";

/* The body of a login. Its tail, from *secret_at on, is the client secret as it is sent. */
static secret *make_login_form(const char *id, size_t id_length, const secret *client_secret,
                               size_t *secret_at) {
  static const char head[] = "grant_type=client_credentials&client_id=";
  const size_t secret_length = client_secret != NULL ? client_secret->length : 0;
  const size_t room = sizeof head + sizeof SECRET_FIELD + 3 * (id_length + secret_length);
  char *text = malloc(room);
  if (text == NULL) return NULL;
  memcpy(text, head, sizeof head - 1);
  char *end = escape(text + sizeof head - 1, id, id_length);
  if (client_secret != NULL) {
    memcpy(end, SECRET_FIELD, sizeof SECRET_FIELD - 1);
    end += sizeof SECRET_FIELD - 1;
  }
  *secret_at = (size_t)(end - text);
  if (client_secret != NULL) end = escape(end, client_secret->text, secret_length);
  secret *form = aic_secret_new(text, (size_t)(end - text), "", 0);
  aic_secret_wipe(text, (size_t)(end - text));
  free(text);
  return form;
}

/* ---- checks ---- */

static bool is_loopback(const char *host) {
  struct in_addr four;
  if (inet_pton(AF_INET, host, &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static const char *url_complaint(const char *scheme, const char *host, const char *user) {
  if (scheme == NULL || host == NULL) return "not a URL";
  if (user != NULL) return "a URL must not contain a user";
  if (strcmp(scheme, "https") == 0) return NULL;
  if (strcmp(scheme, "http") != 0) return "https expected";
  return is_loopback(host) ? NULL : "plain http is allowed to loopback only, use https";
}

/* NULL, or what is wrong with a URL. Pieces of memory from libcurl are given back before. */
static const char *check_url(const char *text) {
  CURLU *url = curl_url();
  if (url == NULL) return "out of memory";
  char *scheme = NULL, *host = NULL, *user = NULL;
  const CURLUcode outcomes[] = {
      curl_url_set(url, CURLUPART_URL, text, 0), curl_url_get(url, CURLUPART_SCHEME, &scheme, 0),
      curl_url_get(url, CURLUPART_HOST, &host, 0), curl_url_get(url, CURLUPART_USER, &user, 0)};
  const char *complaint = url_complaint(scheme, host, user);
  for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
    if (outcomes[i] == CURLUE_OUT_OF_MEMORY) complaint = "out of memory"; /* a part is missing */
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(user);
  curl_url_cleanup(url);
  return complaint;
}

static const char *check_header(const char *text) {
  return aic_parameter_header_safe(text, strlen(text)) ? NULL
                                                       : "text without control characters expected";
}

static const char *check_any(const char *text) {
  (void)text;
  return NULL;
}

/* The configuration as data. Texts are anchored in the user value under their names … */
static const struct {
  const char *name;
  size_t offset; /* of a const char * in a session */
  const char *(*complaint)(const char *text);
} text_fields[] = {{"base_url", offsetof(session, base_url), check_url},
                   {"token_url", offsetof(session, token_url), check_url},
                   {"ca_file", offsetof(session, ca_file), check_any},
                   {"ca", offsetof(session, ca), check_any},
                   {"certificate_file", offsetof(session, certificate_file), check_any},
                   {"key_file", offsetof(session, key_file), check_any},
                   {"proxy", offsetof(session, proxy), check_header}};

/* … secrets are copied … */
static const struct {
  const char *name;
  size_t offset; /* of a secret * */
} secret_fields[] = {{"client_secret", offsetof(session, client_secret)},
                     {"certificate", offsetof(session, certificate)},
                     {"key", offsetof(session, key)}};

/* … and limits are numbers with a default and a range. */
static const struct {
  const char *name;
  size_t offset; /* of a double in session_limits */
  double standard, low, high;
} limit_fields[] = {
    {"connect_timeout", offsetof(session_limits, connect_timeout), 10, 0.001, 86400},
    {"timeout", offsetof(session_limits, timeout), 60, 0.001, 86400},
    {"max_response", offsetof(session_limits, max_response), 64.0 * 1024 * 1024, 1,
     1099511627776.0},
    {"max_headers", offsetof(session_limits, max_headers), 256.0 * 1024, 1, 1073741824.0},
    {"max_depth", offsetof(session_limits, max_depth), 64, 1, 1000},
    {"max_connections", offsetof(session_limits, max_connections), 256, 1, 65536}};

/* These need a line of their own below. */
static const char *const other_fields[] = {"resource_group", "client_id", "client_type", "token"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(type, base, offset) ((type *)(void *)((char *)(base) + (offset)))

static bool is_known_field(const char *name) {
  for (size_t i = 0; i < COUNT(text_fields); i++) {
    if (strcmp(text_fields[i].name, name) == 0) return true;
  }
  for (size_t i = 0; i < COUNT(secret_fields); i++) {
    if (strcmp(secret_fields[i].name, name) == 0) return true;
  }
  for (size_t i = 0; i < COUNT(limit_fields); i++) {
    if (strcmp(limit_fields[i].name, name) == 0) return true;
  }
  for (size_t i = 0; i < COUNT(other_fields); i++) {
    if (strcmp(other_fields[i], name) == 0) return true;
  }
  return false;
}

static void check_names(lua_State *L, int config) {
  lua_pushnil(L);
  while (lua_next(L, config) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING || !is_known_field(lua_tostring(L, -1))) {
      luaL_error(L, "session: unknown setting '%s'",
                 lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1));
    }
  }
}

/* Pushes the field: a string without NUL bytes, or nil. */
static const char *push_text(lua_State *L, int config, const char *name, size_t *length) {
  lua_getfield(L, config, name);
  if (lua_isnil(L, -1)) return NULL;
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, length) : NULL;
  if (text == NULL || strlen(text) != *length) {
    luaL_error(L, "session: %s: text expected, got %s", name,
               text != NULL ? "a NUL byte" : luaL_typename(L, -1));
  }
  return text;
}

/* Anchors the string on top under the field's name and pops it. */
static void anchor(lua_State *L, int anchors, const char *name) { lua_setfield(L, anchors, name); }

static void read_texts(lua_State *L, session *s, int config, int anchors) {
  size_t length;
  for (size_t i = 0; i < COUNT(text_fields); i++) {
    const char *text = push_text(L, config, text_fields[i].name, &length);
    const char *complaint = text != NULL ? text_fields[i].complaint(text) : NULL;
    if (complaint != NULL) luaL_error(L, "session: %s: %s", text_fields[i].name, complaint);
    *FIELD(const char *, s, text_fields[i].offset) = text;
    anchor(L, anchors, text_fields[i].name);
  }
  if (s->base_url == NULL) luaL_error(L, "session: base_url: a URL expected, got nil");
}

/* A header line that belongs to the session: name and the field's text, or the default. */
static const char *read_header(lua_State *L, int config, int anchors, const char *field,
                               const char *name, const char *standard) {
  size_t length;
  const char *text = push_text(L, config, field, &length);
  if (text == NULL) text = standard;
  if (!aic_parameter_header_safe(text, strlen(text))) {
    luaL_error(L, "session: %s: text without control characters expected", field);
  }
  const char *line = lua_pushfstring(L, "%s: %s", name, text);
  anchor(L, anchors, field);
  lua_pop(L, 1);
  return line;
}

static void read_limits(lua_State *L, session *s, int config) {
  for (size_t i = 0; i < COUNT(limit_fields); i++) {
    double *limit = FIELD(double, &s->limits, limit_fields[i].offset);
    *limit = limit_fields[i].standard;
    lua_getfield(L, config, limit_fields[i].name);
    if (!lua_isnil(L, -1)) {
      *limit = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
      if (!(*limit >= limit_fields[i].low && *limit <= limit_fields[i].high)) {
        luaL_error(L, "session: %s: a number from %f to %f expected", limit_fields[i].name,
                   limit_fields[i].low, limit_fields[i].high);
      }
    }
    lua_pop(L, 1);
  }
}

static void read_secrets(lua_State *L, session *s, int config) {
  size_t length = 0;
  for (size_t i = 0; i < COUNT(secret_fields); i++) {
    const char *text = push_text(L, config, secret_fields[i].name, &length);
    secret **kept = FIELD(secret *, s, secret_fields[i].offset);
    if (text != NULL) *kept = aic_secret_new(text, length, "", 0);
    if (text != NULL && *kept == NULL) luaL_error(L, "out of memory");
    lua_pop(L, 1);
  }
  const char *id = push_text(L, config, "client_id", &length);
  if (id != NULL)
    s->login_form = make_login_form(id, length, s->client_secret, &s->login_secret_at);
  if (id != NULL && s->login_form == NULL) luaL_error(L, "out of memory");
  lua_pop(L, 1);
}

static void read_token(lua_State *L, session *s, int config) {
  size_t length = 0;
  const char *token = push_text(L, config, "token", &length);
  if (token != NULL && !aic_parameter_header_safe(token, length)) {
    luaL_error(L, "session: token: text without control characters expected");
  }
  if (token != NULL) {
    secret *fresh = aic_session_new_token(token, length);
    if (fresh == NULL) luaL_error(L, "out of memory");
    aic_session_keep_token(s, fresh);
  }
  lua_pop(L, 1);
}

static void chain_headers(session *s, const char *client_type) {
  static char no_expect[] = "Expect:"; /* libcurl only reads header lines */
  s->client_type_header.data = (char *)client_type;
  s->client_type_header.next = &s->no_expect_header;
  s->no_expect_header.data = no_expect;
  s->no_expect_header.next = NULL;
}

static bool is_https(const char *url) { return url != NULL && strncasecmp(url, "https", 5) == 0; }

int aic_session_create(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  const session empty = {.sockets = POLLSET_CLOSED, .closed = true};
  session *s = compat_newuserdata(L, sizeof *s);
  *s = empty;
  luaL_getmetatable(L, SESSION_TYPE);
  lua_setmetatable(L, 2);
  lua_newtable(L);
  lua_pushvalue(L, 3);
  compat_setuservalue(L, 2);
  lua_pushvalue(L, 2);
  lua_rawseti(L, 3, SESSION_SELF);

  check_names(L, 1);
  read_texts(L, s, 1, 3);
  s->resource_group_header = read_header(L, 1, 3, "resource_group", "AI-Resource-Group", "default");
  chain_headers(s, read_header(L, 1, 3, "client_type", "AI-Client-Type", "aicore-lua"));
  read_limits(L, s, 1);
  read_secrets(L, s, 1);
  read_token(L, s, 1);
  s->secure = is_https(s->base_url) || is_https(s->token_url);
  aic_reply_push_decoder(L, (int)s->limits.max_depth);
  lua_rawseti(L, 3, SESSION_DECODER);
  s->closed = false;
  lua_settop(L, 2);
  return 1;
}
