/* The names in a folder, which Lua cannot tell by itself. */
#pragma once

#include <lua.h>

/* folder(path): a list of the names, hidden ones too, in no order; nothing: there is no such folder.
 * It raises where there is no memory to tell. */
int aic_folder_names(lua_State *L);

void aic_folder_register(lua_State *L);
