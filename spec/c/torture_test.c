/* Every allocation fails: each scenario runs with its first allocation failing, then its second, and
 * so on until a run passes that none failed in. After each run nothing may be left (memory of Lua,
 * memory of the module and of libcurl, descriptors), and the session works or says that it is closed.
 * Every run is a process of its own, as a crash is to be told, too.
 *
 * The module's and libcurl's calls of malloc land in this program's own; whose they are is told by
 * the caller's address. lua-cjson's are let through: it ends the process where it gets no memory. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "server.h"

/* ---- failing on purpose ---- */

/* Lua collects its garbage and tries again when it gets no memory, so its second failure is the
 * first that is felt. */
typedef enum fail_mode { ONCE = 1, TWICE = 2, FOREVER = 1 << 30 } fail_mode;

typedef struct plan {
  long first; /* which allocation fails, from 1; 0: none */
  long count; /* how many from there on */
  long seen;
} plan;

static plan lua_plan, c_plan;

#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))

UNCHECKED static bool fails(plan *p) {
  if (p->first == 0) return false;
  p->seen++;
  return p->seen >= p->first && p->seen - p->first < p->count;
}

#define REPLACEMENT UNCHECKED __attribute__((visibility("default")))

/* ---- the allocations of the module and libcurl ---- */

enum { MOST_LIVE = 16384 };

static _Thread_local bool watched; /* only the thread that runs the scenarios is */
static bool tracking;              /* not in the process of the server */
static struct { uintptr_t from, to; } callers[8];
static size_t caller_count;
static void *live[MOST_LIVE];
static size_t live_count;
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER; /* libcurl's resolver has threads */

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

/* dlsym itself allocates a little before we know where to get it from. */
static char early[65536] __attribute__((aligned(16)));
static size_t early_used;

UNCHECKED static void *early_block(size_t size) {
  void *block = early + early_used;
  early_used += (size + 15) & ~(size_t)15;
  return early_used <= sizeof early ? block : NULL;
}

UNCHECKED static bool is_early(const void *block) {
  return (const char *)block >= early && (const char *)block < early + sizeof early;
}

