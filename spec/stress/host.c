/* What Lua cannot do and its hosts do: fork, and a signal that sets a hook, as lua.c's Ctrl-C does.
 * Built by tools/stress.sh for both ABIs, as the Lua module stress.host. */
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static lua_State *target; /* the main thread */

static void stop(lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

static void on_alarm(int number) {
  (void)number;
  lua_sethook(target, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* host.alarm(ms): so much later the main thread is interrupted; 0: it is not, after all. */
static int set_alarm(lua_State *L) {
  const struct itimerval timer = {
      .it_value = {.tv_usec = (suseconds_t)(luaL_checknumber(L, 1) * 1000)}};
  setitimer(ITIMER_REAL, &timer, NULL);
  return 0;
}

/* host.fork(fn): runs it in a child; returns the child's status, 0 if all was well. */
static int run_in_child(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  const pid_t child = fork();
  if (child < 0) return luaL_error(L, "fork failed");
  if (child == 0) {
    lua_settop(L, 1);
    (void)lua_pcall(L, 0, 0, 0);
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) {
  }
  lua_pushinteger(L, status);
  return 1;
}

/* host.descriptors(): how many are open. */
static int count_descriptors(lua_State *L) {
  int count = -1; /* its own */
  DIR *folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) count++;
  if (folder != NULL) closedir(folder);
  lua_pushinteger(L, count);
  return 1;
}

__attribute__((visibility("default"))) int luaopen_stress_host(lua_State *L) {
  target = L; /* it is required by the main chunk */
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  lua_newtable(L);
  lua_pushcfunction(L, set_alarm);
  lua_setfield(L, -2, "alarm");
  lua_pushcfunction(L, run_in_child);
  lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, count_descriptors);
  lua_setfield(L, -2, "descriptors");
  return 1;
}
