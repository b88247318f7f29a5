/* Hooks that are set while a call blocks, as a signal handler of the host does it: lua.c's puts one
 * on the main thread, which a coroutine only learns of when it returns; a debugger's only looks. */
#include <signal.h>
#include <sys/time.h>

#include "server.h"

static lua_State *target;
static lua_Hook hooks[2];

enum { AT_ONCE = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT }; /* as lua.c does */
static int mask = AT_ONCE;

/* A hook that was set too early is no change for whoever looks later, so another one follows. */
static void on_alarm(int number) {
  (void)number;
  static int turn;
  turn = 1 - turn;
  lua_sethook(target, hooks[turn], mask, 1);
}

static void alarm_every_ms(int ms) {
  const struct timeval time = {0, ms * 1000};
  const struct itimerval timer = {time, time};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void stop(lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

static void stop_too(lua_State *L, lua_Debug *where) { stop(L, where); }

static int looks;

static void look(lua_State *L, lua_Debug *where) {
  (void)L, (void)where;
  looks++;
}

static void look_too(lua_State *L, lua_Debug *where) { look(L, where); }

static void close_session(lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  (void)luaL_dostring(L, "if session then session:close() end");
}

static void close_session_too(lua_State *L, lua_Debug *where) { close_session(L, where); }

/* Runs the chunk while alarms set one of these hooks, and then the other. */
static bool run_under(lua_State *L, lua_Hook first, lua_Hook second, const char *chunk) {
  hooks[0] = first;
  hooks[1] = second;
  target = L;
  alarm_every_ms(10);
  const bool fine = luaL_dostring(L, chunk) == LUA_OK;
  alarm_every_ms(0);
  lua_sethook(L, NULL, 0, 0);
  if (!fine) lua_pop(L, 1);
  return fine;
}

/* A server that accepts and never answers: nobody calls accept. */
static int deaf_port(void) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 10) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
  return ntohs(address.sin_port);
}

/* In a coroutine, since the hook of the main thread cannot run there. */
static void test_wanted(lua_State *L, const char *chunk) {
  CHECK(run(L, "called = nil"));
  lua_pushfstring(L, "coroutine.wrap(function() %s called = true end)()", chunk);
  (void)run_under(L, stop, stop_too, lua_tostring(L, -1));
  CHECK(run(L, "assert(called)"));
  lua_pop(L, 1);
}

static void test_raised(lua_State *L) {
  CHECK(!run_under(L, stop, stop_too, "core.sleep(60)"));
  CHECK(!run_under(L, stop, stop_too, "session:wait(60)"));
  CHECK(!run_under(L, stop, stop_too, "core.status(session, 'd000')"));
}

/* A hook that only looks does not end the call, and is called on. */
static void test_looking(lua_State *L) {
  mask = LUA_MASKLINE | LUA_MASKCALL;
  looks = 0;
  CHECK(run_under(L, look, look_too, "assert(core.sleep(0.3) == true)") && looks > 0);
  looks = 0;
  CHECK(run_under(L, look, look_too, "assert(session:wait(0.3) == true)") && looks > 0);
  mask = AT_ONCE;
}

/* A signal that came before the call, while the coroutine ran. */
static int signalled(lua_State *L) {
  (void)L;
  lua_sethook(target, stop, AT_ONCE, 1);
  return 0;
}

static void test_already_wanted(lua_State *L, const char *chunk) {
  target = L;
  lua_register(L, "signalled", signalled);
  CHECK(run(L, "called = nil"));
  lua_pushfstring(L, "coroutine.wrap(function() signalled() %s called = true end)()", chunk);
  CHECK(luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK);
  CHECK(run(L, "assert(called)"));
  lua_settop(L, 0);
}

static void test_closing(lua_State *L) {
  CHECK(run_under(L, close_session, close_session_too,
      "local _, err = core.stop(session, 'd000') assert(err.kind == 'cancelled')"));
  CHECK(run(L, "session = open()"));
  CHECK(run_under(L, close_session, close_session_too, "assert(session:wait(60) == true)"));
  CHECK(run(L, "assert(session:closed() and tostring(session):find 'closed')"));
}

int main(void) {
  struct sigaction action = {.sa_handler = on_alarm};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  server_port = deaf_port();
  lua_State *L = luaL_newstate();
  open_module(L);
  CHECK(run(L, "function open() return core.session { base_url = 'http://127.0.0.1:' .. port } end "
               "session = open()"));
  test_wanted(L, "assert(core.sleep(60) == false)");
  test_wanted(L, "assert(session:wait(60) == false)");
  test_wanted(L, "local _, err = core.stop(session, 'd000') "
                 "assert(err.kind == 'cancelled' and err.ambiguous)");
  test_already_wanted(L, "assert(core.sleep(60) == false)");
  test_already_wanted(L, "assert(session:wait(60) == false)");
  test_already_wanted(L, "local _, err = core.status(session, 'd000') "
                         "assert(err.kind == 'cancelled')");
  test_raised(L);
  test_looking(L);
  test_closing(L);
  lua_close(L);
  return checks_failed > 0;
}
