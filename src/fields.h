/* Fields of Lua tables, and the one table whose fields are the same wherever it comes from: an error. */
#ifndef AICORE_FIELDS_H
#define AICORE_FIELDS_H

#include <lua.h>
#include <stdbool.h>

/* Sets a field of the table on top; a text that is NULL is not set. */
void aic_set_text(lua_State *L, const char *field, const char *text);
void aic_set_integer(lua_State *L, const char *field, lua_Integer number);
void aic_set_flag(lua_State *L, const char *field, bool flag);

/* Pushes nil and an error, and returns 2: their number. operation is a name; it and id may be NULL. */
int aic_push_error(lua_State *L, const char *kind, const char *message, const char *operation,
                   const char *id);

#endif