UNCHECKED static void find_next(void) {
  static bool finding;
  if (finding) return;
  finding = true;
  *(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
  *(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
  *(void **)&next_free = dlsym(RTLD_NEXT, "free");
  *(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
}

UNCHECKED static bool counts(const void *caller) {
  for (size_t i = 0; watched && i < caller_count; i++) {
    if ((uintptr_t)caller >= callers[i].from && (uintptr_t)caller < callers[i].to) return true;
  }
  return false;
}

UNCHECKED static void *born(void *block) {
  pthread_mutex_lock(&live_lock);
  if (block != NULL && live_count < MOST_LIVE) live[live_count++] = block;
  pthread_mutex_unlock(&live_lock);
  return block;
}

/* The youngest die first, mostly; and some in another thread than they were born in. */
UNCHECKED static void died(const void *block) {
  if (!tracking) return;
  pthread_mutex_lock(&live_lock);
  size_t i = block != NULL ? live_count : 0;
  while (i > 0 && live[i - 1] != block) i--;
  if (i > 0) live[i - 1] = live[--live_count];
  pthread_mutex_unlock(&live_lock);
}

/* How many blocks are left; a resolver's thread that nobody waits for may still have to end. */
static size_t count_live(void) {
  size_t count = 1;
  for (int i = 0; count > 0 && i < 2000; i++) {
    if (i > 0) usleep(1000);
    pthread_mutex_lock(&live_lock);
    count = live_count;
    pthread_mutex_unlock(&live_lock);
  }
  return count;
}

REPLACEMENT void *malloc(size_t size) {
  if (next_malloc == NULL) find_next();
  if (next_malloc == NULL) return early_block(size);
  if (!counts(__builtin_return_address(0))) return next_malloc(size);
  return fails(&c_plan) ? NULL : born(next_malloc(size));
}

REPLACEMENT void *calloc(size_t count, size_t size) {
  if (next_malloc == NULL) find_next();
  if (next_malloc == NULL) return early_block(count * size); /* still zero */
  if (!counts(__builtin_return_address(0))) return next_calloc(count, size);
  return fails(&c_plan) ? NULL : born(next_calloc(count, size));
}

REPLACEMENT void *realloc(void *block, size_t size) {
  if (next_malloc == NULL) find_next();
  if (next_malloc == NULL || is_early(block)) return NULL; /* dlsym does not */
  if (!counts(__builtin_return_address(0))) return next_realloc(block, size);
  if (fails(&c_plan)) return NULL;
  void *fresh = next_realloc(block, size);
  if (fresh == NULL) return NULL;
  died(block);
  return born(fresh);
}

REPLACEMENT void free(void *block) {
  if (is_early(block)) return;
  died(block);
  if (next_free != NULL) next_free(block);
}

REPLACEMENT char *strdup(const char *text) {
  const size_t size = strlen(text) + 1;
  const bool counted = counts(__builtin_return_address(0));
  if (counted && fails(&c_plan)) return NULL;
  char *copy = next_malloc(size);
  if (copy != NULL) memcpy(copy, text, size);
  return counted ? born(copy) : copy;
}

/* As strdup, it allocates for its caller. */
REPLACEMENT DIR *opendir(const char *path) {
  static DIR *(*next_opendir)(const char *);
  if (next_opendir == NULL) *(void **)&next_opendir = dlsym(RTLD_NEXT, "opendir");
  if (!counts(__builtin_return_address(0)) || !fails(&c_plan)) return next_opendir(path);
  errno = ENOMEM;
  return NULL;
}

/* The program itself, which the module is part of, and libcurl. */
static int note_caller(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size, (void)data;
  if (info->dlpi_name[0] != '\0' && strstr(info->dlpi_name, "libcurl") == NULL) return 0;
  for (size_t i = 0; i < info->dlpi_phnum && caller_count < 8; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
    callers[caller_count].from = info->dlpi_addr + part->p_vaddr;
    callers[caller_count].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    caller_count++;
  }
  return 0;
}

/* ---- Lua's allocations ---- */

static size_t lua_bytes;

static void *lua_memory(void *data, void *block, size_t old, size_t size) {
  (void)data;
  if (block == NULL) old = 0;
  if (size == 0) {
    if (next_free != NULL) next_free(block);
    lua_bytes -= old;
    return NULL;
  }
  if (size > old && fails(&lua_plan)) return NULL;
  void *fresh = next_realloc(block, size);
  if (fresh != NULL) lua_bytes += size - old;
  return fresh;
}

/* ---- the scenarios: what is prepared, and what is run under failures ---- */

#define SESSION "session = core.session(config) "
#define WARM SESSION "core.status(session, 'd000') "
#define FLYING WARM "flying = core.start(session, 'status', 'd000') "
#define LANDED FLYING "repeat session:wait(5) session:step() until flying:finished() "
#define ANSWER(call) "local r, e = " call " assert(r or e.kind and e.message, 'neither') "

static const struct {
  const char *name, *prepare, *run;
} scenarios[] = {{"session", "", SESSION "tostring(session)"},
    {"misconfigured", "",
        "pcall(core.session, { base_url = 'http://example.org' }) "
        "pcall(core.session, { base_url = 1 }) pcall(core.session, { x = 1 })"},
    {"first exchange", SESSION, ANSWER("core.status(session, 'd000')")},
    {"status", WARM,
        ANSWER("core.status(session, 'd000', { resource_group = 'x', timeout = 0.5 })")},
    {"list", WARM,
        ANSWER(
            "core.list(session, { status = 'RUNNING', top = 9, executable_ids = { 'aaaa', 'bbbb' } "
            "})") "assert(not r or r.resources[1].id == 'd000' and r.resources[1].x == nil)"},
    {"count", WARM, ANSWER("core.count(session)") "assert(not r or r == 3)"},
    {"create", WARM,
        ANSWER("core.create(session, 'conf', { ttl = '3h' })") "assert(not r or r.id == 'd001')"},
    {"update", WARM, ANSWER("core.update(session, 'd000', 'conf')")},
    {"stop", WARM, ANSWER("core.stop(session, 'd000')")},
    {"delete", WARM, ANSWER("core.delete(session, 'd000')")},
    {"batch", WARM,
        ANSWER("core.batch(session, { { id = 'd000', targetStatus = 'STOPPED' }, "
               "{ id = 'd001', targetStatus = 'DELETED' } })")},
    {"logs", WARM, ANSWER("core.logs(session, 'd000', { start = '2026-01-01T00:00:00+01:00' })")},
    {"capabilities", WARM, ANSWER("core.capabilities(session)")},
    {"login", WARM, ANSWER("core.login(session)") "assert(not r or r.expires_in == 3600)"},
    {"useless login", "config.token_url = config.base_url .. '/misfit' " SESSION,
        "local r, e = core.login(session) assert(not r and e.kind)"},
    {"refusal", WARM, "local r, e = core.status(session, 'missing') assert(not r and e.kind)"},
    {"page", WARM, "local r, e = core.status(session, 'html') assert(not r and e.kind)"},
    {"unreachable",
        "config.base_url = 'http://127.0.0.1:1' " SESSION "session = nil "
        "nobody = core.session(config)",
        "local r, e = core.status(nobody, 'd000') assert(not r and e.kind)"},
    {"misuse", WARM,
        "pcall(core.status, session, 'x') pcall(core.status, session, 'd000', { y = 1 })"
        "core.check('stop') core.check('list', { top = 0 })"},
    {"start", WARM, ANSWER("core.start(session, 'status', 'd000')") "tostring(r)"},
    {"start many", SESSION,
        "for i = 1, 3 do core.start(session, 'list') end "
        "for i = 1, 5 do session:wait(0.005) session:step() end"},
    {"step", FLYING, "repeat session:wait(0.5) session:step() until flying:finished()"},
    {"result", LANDED, ANSWER("flying:result()") "assert(not r or r.status == 'RUNNING')"},
    {"info", LANDED, "assert(flying:info().status == 200) tostring(flying)"},
    {"cancel", FLYING, "flying:cancel() assert(flying:finished())"},
    {"close", FLYING, "session:close() session = nil"},
    {"fd", FLYING, "assert(session:fd() >= 0) session:step()"},
    {"set_token", WARM, "session:set_token('another') core.status(session, 'd000')"},
    {"folder", "",
        "local names = core.folder('/') assert(#names > 1) for _, name in ipairs(names) do "
        "assert(name ~= '.' and name ~= '..') end assert(not core.folder('/nowhere'))"},
    {"time", "", "core.now() core.wall() core.random() core.sleep(0.0001)"}, {NULL, NULL, NULL}};

static const char CONFIG[] =
    "local base = 'http://127.0.0.1:' .. port "
    "config = { base_url = base, token_url = base .. '/token', client_id = 'me', timeout = 1,"
    " client_secret = 'so secret', token = 'first', resource_group = 'g' }";

/* What must hold afterwards, once there is memory again. */
static const char AFTERWARDS[] =
    "if session then"
    "  local raised, r, e = pcall(core.status, session, 'd000')"
    "  if raised then assert(r and r.status == 'RUNNING', e and e.message)"
    "  else assert(tostring(r):find('closed'), r) end "
    "end";

/* ---- running ---- */

/* What became of a run, as the exit status of its process. */
enum { UNTOUCHED = 1, FELT = 2, SLOW = 4, BROKEN = 8 };

static int verdict;

static int count_descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) count++;
  if (folder != NULL) closedir(folder);
  return count;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void report(size_t scenario, const char *what, const plan *p) {
  verdict |= BROKEN;
  printf("not ok %s, %s allocation %ld (%ld times): %s\n", scenarios[scenario].name,
      p == &lua_plan ? "Lua's" : "C's", p->first, p->count, what);
}

/* Runs the function on top with failures; true: none happened. */
static bool run_failing(lua_State *L, size_t scenario, plan *p, long first, fail_mode mode) {
  p->count = mode;
  p->seen = 0;
  p->first = first;
  const double begun = seconds_now();
  const int outcome = lua_pcall(L, 0, 0, 0);
  const double elapsed = seconds_now() - begun;
  const bool untouched = p->seen < first;
  p->first = 0;
  if (elapsed > 0.9) verdict |= SLOW;
  if (elapsed > 2.5) report(scenario, "it took too long", &(plan){first, mode, 0});
  if (outcome == LUA_OK) return untouched;
  verdict |= FELT;
  const char *message = lua_tostring(L, -1);
  const bool about_memory = message != NULL && strstr(message, "memory") != NULL;
  if (untouched || !about_memory) {
    p->first = first;
    report(scenario, message != NULL ? message : "an error without a message", p);
    p->first = 0;
  }
  lua_pop(L, 1);
  return untouched;
}

/* One run, in a process of its own: how it ends is the status. */
static int run_point(size_t scenario, plan *p, long first, fail_mode mode) {
  const int before = count_descriptors();
  plan about = {first, mode, 0};
  tracking = watched = true;
  lua_State *L = lua_newstate(lua_memory, NULL);
  open_module(L);
  CHECK(run(L, CONFIG) && run(L, scenarios[scenario].prepare));
  CHECK(luaL_loadstring(L, scenarios[scenario].run) == LUA_OK);
  if (run_failing(L, scenario, p, first, mode)) verdict |= UNTOUCHED;
  if (luaL_dostring(L, AFTERWARDS) != LUA_OK) report(scenario, lua_tostring(L, -1), &about);
  lua_close(L);
  watched = false;
  if (lua_bytes != 0) report(scenario, "Lua's memory was lost", &about);
  if (count_live() != 0) report(scenario, "memory was lost", &about);
  if (count_descriptors() != before) report(scenario, "descriptors were left open", &about);
  if (checks_failed > 0) verdict |= BROKEN;
  fflush(stdout);
  return verdict;
}

static struct { long points, felt, slow, broken, libcurls; } total;

/* libcurl 7.88 goes on with a table of a socket's transfers that it had no memory for, and divides by
 * the number of its slots: nothing that its user does could avoid that. */
enum { LIBCURLS_SIGNAL = SIGFPE, MOST_OF_LIBCURLS = 24 };

/* True: there are further points in this scenario. */
static bool count_run(size_t scenario, plan *p, long first, fail_mode mode, int status) {
  const plan about = {first, mode, 0};
  total.points++;
  if (WIFSIGNALED(status)) {
    const bool known = p == &c_plan && WTERMSIG(status) == LIBCURLS_SIGNAL;
    if (known && ++total.libcurls <= MOST_OF_LIBCURLS) return true;
    report(scenario, strsignal(WTERMSIG(status)), &about);
    total.broken++;
    return first < 20000;
  }
  const int ended = WEXITSTATUS(status);
  total.felt += (ended & FELT) != 0;
  total.slow += (ended & SLOW) != 0;
  total.broken += (ended & BROKEN) != 0;
  return (ended & UNTOUCHED) == 0;
}

static void torture(size_t scenario, plan *p, fail_mode mode) {
  bool more = true;
  for (long first = 1; more && first < 20000; first++) {
    const pid_t child = fork();
    if (child == 0) _exit(run_point(scenario, p, first, mode));
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    while (atomic_load(&open_connections) > 0) sched_yield();
    more = count_run(scenario, p, first, mode, status);
  }
}

int main(int count, char **arguments) {
  if (next_malloc == NULL) find_next();
  dl_iterate_phdr(note_caller, NULL);
  start_server();
  for (size_t i = 0; scenarios[i].name != NULL; i++) {
    if (count > 1 && strcmp(arguments[1], scenarios[i].name) != 0) continue;
    torture(i, &lua_plan, ONCE);
    torture(i, &lua_plan, TWICE);
    torture(i, &lua_plan, FOREVER);
    torture(i, &c_plan, ONCE);
    torture(i, &c_plan, FOREVER);
  }
  printf("# %ld points, %ld of them felt in Lua, %ld as slow as the timeout, %ld crashes of "
         "libcurl's own\n",
      total.points, total.felt, total.slow, total.libcurls);
  const bool fine = total.broken == 0 && checks_failed == 0;
  printf("%s every allocation fails once\n", fine ? "ok" : "not ok");
  return !fine;
}
