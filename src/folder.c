#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "compat.h"
#include "table.h"

#define FOLDER_TYPE "aicore.folder"

/* A userdata owns the open folder, as every push may raise. */
static int folder_close(lua_State *L) {
  DIR **folder = aic_check_object(L, 1, FOLDER_TYPE);
  DIR *open = *folder;
  *folder = NULL;
  if (open != NULL) closedir(open);
  return 0;
}

static bool is_a_name(const char *name) {
  return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int aic_folder_names(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  DIR **folder = compat_newuserdata(L, sizeof(DIR *));
  *folder = NULL;
  luaL_getmetatable(L, FOLDER_TYPE);
  lua_setmetatable(L, -2);
  lua_newtable(L);
  *folder = opendir(path);
  if (*folder == NULL) return errno == ENOMEM ? luaL_error(L, "not enough memory") : 0;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(*folder)) != NULL;) {
    if (!is_a_name(entry->d_name)) continue;
    lua_pushstring(L, entry->d_name);
    lua_rawseti(L, -2, ++count);
  }
  closedir(*folder);
  *folder = NULL;
  return 1;
}

void aic_folder_register(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", folder_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{NULL, NULL}};
  aic_register_type(L, FOLDER_TYPE, metamethods, methods);
}
