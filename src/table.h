/* Lua tables: their fields, and those that are alike wherever they come from. */
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* Sets a field of the table on top; a text that is NULL is not set. */
void aic_set_text(lua_State *L, const char *field, const char *text);
void aic_set_integer(lua_State *L, const char *field, lua_Integer number);
void aic_set_flag(lua_State *L, const char *field, bool flag);
/* Pushes nil and an error, and returns 2. operation is a name; it and id may be NULL. */
int aic_push_error(
    lua_State *L, const char *kind, const char *message, const char *operation, const char *id);
/* Registers the metatable of a type of userdata; methods are a table of their own, without __gc,
 * and Lua programs do not get the metatable. */
void aic_register_type(
    lua_State *L, const char *type, const luaL_Reg metamethods[], const luaL_Reg methods[]);
/* luaL_checkudata; where the metatable is the first upvalue of the running function, as of all that
 * aic_register_type registers, it need not be looked for by its name. */
void *aic_check_object(lua_State *L, int index, const char *type);
