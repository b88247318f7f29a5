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

void aic_register_type(
    lua_State *L, const char *type, const luaL_Reg metamethods[], const luaL_Reg methods[]) {
  luaL_newmetatable(L, type);
  luaL_setfuncs(L, metamethods, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  aic_set_flag(L, "__metatable", false);
  lua_pop(L, 1);
}
