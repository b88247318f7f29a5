#include "json.h"

#include <math.h>

#include "compat.h"

void aic_json_push_decoder(lua_State *L, int max_depth) {
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

/* The value on top, under the key below it, is replaced in its table if need be. False: it is not a
 * JSON number. */
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

bool aic_json_decode(lua_State *L, int decoder) {
  const int top = lua_gettop(L);
  lua_pushvalue(L, decoder);
  lua_insert(L, top);
  const int outcome = lua_pcall(L, 1, 1, 0);
  if (outcome == LUA_ERRMEM) lua_error(L); /* this says nothing about the text */
  if (outcome != 0) return false;
  if (!lua_istable(L, top) || normalise(L, top)) return true;
  lua_pushliteral(L, "a number is out of range");
  lua_replace(L, top);
  lua_settop(L, top);
  return false;
}
