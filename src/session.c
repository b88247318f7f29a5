#include "session.h"

#include "compat.h"
#include "interrupt.h"
#include "json.h"
#include "reply.h"
#include "system.h"
#include "table.h"
#include "text.h"
#include "transfer.h"

int aic_session_create(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  const session empty = {.pool = {.closed = true, .sockets = POLLSET_CLOSED}};
  session *s = compat_newuserdata(L, sizeof *s);
  *s = empty;
  s->pool.config = &s->config;
  luaL_getmetatable(L, SESSION_TYPE);
  lua_setmetatable(L, 2);
  lua_newtable(L); /* the user value */
  lua_pushvalue(L, 3);
  compat_setuservalue(L, 2);
  aic_config_read(L, &s->config, 1, 3);
  aic_json_push_decoder(L, (int)s->config.max_depth);
  aic_reply_push_reader(L);
  lua_rawseti(L, 3, TRANSFER_READER);
  lua_pushvalue(L, 2);
  lua_rawseti(L, 3, TRANSFER_SESSION);
  s->pool.closed = false;
  lua_settop(L, 2);
  return 1;
}

session *aic_session_check(lua_State *L, int index) {
  session *s = aic_check_object(L, index, SESSION_TYPE);
  if (s->pool.closed) luaL_argerror(L, index, "the session is closed");
  return s;
}

static pool *check_open(lua_State *L) {
  pool *p = &aic_session_check(L, 1)->pool;
  const char *trouble = aic_pool_open(p);
  if (trouble != NULL) luaL_error(L, "the session cannot be opened: %s", trouble);
  return p;
}

/* close, __gc and __close: may run any number of times, on a session that was never filled, too. */
static int session_close(lua_State *L) {
  session *s = aic_check_object(L, 1, SESSION_TYPE);
  aic_pool_close(&s->pool);
  aic_credentials_wipe(&s->config.credentials);
  return 0;
}

/* session:closed(): is it of no more use? */
static int session_closed(lua_State *L) {
  const session *s = aic_check_object(L, 1, SESSION_TYPE);
  lua_pushboolean(L, s->pool.closed);
  return 1;
}

static int session_tostring(lua_State *L) {
  const session *s = aic_check_object(L, 1, SESSION_TYPE);
  if (s->pool.closed) {
    lua_pushliteral(L, SESSION_TYPE " (closed)");
  } else {
    lua_pushfstring(L, SESSION_TYPE " (%s, %d in flight)", s->config.base_url,
        (int)(s->pool.running.count + s->pool.queued.count));
  }
  return 1;
}

/* session:set_token(token): a ready token instead of a login. */
static int session_set_token(lua_State *L) {
  session *s = aic_session_check(L, 1);
  size_t length;
  const char *token = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, aic_text_is_header_safe(token, length), 2, HEADER_TEXT);
  secret *fresh = aic_credentials_new_token(token, length);
  if (fresh == NULL) return luaL_error(L, "out of memory");
  aic_credentials_use_token(&s->config.credentials, fresh);
  return 0;
}

/* session:fd(): a descriptor that is readable when step() has something to do. It stays the same
 * until the session is closed, or used in a forked child. */
static int session_fd(lua_State *L) {
  pool *p = check_open(L);
  lua_pushinteger(L, aic_pollset_export(&p->sockets));
  aic_pool_announce(p);
  return 1;
}

/* session:step(): does what is to be done, never waits; returns the list of the transfers that have
 * finished since the last call (they were begun with core.start). They are let go of only when the
 * list is complete, since there may be no memory for it. */
static int session_step(lua_State *L) {
  pool *p = check_open(L);
  aic_pool_act(p, 0);
  compat_getuservalue(L, 1);
  lua_createtable(L, (int)p->finished.count, 0);
  int count = 0;
  for (transfer *t = p->finished.first; t != NULL; t = t->next) {
    lua_pushlightuserdata(L, (void *)t->handle);
    lua_rawget(L, -3);
    lua_rawseti(L, -2, ++count);
  }
  while (p->finished.first != NULL) {
    aic_transfer_unanchor(L, 1, p->finished.first->handle);
    aic_pool_move(p->finished.first, &p->delivered);
  }
  return 1;
}

/* A hook may do anything meanwhile: fork, or close the session. */
static bool act(void *data, int ms) {
  pool *p = data;
  if (p->finished.first != NULL || p->closed || p->owner != aic_process_id()) return false;
  aic_pool_act(p, ms);
  aic_pool_announce(p);
  return true;
}

/* session:wait(seconds): waits until step() has something to do, or so long at most. Returns false
 * when a signal handler of the host wants control instead. */
static int session_wait(lua_State *L) {
  interrupt watch = aic_interrupt_watch(L); /* opening may take a while already */
  pool *p = check_open(L);
  return aic_interrupt_wait(&watch, luaL_checknumber(L, 2), act, p);
}

void aic_session_register(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", session_close}, {"__close", session_close},
      {"__tostring", session_tostring}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"close", session_close}, {"fd", session_fd},
      {"step", session_step}, {"closed", session_closed}, {"wait", session_wait},
      {"set_token", session_set_token}, {NULL, NULL}};
  aic_register_type(L, SESSION_TYPE, metamethods, methods);
}
