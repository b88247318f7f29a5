#include "json.h"

#include <math.h>
#include <string.h>

#include "array.h"
#include "compat.h"

/* A configuration of its own: the host's is left alone. A Neovim without lua-cjson has one inside. */
static const char MAKE_DECODER[] =
    "local found, json = pcall(require, 'cjson')\n"
    "if not found then return require('aicore.text.vim_json')(json, ...) end\n"
    "json = json.new()\n"
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

/* How the complaints of lua-cjson about a text begin. Whatever else is raised meanwhile is no
 * matter of the text: no memory, the error of a hook (Ctrl-C, a limit of time) or of a finalizer. */
static const char *const complaints[] = {"Expected ", "Found too many ", "JSON parser "};

/* Is the error on top about the text? */
static bool is_complaint(lua_State *L) {
  const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  for (size_t i = 0; i < COUNT(complaints); i++) {
    if (strncmp(message, complaints[i], strlen(complaints[i])) == 0) return true;
  }
  return false;
}

bool aic_json_decode(lua_State *L) {
  if (lua_pcall(L, 1, 1, 0) != 0) {
    if (!is_complaint(L)) lua_error(L);
    return false;
  }
  const int value = lua_gettop(L);
  if (!lua_istable(L, value) || normalise(L, value)) return true;
  lua_settop(L, value - 1);
  lua_pushliteral(L, "a number is out of range");
  return false;
}

int aic_json_decode_text(lua_State *L) {
  luaL_checkstring(L, 1);
  aic_json_push_decoder(L, (int)luaL_checkinteger(L, 2));
  lua_pushvalue(L, 1);
  const bool decoded = aic_json_decode(L);
  if (decoded && lua_istable(L, -1)) return 1;
  lua_pushnil(L);
  if (decoded)
    lua_pushliteral(L, "an object or a list expected");
  else
    lua_pushvalue(L, -2);
  return 2;
}
