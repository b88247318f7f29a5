/* core.session(config). The input: per setting a line with its name and one with its value, whose
 * first character is its type (fuzz.h). */
#include "session.h"

#include "fuzz.h"
#include "text.h"

/* Where libcurl would send a request with this URL; the parts are to be freed. */
static bool parse(const char *url, char **scheme, char **host, char **user) {
  CURLU *parsed = curl_url();
  *scheme = *host = *user = NULL;
  /* As CURLOPT_URL does, which is more lenient than what checks a setting. */
  const unsigned lenient = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  const bool fine = curl_url_set(parsed, CURLUPART_URL, url, lenient) == CURLUE_OK;
  if (fine) {
    (void)curl_url_get(parsed, CURLUPART_SCHEME, scheme, 0);
    (void)curl_url_get(parsed, CURLUPART_HOST, host, 0);
    (void)curl_url_get(parsed, CURLUPART_USER, user, 0);
  }
  curl_url_cleanup(parsed);
  return fine;
}

static bool is_loopback_name(const char *host) {
  return strncmp(host, "127.", 4) == 0 || curl_strequal(host, "localhost") ||
         strcmp(host, "[::1]") == 0;
}

/* The same server before and after a path is added, which is reached safely. */
static void judge_url(lua_State *L, const config *c, const char *url, const char *path) {
  char *scheme, *host, *user, *other_scheme, *other_host, *other_user;
  EXPECT(parse(url, &scheme, &host, &user));
  EXPECT(parse(lua_pushfstring(L, "%s%s", url, path), &other_scheme, &other_host, &other_user));
  EXPECT(strcmp(scheme, other_scheme) == 0 && strcmp(host, other_host) == 0);
  EXPECT(user == NULL && other_user == NULL);
  const bool is_https = strcmp(scheme, "https") == 0;
  EXPECT(is_https || (strcmp(scheme, "http") == 0 && is_loopback_name(host)));
  EXPECT(!is_https || c->secure);
  curl_free(scheme);
  curl_free(host);
  curl_free(other_scheme);
  curl_free(other_host);
  lua_pop(L, 1);
}

/* The login form has two values, or three, and nothing in them that could end one. */
static void judge_form(const secret *form) {
  EXPECT(form->length == strlen(form->text));
  const char *at = form->text;
  size_t fields = 1;
  for (; *at != '\0'; at++) {
    if (*at == '&') fields++;
    if (*at == '%') EXPECT(strspn(at + 1, "0123456789ABCDEF") >= 2);
    EXPECT(strchr("&=%-._~", *at) != NULL || (*at >= '0' && *at <= '9') ||
           (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z'));
  }
  EXPECT(fields == 2 || fields == 3);
}

static void judge_session(lua_State *L, const session *s) {
  const config *c = &s->config;
  EXPECT(!s->pool.closed && s->pool.owner == 0);
  judge_url(L, c, c->base_url, "/lm/deployments/d000?$select=status");
  if (c->token_url != NULL) judge_url(L, c, c->token_url, "");
  EXPECT(aic_text_is_header_safe(c->resource_group, strlen(c->resource_group)));
  EXPECT(aic_text_is_header_safe(c->client_type, strlen(c->client_type)));
  const secret *header = c->credentials.authorization;
  EXPECT(header == NULL || aic_text_is_header_safe(header->text, header->length));
  if (c->credentials.login_form != NULL) judge_form(c->credentials.login_form);
  EXPECT(c->timeout > 0 && c->connect_timeout > 0 && c->max_depth >= 1);
  EXPECT(luaL_tolstring(L, -1, NULL) != NULL);
  lua_pop(L, 1);
}

static bool is_secret_name(const char *name) {
  static const char *const names[] = {"client_secret", "token", "key", "certificate", "proxy"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(names[i], name) == 0) return true;
  }
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  input in = {(const char *)data, size};
  lua_getglobal(L, "core");
  lua_getfield(L, -1, "session");
  lua_replace(L, 1);
  lua_newtable(L);
  const char *line, *hidden = NULL;
  size_t length, hidden_length = 0;
  while (take_line(&in, &line, &length)) {
    const bool is_secret = is_secret_name(lua_pushlstring(L, line, length));
    if (!take_line(&in, &line, &length)) length = 0;
    push_value(L, line, length);
    lua_rawset(L, -3);
    if (!is_secret || length < 10 || memcmp(line, "shidden-", 8) != 0) continue;
    hidden = line + 1;
    hidden_length = length - 1;
  }
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    judge_session(L, luaL_checkudata(L, -1, SESSION_TYPE));
    lua_getfield(L, -1, "close");
    lua_pushvalue(L, -2);
    call(L, 1, 0);
  } else {
    EXPECT(strstr(lua_tostring(L, -1), "session: ") != NULL);
    /* A secret that stands elsewhere too, in a URL say, is none. */
    if (hidden != NULL && count_of(hidden, hidden_length, (const char *)data, size) == 1) {
      expect_hidden(L, -1, hidden, hidden_length);
    }
  }
  lua_settop(L, 0);
  return 0;
}
