/* The only place that knows Lua versions: Lua 5.4's names on Lua 5.1 and LuaJIT. */
#pragma once

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM != 501 && LUA_VERSION_NUM != 504
#error "Lua 5.4, LuaJIT or Lua 5.1 is needed"
#endif

#if LUA_VERSION_NUM >= 504

#define COMPAT_HAS_INTEGERS 1
#define compat_newuserdata(L, size) lua_newuserdatauv(L, size, 1)
#define compat_setuservalue(L, index) ((void)lua_setiuservalue(L, index, 1))
#define compat_getuservalue(L, index) ((void)lua_getiuservalue(L, index, 1))

/* The thread that lua.c's signal handler puts its hook on; hooks are per thread in Lua 5.4. */
static inline lua_State *compat_mainthread(lua_State *L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  lua_State *main = lua_tothread(L, -1);
  lua_pop(L, 1);
  return main;
}

#else

/* In 5.1 a userdata's environment does what its user value does later; both hold a table here. */
#define COMPAT_HAS_INTEGERS 0 /* every number is a double */
#define compat_newuserdata(L, size) lua_newuserdata(L, size)
#define compat_setuservalue(L, index) ((void)lua_setfenv(L, index))
#define compat_getuservalue(L, index) lua_getfenv(L, index)
#define compat_mainthread(L) (L) /* hooks are those of all threads */
#define lua_rawlen(L, index) lua_objlen(L, index)
/* LuaJIT has it, but what is built with its headers is to load in PUC Lua 5.1, too. */
#define luaL_setfuncs(L, functions, upvalues) luaL_register(L, NULL, functions)

#endif
