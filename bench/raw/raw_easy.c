/* B1: raw_easy(url, ca) returns a function that calls curl_easy_perform on a kept-alive connection, as raw/easy.c does,
 * and returns the body: what is left for Lua is to decode it. A module, built for each Lua by bench/run.sh. */
#include <lauxlib.h>

#include "raw.h"

typedef struct call {
  CURL *easy;
  reply reply;
} call;

static int perform(lua_State *L) {
  call *c = lua_touserdata(L, lua_upvalueindex(1));
  c->reply.length = 0;
  if (curl_easy_perform(c->easy) != CURLE_OK || !raw_is_good(c->easy, &c->reply)) {
    return luaL_error(L, "raw_easy: a call failed");
  }
  lua_pushlstring(L, c->reply.bytes, c->reply.length);
  return 1;
}

static int open_url(lua_State *L) {
  const char *url = luaL_checkstring(L, 1), *ca = luaL_checkstring(L, 2);
  call *c = lua_newuserdata(L, sizeof *c);
  memset(c, 0, sizeof *c);
  c->easy = raw_easy(url, ca, raw_headers(raw_token()), &c->reply);
  lua_pushcclosure(L, perform, 1);
  return 1;
}

int luaopen_raw_easy(lua_State *L) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  lua_pushcfunction(L, open_url);
  return 1;
}
