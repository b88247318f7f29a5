/* The Lua object aicore.session: a configuration, and the transfers that are made with it.
 *
 * Everything that may run Lua (an allocation may: finalizers) may close a session: what is used after
 * it is looked at again. */
#ifndef AICORE_SESSION_H
#define AICORE_SESSION_H

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

#endif
