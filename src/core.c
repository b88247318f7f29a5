/* The C module aicore.core: registration, and the functions that begin an exchange.
 *
 *   core.session(config)                a session (session_config.c has the fields)
 *   core.<operation>(session, …)        one blocking exchange -> table | nil, err
 *   core.start(session, operation, …)   the same, begun -> transfer | nil, err
 *   core.check(operation, …)            nil, or what is wrong with these arguments
 *   core.now() .wall() .random() .sleep(seconds)
 *   core.file_mode(path)                who may read a file, as chmod counts; nil: there is none
 *   core.operations                     what they are, by their names
 *   core.version                        of the module, libcurl, and its TLS library
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "compat.h"
#include "interrupt.h"
#include "operation.h"
#include "process.h"
#include "reply.h"
#include "secret.h"
#include "session.h"
#include "transfer.h"

#define AICORE_VERSION "0.1.0"

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or newer is needed"
#endif

/* ---- exchanges ---- */

/* Begins what the arguments from first on ask for; the object is pushed. Raises if they are wrong.
 * False: the world is, and nil and an error are pushed instead. */
static bool begin(lua_State *L, const operation *op, int first, bool announced,
                  transfer ***handle) {
  session *s = aic_session_check(L, 1);
  request built;
  const char *complaint = aic_operation_build(L, op, first, &built);
  if (complaint != NULL) luaL_error(L, "%s", complaint);
  if (built.target == NULL && s->token_url == NULL) {
    luaL_error(L, "%s: the session has no token_url", op->name);
  }
  if (built.target == NULL && s->login_form == NULL) {
    luaL_error(L, "%s: the session has no client_id", op->name);
  }
  built.url =
      built.target == NULL ? s->token_url : lua_pushfstring(L, "%s%s", s->base_url, built.target);
  *handle = aic_transfer_push(L, 1);
  if (announced) aic_transfer_anchor(L, *handle); /* before: once it is begun nothing may raise */
  const char *trouble = aic_transfer_start(s, &built, *handle, announced);
  if (trouble == NULL) return true;
  if (announced) aic_transfer_unanchor(L, -1, *handle);
  aic_reply_push_error(L, "transport", trouble, op->name, built.id);
  return false;
}

static int push_cancelled(lua_State *L, const operation *op, const char *why) {
  aic_reply_push_error(L, "cancelled", why, op->name, NULL);
  lua_pushboolean(L, op->changes);
  lua_setfield(L, -2, "ambiguous");
  return 2;
}

/* A blocking operation: its description is the upvalue. Other transfers of the session go on. */
static int exchange(lua_State *L) {
  const operation *op = lua_touserdata(L, lua_upvalueindex(1));
  transfer **handle;
  interrupt watch = aic_interrupt_watch(L); /* beginning may take a while already */
  if (!begin(L, op, 2, false, &handle)) return 2;
  const int object = lua_gettop(L);
  session *s = (*handle)->session;
  aic_session_kick(s);
  while (*handle != NULL && !(*handle)->finished) {
    aic_session_act(s, INTERRUPT_SLICE_MS);
    if ((*handle)->finished) break;
    const interrupt_state state = aic_interrupt_poll(&watch);
    aic_session_leave_parent(s); /* a hook may do anything: fork, or close the session */
    if (state == INTERRUPT_NONE) continue;
    if (*handle != NULL) aic_transfer_release(*handle);
    if (state == INTERRUPT_RAISED) return lua_error(L);
    return push_cancelled(L, op, "interrupted");
  }
  if (*handle == NULL) return push_cancelled(L, op, "the session was closed meanwhile");
  return aic_transfer_take(L, object, handle);
}

/* core.start(session, operation, …) */
static int start(lua_State *L) {
  session *s = aic_session_check(L, 1);
  const operation *op = aic_operation_find(luaL_checkstring(L, 2));
  luaL_argcheck(L, op != NULL, 2, "no such operation");
  transfer **handle;
  if (!begin(L, op, 3, true, &handle)) return 2;
  aic_session_kick(s);
  return 1;
}

/* core.check(operation, …) */
static int check(lua_State *L) {
  const operation *op = aic_operation_find(luaL_checkstring(L, 1));
  luaL_argcheck(L, op != NULL, 1, "no such operation");
  request built;
  const char *complaint = aic_operation_check(L, op, 2, &built);
  if (complaint == NULL) return 0;
  lua_pushstring(L, complaint);
  return 1;
}

/* ---- time and randomness, for the runtimes ---- */

static int now(lua_State *L) {
  lua_pushnumber(L, aic_clock_now());
  return 1;
}

