#include "json.h"

#include <math.h>

#include "compat.h"

/* A configuration of its own: the host's is left alone. */
static const char MAKE_DECODER[] = "local json = require('cjson').new()\n"
                                   "json.decode_max_depth(...)\n"
                                   "json.decode_invalid_numbers(false)\n"
                                   "return json.decode";

void aic_json_push_decoder(lua_State *L, int max_depth) {
  if (luaL_loadstring(L, MAKE_DECODER) != 0) lua_error(L);
  lua_pushinteger(L, max_depth);
  lua_call(L, 1, 1);
}

static bool normalise(lua_State *L, int table);

/* The value on top, under the key below it, is replaced in its table if need be. False: it is not a
 * JSON number. */
static bool normalise_value(lua_State *L, int table) {
  if (lua_istable(L, -1)) return normalise(L, lua_gettop(L));
  if (lua_islightuserdata(L, -1)) { /* cjson.null is the only one */
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    lua_rawset(L, table);
    return true;
  }
  if (lua_type(L, -1) != LUA_TNUMBER) return true;
  const lua_Number number = lua_tonumber(L, -1);
  if (!isfinite(number)) return false;
  if (COMPAT_HAS_INTEGERS && floor(number) == number && fabs(number) < 9007199254740992.0) {
    lua_pushvalue(L, -2);
    lua_pushinteger(L, (lua_Integer)number);
    lua_rawset(L, table);
  }
  return true;
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

bool aic_json_decode(lua_State *L) {
  const int outcome = lua_pcall(L, 1, 1, 0);
  if (outcome == LUA_ERRMEM) lua_error(L); /* this says nothing about the text */
  if (outcome != 0) return false;
  const int value = lua_gettop(L);
  if (!lua_istable(L, value) || normalise(L, value)) return true;
  lua_settop(L, value - 1);
  lua_pushliteral(L, "a number is out of range");
  return false;
}
