/* The Lua object aicore.session: a configuration, and the transfers that are made with it. What may
 * run Lua (an allocation may: finalizers) may close it: what is used after is looked at again. */
#pragma once

#include <lua.h>

#include "config.h"
#include "pool.h"

#define SESSION_TYPE "aicore.session"

typedef struct session {
  pool pool;
  config config;
} session;

/* core.session(config) */
int aic_session_create(lua_State *L);
/* The session at the index; raises at the caller's line if it is none, or closed. */
session *aic_session_check(lua_State *L, int index);
/* Registers the metatable. */
void aic_session_register(lua_State *L);
