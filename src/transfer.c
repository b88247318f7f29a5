#include "transfer.h"

#include <string.h>

#include "compat.h"
#include "reply.h"
#include "table.h"

static const char TYPE[] = "aicore.transfer";

transfer **aic_transfer_push(lua_State *L, int index) {
  transfer **handle = compat_newuserdata(L, sizeof(transfer *));
  *handle = NULL;
  luaL_getmetatable(L, TYPE);
  lua_setmetatable(L, -2);
  compat_getuservalue(L, index);
  compat_setuservalue(L, -2);
  return handle;
}

void aic_transfer_anchor(lua_State *L, transfer **handle) {
  compat_getuservalue(L, -1);
  lua_pushlightuserdata(L, (void *)handle);
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void aic_transfer_unanchor(lua_State *L, int index, transfer **handle) {
  compat_getuservalue(L, index);
  lua_pushlightuserdata(L, (void *)handle);
  lua_rawget(L, -2);
  if (!lua_isnil(L, -1)) { /* then this needs no memory */
    lua_pushlightuserdata(L, (void *)handle);
    lua_pushnil(L);
    lua_rawset(L, -4);
  }
  lua_pop(L, 2);
}

int aic_transfer_take(lua_State *L, int index, transfer **handle) {
  luaL_checkstack(L, 8, NULL); /* the last that raises while the transfer is in a list */
  transfer *t = *handle;
  t->read = true;
  aic_pool_move(t, NULL); /* closing the session meanwhile does not end it */
  compat_getuservalue(L, index);
  const int slots = lua_gettop(L);
  lua_rawgeti(L, slots, TRANSFER_READER);
  lua_pushlightuserdata(L, &t->exchange);
  const int outcome = lua_pcall(L, 1, LUA_MULTRET, 0);
  aic_pool_release(t);
  return outcome == 0 ? lua_gettop(L) - slots : lua_error(L);
}

static transfer **check_handle(lua_State *L) {
  transfer **handle = aic_check_object(L, 1, TYPE);
  if (*handle != NULL) aic_pool_leave_parent((*handle)->pool);
  return handle;
}

/* transfer:finished(): would result() return something? */
static int transfer_finished(lua_State *L) {
  transfer *const *handle = check_handle(L);
  lua_pushboolean(L, *handle == NULL || (*handle)->finished);
  return 1;
}

/* transfer:info(): what there is to log of a finished transfer whose result was not taken yet:
 * { status, seconds, request_id, date }, without status where nothing was answered. Otherwise nil. */
static int transfer_info(lua_State *L) {
  transfer *const *handle = check_handle(L);
  if (*handle == NULL || !(*handle)->finished) return 0;
  aic_reply_push_info(L, &(*handle)->exchange);
  return 1;
}

/* transfer:result(): nil while it is in flight; then, once, what the blocking function of the same
 * operation returns. */
static int transfer_result(lua_State *L) {
  transfer **handle = check_handle(L);
  if (*handle != NULL && !(*handle)->finished) {
    lua_pushnil(L);
    return 1;
  }
  if (*handle == NULL || (*handle)->read) {
    return aic_push_error(L, "cancelled",
        "the transfer was cancelled, its session closed, or its result taken", NULL, NULL);
  }
  aic_transfer_unanchor(L, 1, handle);
  lua_settop(L, 1);
  return aic_transfer_take(L, 1, handle);
}

/* transfer:cancel(), __close and __gc, which a program may call by hand, too: ends it. Whether the
 * service has acted on the request stays unknown. What is being read the reader ends. */
static int transfer_cancel(lua_State *L) {
  transfer **handle = check_handle(L);
  if (*handle == NULL || (*handle)->read) return 0;
  aic_transfer_unanchor(L, 1, handle);
  aic_pool_release(*handle);
  return 0;
}

static int transfer_tostring(lua_State *L) {
  transfer *const *handle = aic_check_object(L, 1, TYPE);
  const transfer *t = *handle;
  if (t == NULL) {
    lua_pushfstring(L, "%s (none, over)", TYPE);
    return 1;
  }
  const exchange *x = &t->exchange;
  char id[sizeof x->id]; /* a copy: making the text may run a finalizer that ends t */
  memcpy(id, x->id, sizeof id);
  lua_pushfstring(L, "%s (%s%s%s, %s)", TYPE, x->operation->name, id[0] != '\0' ? " " : "", id,
      t->finished ? "finished" : "in flight");
  return 1;
}

void aic_transfer_register(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", transfer_cancel}, {"__close", transfer_cancel},
      {"__tostring", transfer_tostring}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"result", transfer_result}, {"finished", transfer_finished},
      {"info", transfer_info}, {"cancel", transfer_cancel}, {NULL, NULL}};
  aic_register_type(L, TYPE, metamethods, methods);
}
