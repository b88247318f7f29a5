--- What the specs need not cover of src/, and why: by file, a part of the line and the reason. A file with a text
-- instead of a list is not built here at all. `make coverage` reads this.

local MEMORY = "libcurl refuses an option for want of memory only, and it does not allocate for this one"
local ARGUMENT = "luaL_argcheck is an expression of a macro with a value that nobody uses"
local KERNEL = "the kernel refuses to watch a socket for want of memory only"
local LIBCURL = "libcurl does not do this, but its description does not promise it"
local HOOK = "needs a hook, or a finalizer, at the one moment"
local BOTH = "one of the two Luas or the compiler decides this"

return {
  ["src/pollset_kqueue.c"] = "for BSD and macOS: nothing here can run it; it is an empty file on Linux",
  ["src/buffer.c"] = { { "if (!move(target, length))", "nobody keeps the start of an empty body" } },
  ["src/config.c"] = {
    {
      ': "text without control characters expected";',
      "no text with control characters comes this far but a proxy, which the corpus has",
    },
    { "size_t row = name != NULL ? 0", "a setting whose name is no string" },
    { "session: unknown setting", "a setting whose name is no string" },
  },
  ["src/core.c"] = {
    { "if (*handle != NULL) aic_pool_release", "an interrupted call whose hook has closed the session, too: " .. HOOK },
    { "if (dladdr(", "a function of ours is always in some file" },
    { "aic_process_begin() && curl_global", "no memory at the start of a process: torture_test begins later" },
    { "if (!begin_process())", "no memory at the start of a process: torture_test begins later" },
  },
  ["src/credentials.c"] = {
    { "if (byte != ", BOTH },
    { "if (c->wiped)", HOOK },
    { "aic_secret_stands_in(c->client_secret", "a secret that shows itself unescaped only, where its form would not" },
  },
  ["src/exchange.c"] = {
    { "setopt(", MEMORY },
    { "set_pointer(", MEMORY },
    { "set_number(", MEMORY },
    { "set_blob(", MEMORY },
    { "set_headers(x, built)", MEMORY },
    { "c->credentials.certificate) &&", MEMORY },
    { "set_callbacks(x) && set_options(", MEMORY },
    { "i < COUNT(", MEMORY },
    { "if (length > 0 && length <= MOST_RESERVED)", "a Content-Length of more than what is reserved ahead" },
    { "const bool fits =", "a list of hosts without proxy that is longer than 2,000 characters" },
    { "{CURLOPT_NOPROXY,", "an explicit proxy is used by no spec that is run here" },
    { "return form != NULL", HOOK },
    { "return aic_buffer_append(&x->group, name", "no memory in the middle of a line: the buffer has room by then" },
  },
  ["src/interrupt.c"] = {
    { "lua_gethookmask(main) == AT_ONCE", "a hook of lua.c's kind that counts more than one instruction" },
    { "if (luaL_loadstring", "no memory for a chunk of one word, at the one moment" },
  },
  ["src/json.c"] = { { "if (luaL_loadstring", "no memory for the chunk, at the one moment" } },
  ["src/operation.c"] = {
    { "if (!aic_parameter_fits_item(L", HOOK },
    { "batch: an item changed while it was read", HOOK },
    { "if (option->query == NULL) continue;", "no operation has options of both kinds" },
  },
  ["src/pollset.c"] = {
    { "if (!aic_pollset_backend_watch(", KERNEL },
    { "if ((size_t)fd >= set->capacity) return;", LIBCURL },
    { "if (watch == NULL) return false;", "a socket that is wanted was opened before, and has its place" },
    { "left > INT_MAX", "a timeout of 25 days: libcurl's are 24 hours at most" },
  },
  ["src/pollset_epoll.c"] = {
    { "if (set->fd >= 0 && set->timer >= 0", KERNEL },
    { "return control(set, operation, fd, to_epoll(after))", KERNEL },
  },
  ["src/pool.c"] = {
    { "curl_easy_setopt(", MEMORY },
    { "curl_multi_setopt(", MEMORY },
    { "&& set_callbacks(t)", MEMORY },
    { "if (!aic_exchange_prepare(", MEMORY },
    { "return aic_pollset_want(", KERNEL },
    { 'if (p->closed) return "the session is closed";', HOOK },
    { "if (p->closed || p->idle.count >= MOST_IDLE)", HOOK },
    { "if (p->multi == NULL || !set_multi(p))", MEMORY },
    { "round < MOST_ROUNDS", "libcurl has work at once 16 times in a row" },
    { "if (message->msg != CURLMSG_DONE)", LIBCURL },
    { "fine && i < count", "libcurl fails as a whole while it has more than one event" },
    { "reap(p, fine && run_due(p));", "libcurl fails as a whole while it has more than one event" },
  },
  ["src/reply.c"] = {
    { "while (length > 0 && ((unsigned char)", "200 bytes that all continue a character are no text" },
    { "if (length >= PREVIEW) return NULL;", "a request id of more than 200 characters" },
    { "const bool shown =", "spec/tls/ has not every failure for every kind of certificate" },
    { "return shown && hung_up", "spec/tls/ has not every failure for every kind of certificate" },
    { "x->issued > 0) return not_http;", "HTTP of a kind that libcurl does not understand before it has asked" },
  },
  ["src/secret.c"] = {
    { "if (block != NULL && size > 0", LIBCURL },
    { "void *fresh = malloc(size > 0", LIBCURL },
    { "return size > 0 && memmem(", "a secret of less than 4 characters in a body with escapes" },
  },
  ["src/session.c"] = {
    { "luaL_argcheck(", ARGUMENT },
    { "p->owner != aic_process_id()) return false;", "a fork by a hook" },
  },
  ["src/token.c"] = { { "if (i == found->length ||", "a backslash before the closing quote would have escaped it" } },
  ["src/transfer.c"] = {
    { "if (*handle == NULL || ", HOOK },
    { "return *handle != NULL && (*handle)->read", HOOK },
  },
}
