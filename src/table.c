#include "table.h"

#include "compat.h"

void aic_set_text(lua_State *L, const char *field, const char *text) {
  if (text == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

void aic_set_integer(lua_State *L, const char *field, lua_Integer number) {
  lua_pushinteger(L, number);
  lua_setfield(L, -2, field);
}

void aic_set_flag(lua_State *L, const char *field, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, field);
}

int aic_push_error(
    lua_State *L, const char *kind, const char *message, const char *operation, const char *id) {
  lua_pushnil(L);
  lua_createtable(L, 0, 12);
  aic_set_text(L, "kind", kind);
  aic_set_text(L, "message", message);
  aic_set_text(L, "operation", operation);
  aic_set_text(L, "id", id);
  return 2;
}

/* Sets functions in the table on top; the metatable is their first upvalue. */
static void set_functions(lua_State *L, const luaL_Reg functions[], int metatable) {
  for (const luaL_Reg *one = functions; one->name != NULL; one++) {
    lua_pushvalue(L, metatable);
    lua_pushcclosure(L, one->func, 1);
    lua_setfield(L, -2, one->name);
  }
}

void aic_register_type(
    lua_State *L, const char *type, const luaL_Reg metamethods[], const luaL_Reg methods[]) {
  luaL_newmetatable(L, type);
  const int metatable = lua_gettop(L);
  set_functions(L, metamethods, metatable);
  lua_newtable(L);
  set_functions(L, methods, metatable);
  lua_setfield(L, metatable, "__index");
  aic_set_flag(L, "__metatable", false);
  lua_pop(L, 1);
}

void *aic_check_object(lua_State *L, int index, const char *type) {
  void *object = lua_touserdata(L, index);
  if (object != NULL && lua_getmetatable(L, index)) {
    const bool is_it = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (is_it) return object;
  }
  return luaL_checkudata(L, index, type);
}