static int wall(lua_State *L) {
  lua_pushnumber(L, aic_clock_wall());
  return 1;
}

static int pseudo_random(lua_State *L) {
  lua_pushnumber(L, aic_clock_random());
  return 1;
}

/* core.sleep(seconds): false when a signal handler of the host wants control earlier. */
static int sleep_seconds(lua_State *L) {
  const double seconds = luaL_checknumber(L, 1);
  const double end = aic_clock_now() + (seconds > 0 ? fmin(seconds, 1e9) : 0); /* 0/0: not at all */
  interrupt watch = aic_interrupt_watch(L);
  for (;;) {
    const double left_ms = ceil((end - aic_clock_now()) * 1000);
    if (!(left_ms > 0)) break;
    aic_clock_sleep_ms((int)fmin(left_ms, INTERRUPT_SLICE_MS));
    const interrupt_state state = aic_interrupt_poll(&watch);
    if (state == INTERRUPT_NONE) continue;
    if (state == INTERRUPT_RAISED) return lua_error(L);
    lua_pushboolean(L, 0);
    return 1;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- files ---- */

/* core.file_mode(path) */
static int file_mode(lua_State *L) {
  struct stat about;
  if (stat(luaL_checkstring(L, 1), &about) != 0) return 0;
  lua_pushinteger(L, about.st_mode & 07777);
  return 1;
}

/* ---- registration ---- */

/* Closing a Lua state unloads its modules, and with this one libcurl, while libcurl may still have
 * a thread in a name lookup: so this library stays loaded once it is. */
static void stay_loaded(void) {
  Dl_info self;
  if (dladdr((void *)(size_t)stay_loaded, &self) != 0) {
    (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

/* Once per process, though Lua states of several threads may load us; if it fails, then again when
 * somebody asks again. Where the host has set libcurl up before, its allocator stays. */
static bool begin_process(void) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static bool begun = false;
  pthread_mutex_lock(&lock);
  if (!begun) {
    stay_loaded();
    begun =
        aic_process_begin() && curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, aic_secret_free,
                                                    aic_secret_realloc, strdup, calloc) == CURLE_OK;
  }
  const bool fine = begun;
  pthread_mutex_unlock(&lock);
  return fine;
}

static void set_text(lua_State *L, const char *field, const char *text) {
  if (text == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

static void set_flag(lua_State *L, const char *field, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, field);
}

/* Pushes core.operations: what is to be known of each, by its name. */
static void push_operations(lua_State *L) {
  lua_newtable(L);
  for (const operation *op = aic_operations; op->name != NULL; op++) {
    lua_createtable(L, 0, 9);
    set_text(L, "name", op->name);
    set_text(L, "verb", op->verb);
    set_text(L, "path", op->path);
    set_text(L, "shape", op->shape->name);
    set_flag(L, "about_one", aic_operation_is_about_one(op));
    set_flag(L, "changes", op->changes);
    set_flag(L, "idempotent", !op->not_idempotent);
    set_flag(L, "once", op->once);
    set_flag(L, "resource", aic_operation_has_resource(op));
    lua_setfield(L, -2, op->name);
  }
}

static void push_version(lua_State *L) {
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  lua_createtable(L, 0, 4);
  lua_pushliteral(L, AICORE_VERSION);
  lua_setfield(L, -2, "aicore");
  lua_pushstring(L, curl->version);
  lua_setfield(L, -2, "libcurl");
  lua_pushstring(L, curl->ssl_version);
  lua_setfield(L, -2, "tls");
  lua_pushboolean(L, (curl->features & CURL_VERSION_HTTP2) != 0);
  lua_setfield(L, -2, "http2");
}

__attribute__((visibility("default"))) int luaopen_aicore_core(lua_State *L) {
  static const luaL_Reg functions[] = {{"session", aic_session_create},
                                       {"start", start},
                                       {"check", check},
                                       {"now", now},
                                       {"wall", wall},
                                       {"random", pseudo_random},
                                       {"sleep", sleep_seconds},
                                       {"file_mode", file_mode},
                                       {NULL, NULL}};
  if (!begin_process()) return luaL_error(L, "libcurl cannot be initialised: out of memory");
  aic_session_register(L);
  aic_transfer_register(L);
  luaL_newlib(L, functions);
  for (const operation *op = aic_operations; op->name != NULL; op++) {
    lua_pushlightuserdata(L, (void *)(size_t)op);
    lua_pushcclosure(L, exchange, 1);
    lua_setfield(L, -2, op->name);
  }
  push_operations(L);
  lua_setfield(L, -2, "operations");
  push_version(L);
  lua_setfield(L, -2, "version");
  return 1;
}
