/* The C module aicore.core: its functions, but for those of its objects. lua/aicore/meta/core.lua
 * describes them all. */
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compat.h"
#include "folder.h"
#include "interrupt.h"
#include "json.h"
#include "operation.h"
#include "pool.h"
#include "secret.h"
#include "session.h"
#include "system.h"
#include "table.h"
#include "transfer.h"

#define AICORE_VERSION "0.2.0"

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or newer is needed"
#endif

/* Begins what the arguments from first on ask for; the object is pushed. Raises if they are wrong.
 * False: the world is, and nil and an error are pushed instead. */
static bool begin(
    lua_State *L, const operation *op, int first, bool announced, transfer ***handle) {
  session *s = aic_session_check(L, 1);
  const config *c = &s->config;
  request built;
  const char *complaint = aic_operation_build(L, op, first, c->base_url, &built);
  if (complaint != NULL) luaL_error(L, "%s", complaint);
  if (built.url == NULL) {
    const bool has_client = c->credentials.login_form != NULL;
    const char *missing = c->token_url == NULL ? "token_url" : has_client ? NULL : "client_id";
    if (missing != NULL) luaL_error(L, "%s: the session has no %s", op->name, missing);
    built.url = c->token_url;
  }
  *handle = aic_transfer_push(L, 1);
  if (announced) aic_transfer_anchor(L, *handle); /* before: once it is begun nothing may raise */
  const char *trouble = aic_pool_start(&s->pool, &built, *handle, announced);
  if (trouble == NULL) {
    aic_pool_kick(&s->pool);
    aic_pool_announce(&s->pool);
    return true;
  }
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
  pool *p = &aic_session_check(L, 1)->pool;
  while (*handle != NULL && !(*handle)->finished) {
    aic_pool_act(p, INTERRUPT_SLICE_MS);
    aic_pool_announce(p);
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

static const operation *check_operation(lua_State *L, int index) {
  const operation *op = aic_operation_find(luaL_checkstring(L, index));
  if (op == NULL) luaL_argerror(L, index, "no such operation");
  return op;
}

/* core.start(session, operation, …) */
static int start(lua_State *L) {
  transfer **handle;
  return begin(L, check_operation(L, 2), 3, true, &handle) ? 1 : 2;
}

/* core.check(operation, …) */
static int check(lua_State *L) {
  const operation *op = check_operation(L, 1);
  request built;
  const char *complaint = aic_operation_check(L, op, 2, &built);
  if (complaint == NULL) return 0;
  lua_pushstring(L, complaint);
  return 1;
}

/* core.check_setting(name, value) */
static int check_setting(lua_State *L) {
  lua_settop(L, 2);
  return aic_config_check(L, luaL_checkstring(L, 1)) != NULL ? 1 : 0;
}

static int now(lua_State *L) {
  lua_pushnumber(L, aic_clock_now());
  return 1;
}

static int wall(lua_State *L) {
  lua_pushnumber(L, aic_clock_wall());
  return 1;
}

static int pseudo_random(lua_State *L) {
  lua_pushnumber(L, aic_random());
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

/* core.file_mode(path): who may read a file, as chmod counts; nothing: there is none. */
static int file_mode(lua_State *L) {
  struct stat about;
  if (stat(luaL_checkstring(L, 1), &about) != 0) return 0;
  lua_pushinteger(L, about.st_mode & 07777);
  return 1;
}

/* Closing a Lua state unloads its modules, and with this one libcurl, while libcurl may still have
 * a thread in a name lookup: so this library stays loaded once it is. */
static void stay_loaded(void) {
  Dl_info self;
  if (dladdr((void *)(size_t)stay_loaded, &self) != 0) {
    (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

/* Once per process, though Lua states of several threads may load us; if it fails, the next state
 * that loads us tries again. Where the host has set libcurl up before, its allocator stays. */
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
  static const luaL_Reg functions[] = {{"session", aic_session_create}, {"check", check},
      {"check_setting", check_setting}, {"now", now}, {"wall", wall}, {"random", pseudo_random},
      {"sleep", sleep_seconds}, {"file_mode", file_mode}, {"folder", aic_folder_names},
      {"decode", aic_json_decode_text}, {NULL, NULL}};
  if (!begin_process()) return luaL_error(L, "libcurl cannot be initialised: out of memory");
  aic_session_register(L);
  aic_transfer_register(L);
  aic_folder_register(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  luaL_getmetatable(L, SESSION_TYPE); /* for aic_check_object */
  lua_pushcclosure(L, start, 1);
  lua_setfield(L, -2, "start");
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
