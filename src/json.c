#include "json.h"

#include <math.h>
#include <string.h>

#include "array.h"
#include "compat.h"

/* A configuration of its own: the host's is left alone. A Neovim without lua-cjson has one inside; lack
 * of memory is no lack of lua-cjson. */
static const char MAKE_DECODER[] = "local found, json = pcall(require, 'cjson')\n"
                                   "if not found then\n"
                                   "  local full = tostring(json):find 'not enough memory'\n"
                                   "  if full then error(json, 0) end\n"
                                   "  return require('aicore.text.vim_json')(json, ...)\n"
                                   "end\n"
                                   "json = json.new()\n"
                                   "json.decode_max_depth(...)\n"
                                   "json.decode_invalid_numbers(false)\n"
                                   "return json.decode";

void aic_json_push_decoder(lua_State *L, int max_depth) {
  if (luaL_loadstring(L, MAKE_DECODER) != 0) lua_error(L);
  lua_pushinteger(L, max_depth);
  lua_call(L, 1, 1);
}

/* ---- what the decoder gives in another way than it is wanted ---- */

/* The quote that ends a string, whose first quote this is. */
static const char *closing_quote(const char *quote) {
  const char *close = strchr(quote + 1, '"');
  if (close[-1] != '\\') return close;
  close = quote + 1;
  while (*close != '"') close += *close == '\\' ? 2 : 1;
  return close;
}

/* The last character of a number. */
static const char *number_end(const char *at) {
  while (strchr("0123456789+-.eE", at[1]) != NULL && at[1] != '\0') at++;
  return at;
}

/* Is it one without a fraction, which is to be an integer; or one that may be out of range? */
static bool is_odd_number(const char *from, const char *to) {
  return COMPAT_HAS_INTEGERS || to - from >= 300 ||
         memchr(from, 'e', (size_t)(to - from)) != NULL ||
         memchr(from, 'E', (size_t)(to - from)) != NULL;
}

/* How deep in the tables stands what has to be replaced: 0 for nowhere, 1 for the outermost. The text
 * was decoded, so it is JSON; looking through it is cheaper than looking through the tables. */
static int depth_of_odd_values(const char *text) {
  int depth = 0, deepest = 0;
  for (const char *at = text; *at != '\0'; at++) {
    bool is_odd = false;
    if (*at == '"') {
      at = closing_quote(at);
    } else if (*at == '{' || *at == '[') {
      depth++;
    } else if (*at == '}' || *at == ']') {
      depth--;
    } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
      const char *from = at;
      at = number_end(at);
      is_odd = is_odd_number(from, at);
    } else {
      is_odd = *at == 'n'; /* null: neither true nor false has one */
    }
    if (is_odd && depth > deepest) deepest = depth;
  }
  return deepest;
}

static bool normalise(lua_State *L, int table, int depth);

/* The value on top, under the key below it, is replaced in its table if need be. False: it is not a
 * JSON number. */
static bool normalise_value(lua_State *L, int table, int depth) {
  if (lua_istable(L, -1)) return depth == 1 || normalise(L, lua_gettop(L), depth - 1);
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

/* Down to that depth. Fields may be changed while they are visited. */
static bool normalise(lua_State *L, int table, int depth) {
  luaL_checkstack(L, 8, NULL);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (!normalise_value(L, table, depth)) return false;
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
  const int text = lua_gettop(L);
  lua_pushvalue(L, text - 1);
  lua_pushvalue(L, text);
  const int outcome = lua_pcall(L, 1, 1, 0);
  if (outcome != 0 && !is_complaint(L)) lua_error(L);
  const int depth =
      outcome == 0 && lua_istable(L, -1) ? depth_of_odd_values(lua_tostring(L, text)) : 0;
  const bool is_fine = outcome == 0 && (depth == 0 || normalise(L, lua_gettop(L), depth));
  if (outcome == 0 && !is_fine) lua_pushliteral(L, "a number is out of range");
  lua_replace(L, text - 1);
  lua_settop(L, text - 1);
  return is_fine;
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
