#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "compat.h"
#include "parameter.h"

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
  const CURLUcode outcomes[] = {curl_url_set(url, CURLUPART_URL, text, 0),
      curl_url_get(url, CURLUPART_SCHEME, &scheme, 0), curl_url_get(url, CURLUPART_HOST, &host, 0),
      curl_url_get(url, CURLUPART_USER, &user, 0)};
  const char *complaint = url_complaint(scheme, host, user);
  for (size_t i = 0; i < COUNT(outcomes); i++) {
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

static bool is_https(const char *url) { return url != NULL && strncasecmp(url, "https", 5) == 0; }

/* How a setting is read: its value, which may be nil, is on top of the stack. */
typedef struct setting {
  const char *name;
  void (*read)(lua_State *L, config *c, int anchors, const struct setting *row);
  size_t offset;                          /* of what it fills in a config */
  const char *(*complaint)(const char *); /* about a text; NULL: any is fine */
  const char *header, *text;              /* a header's name, and its text where none is given */
  double number, low, high;               /* a number, where none is given; and its range */
} setting;

#define FIELD(type, c, row) ((type *)(void *)((char *)(c) + (row)->offset))

/* The text on top, or NULL; raises where it is none, or not as the setting wants it. */
static const char *check_text(lua_State *L, const setting *row, size_t *length) {
  if (lua_isnil(L, -1)) return NULL;
  const char *text = aic_parameter_string(L, -1, length);
  if (text == NULL || strlen(text) != *length) {
    luaL_error(L, "session: %s: text expected, got %s", row->name,
        text != NULL ? "a NUL byte" : luaL_typename(L, -1));
  }
  const char *complaint = row->complaint != NULL ? row->complaint(text) : NULL;
  if (complaint != NULL) luaL_error(L, "session: %s: %s", row->name, complaint);
  return text;
}

static void read_text(lua_State *L, config *c, int anchors, const setting *row) {
  size_t length;
  *FIELD(const char *, c, row) = check_text(L, row, &length);
  lua_setfield(L, anchors, row->name);
}

static void read_header(lua_State *L, config *c, int anchors, const setting *row) {
  size_t length;
  const char *text = check_text(L, row, &length);
  *FIELD(const char *, c, row) =
      lua_pushfstring(L, "%s: %s", row->header, text != NULL ? text : row->text);
  lua_setfield(L, anchors, row->name);
}

static void read_limit(lua_State *L, config *c, int anchors, const setting *row) {
  (void)anchors;
  double *limit = FIELD(double, c, row);
  *limit = row->number;
  if (lua_isnil(L, -1)) return;
  *limit = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
  if (*limit >= row->low && *limit <= row->high) return;
  luaL_error(L, "session: %s: a number from %f to %f expected", row->name, row->low, row->high);
}

static void read_secret(lua_State *L, config *c, int anchors, const setting *row) {
  (void)anchors;
  size_t length;
  const char *text = check_text(L, row, &length);
  if (text == NULL) return;
  secret **kept = FIELD(secret *, c, row);
  *kept = aic_secret_new("", 0, text, length);
  if (*kept == NULL) luaL_error(L, "out of memory");
}

static void read_client(lua_State *L, config *c, int anchors, const setting *row) {
  (void)anchors;
  size_t length;
  const char *id = check_text(L, row, &length);
  if (id == NULL || aic_credentials_make_form(&c->credentials, id, length)) return;
  luaL_error(L, "out of memory");
}

static void read_token(lua_State *L, config *c, int anchors, const setting *row) {
  (void)anchors;
  size_t length;
  const char *text = check_text(L, row, &length);
  if (text == NULL) return;
  secret *token = aic_credentials_new_token(text, length);
  if (token == NULL) luaL_error(L, "out of memory");
  aic_credentials_use_token(&c->credentials, token);
}

#define TO(field) .offset = offsetof(config, field)

/* In the order of reading: the login form is made of the secret. */
/* clang-format off */
static const setting settings[] = {
  {"base_url",         read_text, TO(base_url), .complaint = check_url},
  {"token_url",        read_text, TO(token_url), .complaint = check_url},
  {"ca_file",          read_text, TO(ca_file)},
  {"ca",               read_text, TO(ca)},
  {"certificate_file", read_text, TO(certificate_file)},
  {"key_file",         read_text, TO(key_file)},
  {"proxy",            read_text, TO(proxy), .complaint = check_header},
  {"resource_group", read_header, TO(resource_group), check_header, "AI-Resource-Group", "default"},
  {"client_type",    read_header, TO(client_type), check_header, "AI-Client-Type", "aicore-lua"},
  {"client_secret",  read_secret, TO(credentials.client_secret)},
  {"certificate",    read_secret, TO(credentials.certificate)},
  {"key",            read_secret, TO(credentials.key)},
  {"client_id",      read_client, TO(credentials.login_form)},
  {"token",           read_token, TO(credentials.authorization), .complaint = check_header},
  {"connect_timeout", read_limit, TO(connect_timeout), .number = 10, .low = 0.001, .high = 86400},
  {"timeout",         read_limit, TO(timeout), .number = 60, .low = 0.001, .high = 86400},
  {"max_response",    read_limit, TO(max_response), .number = 1 << 26, .low = 1, .high = 1LL << 40},
  {"max_headers",     read_limit, TO(max_headers), .number = 1 << 18, .low = 1, .high = 1 << 30},
  {"max_depth",       read_limit, TO(max_depth), .number = 64, .low = 1, .high = 1000},
  {"max_connections", read_limit, TO(max_connections), .number = 256, .low = 1, .high = 65536}};
/* clang-format on */

static void check_names(lua_State *L, int from) {
  lua_pushnil(L);
  while (lua_next(L, from) != 0) {
    lua_pop(L, 1);
    const char *name = aic_parameter_string(L, -1, NULL);
    size_t row = name != NULL ? 0 : COUNT(settings);
    while (row < COUNT(settings) && strcmp(settings[row].name, name) != 0) row++;
    if (row < COUNT(settings)) continue;
    luaL_error(L, "session: unknown setting '%s'", name != NULL ? name : luaL_typename(L, -1));
  }
}

void aic_config_read(lua_State *L, config *c, int from, int anchors) {
  static char no_expect[] = "Expect:"; /* libcurl only reads header lines */
  const int top = lua_gettop(L);
  check_names(L, from);
  for (size_t i = 0; i < COUNT(settings); i++) {
    lua_getfield(L, from, settings[i].name);
    settings[i].read(L, c, anchors, &settings[i]);
    lua_settop(L, top);
  }
  if (c->base_url == NULL) luaL_error(L, "session: base_url: a URL expected, got nil");
  c->secure = is_https(c->base_url) || is_https(c->token_url);
  c->headers[0].data = (char *)c->client_type;
  c->headers[0].next = &c->headers[1];
  c->headers[1].data = no_expect;
}
