/* What holds for whatever an operation returns: the values on top of the stack. */
#pragma once

#include "fuzz.h"
#include "operation.h"

/* The secrets of the session; the second one is not the same where it is escaped. */
#define TOKEN "hidden-token"
#define CLIENT_SECRET "hidden/secret="

static inline bool is_flag(lua_State *L, int table, const char *name, bool *value) {
  lua_getfield(L, table, name);
  const bool is = lua_isboolean(L, -1);
  *value = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return is;
}

/* Pushes the text field; "" where there is none. */
static inline const char *text_of(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
}

static inline bool is_good_status(lua_State *L, int err) {
  lua_getfield(L, err, "status");
  const lua_Integer status = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return status >= 200 && status <= 299;
}

static inline void judge_error(lua_State *L, const operation *op) {
  static const char *const texts[] = {"code", "request_id", "target", "id"};
  const int err = lua_gettop(L);
  EXPECT(lua_isnil(L, err - 1) && lua_istable(L, err));
  EXPECT(strstr("transport http protocol auth state timeout config", text_of(L, err, "kind")));
  EXPECT(text_of(L, err, "kind")[0] != '\0' && text_of(L, err, "message")[0] != '\0');
  EXPECT(strcmp(text_of(L, err, "operation"), op->name) == 0);
  bool retryable, ambiguous;
  EXPECT(is_flag(L, err, "retryable", &retryable) && is_flag(L, err, "ambiguous", &ambiguous));
  EXPECT(op->changes || !ambiguous);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    lua_getfield(L, err, texts[i]);
    EXPECT(lua_isnil(L, -1) || lua_type(L, -1) == LUA_TSTRING);
  }
  lua_getfield(L, err, "retry_after");
  EXPECT(lua_isnil(L, -1) || lua_tonumber(L, -1) > 0);
  lua_getfield(L, err, "details"); /* a preview might show the token */
  const bool useless_login = op->shape->form == REPLY_TOKEN && is_good_status(L, err);
  EXPECT(!useless_login || lua_isnil(L, -1));
  lua_settop(L, err);
  expect_hidden(L, err, TOKEN, strlen(TOKEN));
  expect_hidden(L, err, CLIENT_SECRET, strlen(CLIENT_SECRET));
}

static inline void judge_success(lua_State *L, const operation *op) {
  const int result = lua_gettop(L);
  switch (op->shape->form) {
  case REPLY_COUNT:
    EXPECT(lua_isinteger(L, result) && lua_tointeger(L, result) >= 0);
    return;
  case REPLY_TOKEN:
    lua_pushnil(L);
    while (lua_next(L, result) != 0) {
      EXPECT(strcmp(lua_tostring(L, -2), "expires_in") == 0 && lua_tonumber(L, -1) > 0);
      lua_pop(L, 1);
    }
    return;
  case REPLY_OBJECT:
    lua_getfield(L, result, op->shape->field != NULL ? op->shape->field : "deployments");
    EXPECT(lua_type(L, -1) == op->shape->type);
    lua_settop(L, result);
  }
}

static inline void judge(lua_State *L, const operation *op, int results) {
  EXPECT(results >= 1 && results <= 3);
  if (results == 3) { /* nothing is odd about it, says the C module */
    EXPECT(op->shape->of_records && lua_isnil(L, -2) && lua_toboolean(L, -1));
    lua_pop(L, 2);
  }
  if (results == 2) {
    judge_error(L, op);
  } else {
    judge_success(L, op);
  }
}
