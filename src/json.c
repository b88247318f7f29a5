#include "json.h"

#include <ctype.h>
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

/* ---- what the decoder gives in another way than it is wanted ----
 *
 * null is to read as absent (in a list its place stays taken, by an object without fields), a number
 * without a fraction as an integer, one that is out of range not at all. Such values are found in the
 * text, which was decoded, so it is JSON: looking through it is much cheaper than looking through the
 * tables, of which only those are fetched that have such a value. */

/* An object or a list of the text, within another one. */
typedef struct place {
  struct place *outer; /* NULL: it is the outermost */
  int table;           /* its index on the stack; 0: it was not needed yet */
  bool is_list;
  int element;                 /* which one is being looked at, of a list */
  const char *name, *name_end; /* or of an object: the quotes of its name */
} place;

typedef struct search {
  lua_State *L;
  int decoder; /* its index */
  bool in_range;
} search;

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

/* Pushes the key under which the decoder has put what is being looked at. */
static void push_key(const search *s, const place *p) {
  lua_State *L = s->L;
  if (p->is_list) {
    lua_pushinteger(L, p->element);
  } else if (memchr(p->name, '\\', (size_t)(p->name_end - p->name)) == NULL) {
    lua_pushlstring(L, p->name + 1, (size_t)(p->name_end - p->name) - 1);
  } else { /* the decoder knows what stands for what */
    lua_pushvalue(L, s->decoder);
    lua_pushliteral(L, "[");
    lua_pushlstring(L, p->name, (size_t)(p->name_end - p->name) + 1);
    lua_pushliteral(L, "]");
    lua_concat(L, 3);
    lua_call(L, 1, 1);
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
  }
}

/* The index of the table that a place has become, which stays on the stack for those that follow in it.
 * 0: there is none, as of several values with the same name the decoder keeps the last. */
static int fetch(const search *s, place *p) {
  if (p->table != 0) return p->table;
  const int outer = fetch(s, p->outer);
  if (outer == 0) return 0;
  luaL_checkstack(s->L, 8, NULL);
  push_key(s, p->outer);
  lua_rawget(s->L, outer);
  if (lua_istable(s->L, -1)) return p->table = lua_gettop(s->L);
  lua_pop(s->L, 1);
  return 0;
}

/* Replaces what is being looked at in its table, if need be. */
static void replace(search *s, place *p) {
  lua_State *L = s->L;
  const int table = fetch(s, p), key = lua_gettop(L) + 1;
  if (table == 0) return;
  push_key(s, p);
  lua_pushvalue(L, key);
  lua_rawget(L, table);
  /* cjson.null is the only light userdata; vim.json leaves a hole in a list */
  if (lua_islightuserdata(L, -1) || (p->is_list && lua_isnil(L, -1))) {
    lua_pushvalue(L, key);
    if (p->is_list)
      lua_createtable(L, 0, 0);
    else
      lua_pushnil(L);
    lua_rawset(L, table);
  } else if (lua_type(L, -1) == LUA_TNUMBER) {
    const lua_Number number = lua_tonumber(L, -1);
    s->in_range = s->in_range && isfinite(number);
    if (COMPAT_HAS_INTEGERS && floor(number) == number && fabs(number) < 9007199254740992.0) {
      lua_pushvalue(L, key);
      lua_pushinteger(L, (lua_Integer)number);
      lua_rawset(L, table);
    }
  }
  lua_settop(L, key - 1);
}

/* Looks through the object or list that begins there; returns its last character. */
static const char *look_through(search *s, place *outer, const char *at) {
  place p = {.outer = outer, .is_list = *at == '[', .element = 1};
  if (outer == NULL) p.table = lua_gettop(s->L);
  for (at++; *at != '}' && *at != ']'; at++) {
    switch (*at) {
    case '"':
      p.name = at;
      at = p.name_end = closing_quote(at);
      break;
    case ',':
      p.element++;
      break;
    case '{':
    case '[':
      at = look_through(s, &p, at);
      break;
    case 'n': /* null: neither true nor false has one */
      replace(s, &p);
      break;
    default: /* what is between them, true, false, or a number */
      if (!isdigit((unsigned char)*at)) break;
      const char *from = at;
      at = number_end(at);
      if (is_odd_number(from, at)) replace(s, &p);
    }
  }
  if (outer != NULL && p.table != 0) lua_settop(s->L, p.table - 1);
  return at;
}

/* Finishes the table on top, which the decoder has made of the text. False: a number is out of range. */
static bool finish(lua_State *L, int decoder, const char *text) {
  search s = {L, decoder, true};
  (void)look_through(&s, NULL, text + strcspn(text, "{["));
  return s.in_range;
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
  const bool is_fine =
      outcome == 0 && (!lua_istable(L, -1) || finish(L, text - 1, lua_tostring(L, text)));
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
