/* How a blocking call learns that its host wants control back.
 *
 * Ctrl-C reaches a Lua program as a debug hook: the signal handler of lua.c and luajit.c sets one,
 * which raises "interrupted!" as soon as Lua code runs again. So a function that blocks compares the
 * hook now and then with the one from the beginning, and installs no signal handler of its own. */
#pragma once

#include <lua.h>
#include <stdbool.h>

/* How long a blocking call may go without a look, in milliseconds. */
enum { INTERRUPT_SLICE_MS = 50 };

typedef struct interrupt {
  lua_State *L;
  lua_Hook here; /* of the running coroutine … */
  lua_Hook main; /* … and of the main thread, where lua.c sets it */
} interrupt;

interrupt aic_interrupt_watch(lua_State *L);

typedef enum interrupt_state {
  INTERRUPT_NONE,
  INTERRUPT_RAISED, /* a new hook ran and raised an error, which is on the stack */
  INTERRUPT_WANTED  /* the hook is on the main thread: return, so that it can run there */
} interrupt_state;

/* Looks whether a hook was set since; lets a new hook of this coroutine run. */
interrupt_state aic_interrupt_poll(interrupt *watch);
/* Waits for so many seconds, in slices of some milliseconds, as long as slice returns true. Pushes
 * false where the host wants control instead, else true, and returns 1; or raises what a hook did. */
int aic_interrupt_wait(
    interrupt *watch, double seconds, bool (*slice)(void *data, int ms), void *data);
