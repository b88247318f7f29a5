/* The Lua object that owns a transfer: aicore.transfer. */
#pragma once

#include <lua.h>

#include "pool.h"

/* Slots of the user value that a session shares with its transfers: what reads replies, and the session
 * itself, as transfers need it. Strings of the configuration are anchored there under their names, and
 * the object of a transfer that was started, as long as it is not delivered, under the object's own
 * address. */
enum { TRANSFER_READER = 1, TRANSFER_SESSION = 2 };

/* Pushes an object for a transfer that is still to come, with the user value of the object at the
 * index, a session or a transfer. */
transfer **aic_transfer_push(lua_State *L, int index);
/* Anchors the object on top, so that step() finds it; and undoes that, where the object or its
 * session is at the index. Only the first may raise. */
void aic_transfer_anchor(lua_State *L, transfer **handle);
void aic_transfer_unanchor(lua_State *L, int index, transfer **handle);
/* Pushes what the reader (reply.h) returns, of the finished transfer of the object at the index, returns
 * how many that are, and releases it, also where reading raises (no memory). */
int aic_transfer_take(lua_State *L, int index, transfer **handle);
/* Registers the metatable. */
void aic_transfer_register(lua_State *L);
