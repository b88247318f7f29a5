/* The Lua object that owns a transfer: aicore.transfer. */
#pragma once

#include <lua.h>

#include "pool.h"

/* Slots of the user value that a session shares with its transfers: the decoder of JSON, the session
 * itself, as transfers need it, and what reads replies. Strings of the configuration are anchored there under their
 * names, and the object of a transfer that was started, as long as it is not delivered, under the
 * object's own address. */
enum { TRANSFER_DECODER = 1, TRANSFER_SESSION = 2, TRANSFER_READER = 3 };

/* Pushes an object for a transfer that is still to come, with the user value of the object at the
 * index, a session or a transfer. */
transfer **aic_transfer_push(lua_State *L, int index);
/* Anchors the object on top, so that step() finds it; and undoes that, where the object or its
 * session is at the index. Only the first may raise. */
void aic_transfer_anchor(lua_State *L, transfer **handle);
void aic_transfer_unanchor(lua_State *L, int index, transfer **handle);
/* Pushes what reads replies, for its slot. */
void aic_transfer_push_reader(lua_State *L);
/* Pushes and returns what aic_reply_push does, of the finished transfer of the object at the index,
 * and releases it, also where reading raises (no memory). */
int aic_transfer_take(lua_State *L, int index, transfer **handle);
/* Registers the metatable. */
void aic_transfer_register(lua_State *L);
