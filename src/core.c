/* The C module aicore.core: registration, and the functions that begin an exchange.
 *
 *   core.session(config)                a session (config.c has the fields)
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
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "compat.h"
#include "fields.h"
#include "interrupt.h"
#include "operation.h"
#include "pool.h"
#include "process.h"
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
  const config *c = &s->config;
  request built;
  const char *complaint = aic_operation_build(L, op, first, c->base_url, &built);
  if (complaint != NULL) luaL_error(L, "%s", complaint);
  if (built.url == NULL) {
    if (c->token_url == NULL) luaL_error(L, "%s: the session has no token_url", op->name);
    if (c->credentials.login_form == NULL) {
      luaL_error(L, "%s: the session has no client_id", op->name);
    }
    built.url = c->token_url;
  }
  *handle = aic_transfer_push(L, 1);
  if (announced) aic_transfer_anchor(L, *handle); /* before: once it is begun nothing may raise */
  const char *trouble = aic_pool_start(&s->pool, &built, *handle, announced);
  if (trouble == NULL) return true;
  if (announced) aic_transfer_unanchor(L, -1, *handle);
  aic_push_error(L, "transport", trouble, op->name, built.id);
  return false;
}

static int push_cancelled(lua_State *L, const operation *op, const char *why) {
  aic_push_error(L, "cancelled", why, op->name, NULL);
  aic_set_flag(L, "ambiguous", op->changes);
  return 2;
}

/* A blocking operation: its description is the upvalue. Other transfers of the session go on. */
static int perform(lua_State *L) {
  const operation *op = lua_touserdata(L, lua_upvalueindex(1));
  transfer **handle;
  interrupt watch = aic_interrupt_watch(L); /* beginning may take a while already */
  if (!begin(L, op, 2, false, &handle)) return 2;
  const int object = lua_gettop(L);
  pool *p = (*handle)->pool;
  aic_pool_kick(p);
  while (*handle != NULL && !(*handle)->finished) {
    aic_pool_act(p, INTERRUPT_SLICE_MS);
    if ((*handle)->finished) break;
    const interrupt_state state = aic_interrupt_poll(&watch);
    aic_pool_leave_parent(p); /* a hook may do anything: fork, or close the session */
    if (state == INTERRUPT_NONE) continue;
    if (*handle != NULL) aic_pool_release(*handle);
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
  aic_pool_kick(&s->pool);
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

static bool sleep_slice(void *unused, int ms) {
  (void)unused;
  aic_clock_sleep_ms(ms);
  return true;
}

/* core.sleep(seconds): false when a signal handler of the host wants control earlier. */
static int sleep_seconds(lua_State *L) {
  interrupt watch = aic_interrupt_watch(L);
  return aic_interrupt_wait(&watch, luaL_checknumber(L, 1), sleep_slice, NULL);
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

/* Pushes core.operations: what is to be known of each, by its name. */
static void push_operations(lua_State *L) {
  lua_newtable(L);
  for (const operation *op = aic_operations; op->name != NULL; op++) {
    lua_createtable(L, 0, 9);
    aic_set_text(L, "name", op->name);
    aic_set_text(L, "verb", op->verb);
    aic_set_text(L, "path", op->path);
    aic_set_text(L, "shape", op->shape->name);
    aic_set_flag(L, "about_one", aic_operation_is_about_one(op));
    aic_set_flag(L, "changes", op->changes);
    aic_set_flag(L, "idempotent", !op->not_idempotent);
    aic_set_flag(L, "once", op->once);
    aic_set_flag(L, "resource", aic_operation_has_resource(op));
    lua_setfield(L, -2, op->name);
  }
}

static void push_version(lua_State *L) {
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  lua_createtable(L, 0, 4);
  aic_set_text(L, "aicore", AICORE_VERSION);
  aic_set_text(L, "libcurl", curl->version);
  aic_set_text(L, "tls", curl->ssl_version);
  aic_set_flag(L, "http2", (curl->features & CURL_VERSION_HTTP2) != 0);
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
    lua_pushcclosure(L, perform, 1);
    lua_setfield(L, -2, op->name);
  }
  push_operations(L);
  lua_setfield(L, -2, "operations");
  push_version(L);
  lua_setfield(L, -2, "version");
  return 1;
}
