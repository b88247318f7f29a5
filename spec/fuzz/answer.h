/* An exchange that has got an answer, without a network: this stands in for what libcurl would tell
 * of it, and everything else is the module's own. */
#pragma once

#include <stdarg.h>

#include "json.h"
#include "judge.h"
#include "reply.h"
#include "session.h"

static struct {
  long status;
  curl_off_t retry_after;
  struct curl_header request_id;
} answered;

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...) {
  (void)easy;
  va_list arguments;
  va_start(arguments, info);
  void *result = va_arg(arguments, void *);
  va_end(arguments);
  if (info == CURLINFO_RESPONSE_CODE) *(long *)result = answered.status;
  if (info == CURLINFO_RETRY_AFTER) *(curl_off_t *)result = answered.retry_after;
  return CURLE_OK;
}

CURLHcode curl_easy_header(CURL *easy, const char *name, size_t index, unsigned int origin,
    int from, struct curl_header **header) {
  (void)easy, (void)name, (void)index, (void)origin, (void)from;
  *header = &answered.request_id;
  return answered.request_id.value != NULL ? CURLHE_OK : CURLHE_MISSING;
}

static const char SESSION[] =
    "return core.session { base_url = 'http://127.0.0.1:9', client_id = 'me', token = '" TOKEN
    "', client_secret = '" CLIENT_SECRET "', token_url = 'http://127.0.0.1:9', max_depth = 16 }";

/* A session whose secrets are hidden ones. */
static inline void push_session(lua_State *L) { EXPECT(luaL_dostring(L, SESSION) == LUA_OK); }

static int protected_reply(lua_State *L) {
  aic_json_push_decoder(L, 16);
  aic_reply_push_reader(L);
  lua_insert(L, 1);
  lua_call(L, 1, LUA_MULTRET);
  return lua_gettop(L);
}

/* Pushes what the operation makes of the answer; returns how many values. The session is at the
 * index, and the exchange has everything but its configuration and its body. */
static inline int push_answer(lua_State *L, int session_at, exchange *x, const input *body) {
  session *s = luaL_checkudata(L, session_at, SESSION_TYPE);
  x->config = &s->config;
  x->reply.limit = SIZE_MAX / 4;
  EXPECT(aic_buffer_append(&x->reply, body->at, body->left));
  const int top = lua_gettop(L);
  lua_pushcfunction(L, protected_reply);
  lua_pushlightuserdata(L, x);
  call(L, 1, LUA_MULTRET);
  aic_exchange_forget(x);
  return lua_gettop(L) - top;
}
