/* What the system refuses: descriptors, and random numbers. */
#include <errno.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "pollset.h"
#include "server.h"
#include "system.h"

/* ---- no random numbers ---- */

static bool without_entropy;

/* The module's calls land here. */
int getentropy(void *buffer, size_t length) {
  if (!without_entropy) return getrandom(buffer, length, 0) == (ssize_t)length ? 0 : -1;
  errno = ENOSYS;
  return -1;
}

static void test_entropy(void) {
  without_entropy = true;
  const double first = aic_random();
  bool varies = false;
  for (int i = 0; i < 1000; i++) {
    const double number = aic_random();
    CHECK(number >= 0 && number < 1);
    varies = varies || number != first;
  }
  CHECK(varies);
  without_entropy = false;
}

/* ---- no more descriptors ---- */

/* So many more may be opened. Returns what was allowed before. */
static rlim_t allow_more(int count) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t before = limit.rlim_cur;
  const int next = dup(0); /* the lowest that is free */
  close(next);
  limit.rlim_cur = (rlim_t)(next + count);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return before;
}

static void allow(rlim_t count) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = count;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static int lowest_free(void) {
  const int fd = dup(0);
  close(fd);
  return fd;
}

static void test_pollset(void) {
  const int before = lowest_free();
  for (int most = 0; most < 2; most++) {
    pollset set;
    const rlim_t allowed = allow_more(most);
    CHECK(!aic_pollset_open(&set) && errno == EMFILE && set.fd == -1 && set.timer == -1);
    allow(allowed);
    CHECK(lowest_free() == before);
  }
}

/* A session that cannot be opened, or cannot connect, says so; later it works. */
static void test_session(void) {
  lua_State *L = luaL_newstate();
  open_module(L);
  CHECK(run(L, "function new() return core.session { base_url = 'http://127.0.0.1:' .. port } end "
               "session = new() assert(core.status(session, 'd000')) session:close() "
               "session, other = new(), new()"));
  const rlim_t allowed = allow_more(0);
  CHECK(run(L, "local reply, err = core.status(session, 'd000') "
               "assert(not reply and err.kind == 'transport' and err.message:find 'open files')"));
  CHECK(run(L, "local flying, err = core.start(session, 'stop', 'd000') "
               "assert(not flying and err.kind == 'transport' and not err.ambiguous)"));
  CHECK(run(L, "assert(not pcall(session.fd, session) and not pcall(session.step, session))"));
  allow(allowed);
  /* libcurl opens a pair of its own besides the session's two: nothing is left for a socket. */
  bool refused = false;
  for (int more = 2; more < 8 && !refused; more++) {
    const rlim_t before = allow_more(more);
    refused = run(L, "local reply, err = core.status(new(), 'd000') collectgarbage() "
                     "assert(reply or err.kind == 'transport') refused = not reply") &&
              run(L, "if not refused then error('it went well', 0) end");
    allow(before);
  }
  CHECK(refused);
  CHECK(run(L, "assert(core.status(session, 'd000').status == 'RUNNING')"));
  CHECK(run(L, "assert(core.status(other, 'd000').status == 'RUNNING')"));
  lua_close(L);
}

/* More transfers than a session keeps handles for: the others are freed. */
static void test_many(void) {
  lua_State *L = luaL_newstate();
  open_module(L);
  CHECK(run(L, "local session = core.session { base_url = 'http://127.0.0.1:' .. port, "
               "max_connections = 4 } local flying = {} "
               "for i = 1, 300 do flying[i] = core.start(session, 'status', 'd000') end "
               "for i = 1, 300 do flying[i]:cancel() end "
               "assert(core.status(session, 'd000').status == 'RUNNING')"));
  lua_close(L);
}

int main(void) {
  start_server();
  test_entropy();
  test_pollset();
  test_session();
  test_many();
  return checks_failed > 0;
}
