/* What hosts do to the module: fork, and several Lua states in several threads. The server is a
 * thread of this program, so that nothing else is needed. */
#include <sys/wait.h>

#include "server.h"

static lua_State *new_state(void) {
  lua_State *L = luaL_newstate();
  open_module(L);
  return L;
}

static const char OPEN[] = "session = core.session { base_url = 'http://127.0.0.1:' .. port }";
static const char ASK[] = "assert(core.status(session, 'd000').status == 'RUNNING')";

/* ---- fork ---- */

/* Ends a child by becoming another program: what the module leaves behind on purpose there, as
 * libcurl must not be called, is no leak that a memory checker should count. */
static void end_child(bool fine) {
  const char *program = fine ? "true" : "false";
  execlp(program, program, (char *)NULL);
  _exit(127);
}

static int wait_for(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_fork(void) {
  lua_State *L = new_state();
  CHECK(run(L, OPEN) && run(L, ASK));
  CHECK(run(L, "fd, flying = session:fd(), assert(core.start(session, 'status', 'd000'))"));
  const int before = atomic_load(&connections);

  pid_t child = fork();
  if (child == 0) {
    /* The parent's transfer is over here; the session goes on with a connection of its own. */
    const bool fine = run(L, "assert(flying:finished()); flying = nil") && run(L, ASK) &&
                      run(L, ASK) && run(L, "assert(core.start(session, 'status', 'd000'))");
    lua_close(L);
    end_child(fine);
  }
  CHECK(wait_for(child) == 0);
  CHECK(atomic_load(&connections) >= before + 1);

  /* A child that does nothing but end. */
  child = fork();
  if (child == 0) {
    lua_close(L);
    end_child(true);
  }
  CHECK(wait_for(child) == 0);

  const int after = atomic_load(&connections);
  CHECK(run(L, "while not flying:finished() do session:wait(10) session:step() end"));
  CHECK(run(L, "assert(flying:result().status == 'RUNNING')"));
  CHECK(run(L, ASK) && run(L, ASK) && run(L, "assert(session:fd() == fd)"));
  CHECK(atomic_load(&connections) == after); /* the old connections still do */
  lua_close(L);
}

/* A session that was made before the fork and not used yet belongs to nobody. */
static void test_fork_before_use(void) {
  lua_State *L = new_state();
  CHECK(run(L, OPEN));
  const pid_t child = fork();
  if (child == 0) end_child(run(L, ASK));
  CHECK(run(L, ASK));
  CHECK(wait_for(child) == 0);
  lua_close(L);
}

/* ---- threads ---- */

static void *work(void *failed) {
  lua_State *L = new_state();
  bool fine = run(L, OPEN);
  for (int i = 0; fine && i < 200; i++) fine = run(L, ASK);
  lua_close(L);
  if (!fine) atomic_fetch_add((atomic_int *)failed, 1);
  return NULL;
}

static void test_threads(void) {
  pthread_t threads[4];
  atomic_int failed = 0;
  for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, work, &failed) == 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  CHECK(atomic_load(&failed) == 0);
}

int main(void) {
  start_server();
  test_fork();
  test_fork_before_use();
  test_threads();
  return checks_failed > 0;
}
