#include "interrupt.h"

#include <math.h>

#include "compat.h"
#include "system.h"

/* What lua.c's signal handler asks for: the next instruction, of whatever kind. */
enum { AT_ONCE = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT };

/* Was such a hook set before? It waits until the coroutine that we may be in gives control back. */
static bool is_due(lua_State *main) {
  return lua_gethook(main) != NULL && lua_gethookmask(main) == AT_ONCE &&
         lua_gethookcount(main) == 1;
}

interrupt aic_interrupt_watch(lua_State *L) {
  lua_State *main = compat_mainthread(L);
  const interrupt watch = {L, lua_gethook(L), is_due(main) ? NULL : lua_gethook(main)};
  return watch;
}

interrupt_state aic_interrupt_poll(interrupt *watch) {
  lua_State *L = watch->L;
  if (lua_gethook(L) != watch->here) {
    /* Hooks fire on calls, returns, lines and counts: an empty Lua function has all of them. */
    if (luaL_loadstring(L, "return") != 0 || lua_pcall(L, 0, 0, 0) != 0) return INTERRUPT_RAISED;
    *watch = aic_interrupt_watch(L); /* it only wanted to look: a profiler's, a debugger's */
  }
  return lua_gethook(compat_mainthread(L)) != watch->main ? INTERRUPT_WANTED : INTERRUPT_NONE;
}

int aic_interrupt_wait(
    interrupt *watch, double seconds, bool (*slice)(void *data, int ms), void *data) {
  lua_State *L = watch->L;
  const double end = aic_clock_now() + (seconds > 0 ? fmin(seconds, 1e9) : 0); /* 0/0: none */
  interrupt_state state = INTERRUPT_NONE;
  while (state == INTERRUPT_NONE) {
    const double left_ms = ceil((end - aic_clock_now()) * 1000);
    if (left_ms <= 0 || !slice(data, (int)fmin(left_ms, INTERRUPT_SLICE_MS))) break;
    state = aic_interrupt_poll(watch);
    if (state == INTERRUPT_RAISED) return lua_error(L);
  }
  lua_pushboolean(L, state == INTERRUPT_NONE);
  return 1;
}
