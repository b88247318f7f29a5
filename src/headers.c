#include "headers.h"

#include <string.h>
#include <strings.h>

#include "array.h"
#include "compat.h"
#include "text.h"

/* What this module and libcurl send themselves. */
static bool is_ours(const char *name) {
  static const char *const ours[] = {"Authorization", "Proxy-Authorization", "AI-Resource-Group",
      "AI-Client-Type", "X-Correlation-ID", "Content-Type", "Content-Length", "Content-Encoding",
      "Transfer-Encoding", "Accept-Encoding", "Host", "Expect", "User-Agent", "Connection",
      "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade"};
  for (size_t i = 0; i < COUNT(ours); i++) {
    if (strcasecmp(ours[i], name) == 0) return true;
  }
  return false;
}

/* A token (RFC 9110, 5.6.2). */
static bool is_name(const char *text, size_t length) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "!#$%&'*+-.^_`|~";
  return text != NULL && length > 0 && length <= 256 && strspn(text, alphabet) == length;
}

const char *aic_headers_complaint(lua_State *L) {
  if (lua_isnil(L, -1)) return NULL;
  if (!lua_istable(L, -1)) {
    return lua_pushfstring(L, "a table of names and texts expected, got %s", luaL_typename(L, -1));
  }
  const int table = lua_gettop(L), name = table + 1, value = table + 2;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    size_t length;
    const char *text = aic_text_at(L, name, &length);
    if (!is_name(text, length)) return lua_pushfstring(L, "the names of headers expected");
    if (is_ours(text)) return lua_pushfstring(L, "%s is not yours to set", text);
    const char *content = aic_text_at(L, value, &length);
    if (content == NULL || !aic_text_is_header_safe(content, length)) {
      return lua_pushfstring(L, "%s: %s", text, HEADER_TEXT);
    }
    lua_pop(L, 1);
  }
  return NULL;
}

struct curl_slist *aic_headers_push(lua_State *L, struct curl_slist *next) {
  if (lua_isnil(L, -1)) {
    lua_pushnil(L);
    return next;
  }
  const int from = lua_gettop(L), lines = from + 1;
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, from) != 0) {
    struct curl_slist *node = lua_newuserdata(L, sizeof *node);
    node->data = (char *)lua_pushfstring(
        L, "%s: %s", lua_tostring(L, lines + 1), lua_tostring(L, lines + 2));
    node->next = next;
    next = node;
    lua_rawset(L, lines); /* lines[node] = line */
    lua_pop(L, 1);
  }
  return next;
}
