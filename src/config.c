#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "compat.h"
#include "headers.h"
#include "sigpipe.h"
#include "text.h"

static bool is_loopback(const char *host) {
  struct in_addr four;
  if (inet_pton(AF_INET, host, &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* The parts of a URL that are looked at; those that it lacks stay NULL. */
enum { SCHEME, HOST, PORT, PATH, USER, PARTS };

static const char *parts_complaint(char *const parts[PARTS], const char *text) {
  if (parts[SCHEME] == NULL || parts[HOST] == NULL) return "not a URL";
  if (!aic_text_is_printable(text, strlen(text)))
    return "a URL without control characters expected";
  if (strpbrk(text, "?#") != NULL) return "a URL without '?' and '#' expected";
  return parts[PORT] != NULL && strtol(parts[PORT], NULL, 10) == 0 ? "there is no port 0" : NULL;
}

static const char *url_complaint(char *const parts[PARTS]) {
  if (parts[USER] != NULL) return "a URL must not contain a user";
  if (strstr(parts[PATH], "/inference/") != NULL || strstr(parts[PATH], "/v2/lm") != NULL) {
    return "the URL of the AI API itself expected, not of something in it (/inference/, /lm)";
  }
  if (strcmp(parts[SCHEME], "https") == 0) return NULL;
  if (strcmp(parts[SCHEME], "http") != 0) return "https expected";
  return is_loopback(parts[HOST]) ? NULL : "plain http is allowed to loopback only, use https";
}

static const char *proxy_complaint(char *const parts[PARTS]) {
  static const char *const schemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  for (size_t i = 0; i < COUNT(schemes); i++) {
    if (strcmp(parts[SCHEME], schemes[i]) == 0) return NULL;
  }
  return "a proxy's URL begins with http, https or socks5h";
}

/* NULL, or what is wrong with a URL, as libcurl reads it with these flags. The text is not quoted:
 * there may be a password in it. */
static const char *check_parts(
    const char *text, unsigned int flags, const char *(*complaint_about)(char *const[PARTS])) {
  static const CURLUPart names[PARTS] = {
      CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT, CURLUPART_PATH, CURLUPART_USER};
  CURLU *url = curl_url();
  if (url == NULL) return "out of memory";
  char *parts[PARTS] = {NULL};
  bool has_memory = curl_url_set(url, CURLUPART_URL, text, flags) != CURLUE_OUT_OF_MEMORY;
  for (size_t i = 0; i < PARTS; i++) {
    has_memory = curl_url_get(url, names[i], &parts[i], 0) != CURLUE_OUT_OF_MEMORY && has_memory;
  }
  const char *complaint = has_memory ? parts_complaint(parts, text) : "out of memory";
  if (complaint == NULL) complaint = complaint_about(parts);
  for (size_t i = 0; i < PARTS; i++) curl_free(parts[i]);
  curl_url_cleanup(url);
  return complaint;
}

static const char *check_url(const char *text) { return check_parts(text, 0, url_complaint); }

/* How libcurl reads a proxy's. */
enum { PROXY_FLAGS = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME };

static const char *check_proxy(const char *text) {
  return *text == '\0' ? NULL : check_parts(text, PROXY_FLAGS, proxy_complaint); /* "": none */
}

/* libcurl's errors name files: nothing that was pasted instead is to stand there. */
static const char *check_file(const char *text) {
  return strstr(text, "-----BEGIN") != NULL ? "a file's name expected, not what is in it" : NULL;
}

static const char *check_header(const char *text) {
  return aic_text_is_header_safe(text, strlen(text)) ? NULL : HEADER_TEXT;
}

static const char *check_group(const char *text) {
  return aic_text_is_group(text, strlen(text)) ? NULL : GROUP_TEXT;
}

bool aic_config_is_https(const char *url) {
  return url != NULL && strncasecmp(url, "https", 5) == 0;
}

/* How a setting is read: its value, which may be nil, is on top of the stack. */
typedef struct setting {
  const char *name;
  void (*read)(lua_State *L, config *c, int anchors, const struct setting *row);
  size_t offset;                          /* of what it fills, where read asks for that */
  const char *(*complaint)(const char *); /* about a text; NULL: any is fine */
  const char *(*check)(lua_State *L);     /* the same about what is no text, as push_complaint */
  const char *header, *text;              /* a header's name, and its text where none is given */
  double number, low, high;               /* a number, where none is given; and its range */
} setting;

#define FIELD(type, c, row) ((type *)(void *)((char *)(c) + (row)->offset))

/* What is wrong with the value on top, which may be nil: a text that is pushed; or NULL. */
static const char *push_complaint(lua_State *L, const setting *row) {
  if (lua_isnil(L, -1)) return NULL;
  if (row->check != NULL) return row->check(L);
  if (row->high > 0) {
    const lua_Number number = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
    if (number >= row->low && number <= row->high) return NULL;
    return lua_pushfstring(L, "a number from %f to %f expected", row->low, row->high);
  }
  size_t length;
  const char *text = aic_text_at(L, -1, &length);
  if (text == NULL || strlen(text) != length) {
    return lua_pushfstring(
        L, "text expected, got %s", text != NULL ? "a NUL byte" : luaL_typename(L, -1));
  }
  const char *complaint = row->complaint != NULL ? row->complaint(text) : NULL;
  return complaint != NULL ? lua_pushfstring(L, "%s", complaint) : NULL;
}

/* Raises what is wrong with the value on top, if anything. */
static void raise_complaint(lua_State *L, const setting *row) {
  const char *complaint = push_complaint(L, row);
  if (complaint != NULL) luaL_error(L, "session: %s: %s", row->name, complaint);
}

/* The text on top; NULL where it is nil. */
static const char *check_text(lua_State *L, const setting *row, size_t *length) {
  raise_complaint(L, row);
  return lua_isnil(L, -1) ? NULL : lua_tolstring(L, -1, length);
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

/* The user's own headers stand before all others of a request to the AI API. */
static void read_headers(lua_State *L, config *c, int anchors, const setting *row) {
  raise_complaint(L, row);
  c->api_headers = aic_headers_push(L, c->headers);
  lua_setfield(L, anchors, row->name);
}

static void read_limit(lua_State *L, config *c, int anchors, const setting *row) {
  (void)anchors;
  raise_complaint(L, row);
  *FIELD(double, c, row) = lua_isnil(L, -1) ? row->number : lua_tonumber(L, -1);
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

/* Takes the proxy of a URL that was checked; user and password as libcurl sends them, decoded. */
static bool use_proxy(credentials *c, const char *text) {
  CURLU *url = curl_url();
  if (url == NULL) return false;
  char *user = NULL, *password = NULL;
  const CURLUcode outcomes[] = {curl_url_set(url, CURLUPART_URL, text, PROXY_FLAGS),
      curl_url_get(url, CURLUPART_USER, &user, CURLU_URLDECODE),
      curl_url_get(url, CURLUPART_PASSWORD, &password, CURLU_URLDECODE)};
  bool fine = true;
  for (size_t i = 0; i < COUNT(outcomes); i++) fine = fine && outcomes[i] != CURLUE_OUT_OF_MEMORY;
  fine = fine && aic_credentials_use_proxy(c, text, user, password);
  curl_free(user);
  curl_free(password);
  curl_url_cleanup(url);
  return fine;
}

static void read_proxy(lua_State *L, config *c, int anchors, const setting *row) {
  (void)anchors;
  size_t length = 0;
  const char *text = check_text(L, row, &length);
  if (!use_proxy(&c->credentials, text != NULL ? text : "")) luaL_error(L, "out of memory");
}

/* Never NULL: libcurl would read the environment by itself. */
static void read_no_proxy(lua_State *L, config *c, int anchors, const setting *row) {
  size_t length;
  const char *text = check_text(L, row, &length);
  c->no_proxy = "";
  c->spares_loopback = text != NULL;
  if (text == NULL) return;
  const bool all = strcmp(text, "*") == 0; /* which libcurl knows only where it stands alone */
  c->no_proxy = lua_pushfstring(L, "%s%s", text, all ? "" : ",localhost,127.0.0.1,::1");
  lua_setfield(L, anchors, row->name);
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
  {"ca_file",          read_text, TO(ca_file), .complaint = check_file},
  {"ca",               read_text, TO(ca)},
  {"certificate_file", read_text, TO(certificate_file), .complaint = check_file},
  {"key_file",         read_text, TO(key_file), .complaint = check_file},
  {"proxy",           read_proxy, .complaint = check_proxy},
  {"no_proxy",     read_no_proxy, .offset = 0},
  {"resource_group", read_header, TO(resource_group), check_group, .header = "AI-Resource-Group", .text = "default"},
  {"client_type",    read_header, TO(client_type), check_header, .header = "AI-Client-Type", .text = USER_AGENT},
  {"headers",       read_headers, .check = aic_headers_complaint},
  {"client_secret",  read_secret, TO(credentials.client_secret)},
  {"certificate",    read_secret, TO(credentials.certificate)},
  {"key",            read_secret, TO(credentials.key)},
  {"client_id",      read_client, .offset = 0},
  {"token",           read_token, .complaint = check_header},
  {"connect_timeout", read_limit, TO(connect_timeout), .number = 10, .low = 0.001, .high = 86400},
  {"timeout",         read_limit, TO(timeout), .number = 60, .low = 0.001, .high = 86400},
  {"max_response",    read_limit, TO(max_response), .number = 1 << 26, .low = 1, .high = 1LL << 40},
  {"max_headers",     read_limit, TO(max_headers), .number = 1 << 18, .low = 1, .high = 1 << 30},
  {"max_depth",       read_limit, TO(max_depth), .number = 64, .low = 1, .high = 1000},
  {"max_connections", read_limit, TO(max_connections), .number = 256, .low = 1, .high = 65536}};
/* clang-format on */

/* NULL: there is none. */
static const setting *find_setting(const char *name) {
  size_t row = 0;
  while (name != NULL && row < COUNT(settings) && strcmp(settings[row].name, name) != 0) row++;
  return name != NULL && row < COUNT(settings) ? &settings[row] : NULL;
}

const char *aic_config_check(lua_State *L, const char *name) {
  const setting *row = find_setting(name);
  return row != NULL ? push_complaint(L, row) : lua_pushfstring(L, "unknown setting");
}

static void check_names(lua_State *L, int from) {
  lua_pushnil(L);
  while (lua_next(L, from) != 0) {
    lua_pop(L, 1);
    const char *name = aic_text_at(L, -1, NULL);
    if (find_setting(name) != NULL) continue;
    luaL_error(L, "session: unknown setting '%s'", name != NULL ? name : luaL_typename(L, -1));
  }
}

void aic_config_read(lua_State *L, config *c, int from, int anchors) {
  static char user_agent[] = "User-Agent: " USER_AGENT; /* libcurl only reads header lines */
  const int top = lua_gettop(L);
  check_names(L, from);
  for (size_t i = 0; i < COUNT(settings); i++) {
    lua_getfield(L, from, settings[i].name);
    settings[i].read(L, c, anchors, &settings[i]);
    lua_settop(L, top);
  }
  if (c->base_url == NULL) luaL_error(L, "session: base_url: a URL expected, got nil");
  c->secure = aic_config_is_https(c->base_url) || aic_config_is_https(c->token_url);
  c->may_raise_sigpipe = c->secure && aic_sigpipe_is_likely();
  c->headers[0].data = (char *)c->client_type;
  c->headers[0].next = &c->headers[1];
  c->headers[1].data = user_agent;
}
