/* What the fuzz targets share. A target is a file here with LLVMFuzzerTestOneInput, which aborts where
 * something does not hold that should hold whatever comes. `make fuzz` links it with libFuzzer, `make
 * test` with replay.c, which runs the files of corpus/<target>/. */
#pragma once

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int luaopen_aicore_core(lua_State *L);

#define EXPECT(condition)                                                                          \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);               \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* ---- input: text, so that seeds can be read ---- */

typedef struct input {
  const char *at;
  size_t left;
} input;

/* A choice of so many, by a byte; the first one where there is no more input. */
static inline size_t take_choice(input *in, size_t count) {
  if (in->left == 0) return 0;
  in->left--;
  return (unsigned char)*in->at++ % count;
}

/* The next line without its end. False: there is none. */
static inline bool take_line(input *in, const char **line, size_t *length) {
  if (in->left == 0) return false;
  const char *end = memchr(in->at, '\n', in->left);
  *line = in->at;
  *length = end != NULL ? (size_t)(end - in->at) : in->left;
  in->at += *length + (end != NULL);
  in->left -= *length + (end != NULL);
  return true;
}

/* Pushes the value that a line stands for: its first character is the type. */
static inline void push_value(lua_State *L, const char *line, size_t length) {
  const char type = length > 0 ? line[0] : '\0';
  const char *rest = length > 0 ? line + 1 : "";
  const size_t left = length > 0 ? length - 1 : 0;
  switch (type) {
  case 's':
    lua_pushlstring(L, rest, left);
    break;
  case 'n':
    lua_pushlstring(L, rest, left);
    lua_pushnumber(L, strtod(lua_tostring(L, -1), NULL));
    lua_remove(L, -2);
    break;
  case 'l': /* a list of strings, by commas */
    lua_newtable(L);
    for (size_t from = 0, i = 1; from <= left; i++) {
      const char *comma = memchr(rest + from, ',', left - from);
      const size_t to = comma != NULL ? (size_t)(comma - rest) : left;
      lua_pushlstring(L, rest + from, to - from);
      lua_rawseti(L, -2, (int)i);
      from = to + 1;
    }
    break;
  case 'b':
    lua_pushboolean(L, left > 0);
    break;
  default:
    lua_pushnil(L);
  }
}

/* ---- Lua ---- */

/* Tells libFuzzer which lines of Lua were run: it knows the C code's branches by itself. */
#if defined(FUZZING)
static uint8_t lua_lines[8192] __attribute__((section("__libfuzzer_extra_counters")));

static inline void on_line(lua_State *L, lua_Debug *where) {
  lua_getinfo(L, "S", where);
  const size_t file = (size_t)where->linedefined * 31 + strlen(where->short_src) * 977;
  lua_lines[(file + (size_t)where->currentline) % sizeof lua_lines]++;
}
#endif

/* The state of this program, with the module as the global `core`: made once. */
static inline lua_State *fuzz_state(void) {
  static lua_State *L;
  if (L != NULL) return L;
  L = luaL_newstate();
  luaL_openlibs(L);
  luaL_requiref(L, "aicore.core", luaopen_aicore_core, 0);
  lua_setglobal(L, "core");
  EXPECT(luaL_dostring(L, "package.path = 'lua/?.lua;' .. package.path") == LUA_OK);
#if defined(FUZZING)
  lua_sethook(L, on_line, LUA_MASKLINE, 0);
#endif
  return L;
}

/* Loads spec/fuzz/<name>.lua, which returns a function, and pushes that. */
static inline void push_lua_target(lua_State *L, const char *name) {
  lua_pushfstring(L, "spec/fuzz/%s.lua", name);
  if (luaL_dofile(L, lua_tostring(L, -1)) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  lua_remove(L, -2);
}

/* Calls what must not raise, whatever its arguments are. */
static inline void call(lua_State *L, int arguments, int results) {
  if (lua_pcall(L, arguments, results, 0) == LUA_OK) return;
  fprintf(stderr, "raised: %s\n", luaL_tolstring(L, -1, NULL));
  abort();
}

/* How often a text stands in another one. */
static inline size_t count_of(const char *what, size_t what_length, const char *in, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i + what_length <= length; i++) {
    if (memcmp(in + i, what, what_length) == 0) count++;
  }
  return count;
}

/* No string in the value at the index, at whatever depth, tells the secret. */
static inline void expect_hidden(lua_State *L, int index, const char *hidden, size_t size) {
  if (lua_type(L, index) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    EXPECT(count_of(hidden, size, text, length) == 0);
  }
  if (lua_type(L, index) != LUA_TTABLE) return;
  luaL_checkstack(L, 4, NULL);
  index = lua_absindex(L, index);
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    expect_hidden(L, -2, hidden, size);
    expect_hidden(L, -1, hidden, size);
    lua_pop(L, 1);
  }
}
