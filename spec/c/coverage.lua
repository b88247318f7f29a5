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
  ["src/core.c"] = {
    { "if (*handle != NULL) transfer_release", "an interrupted call whose hook has closed the session, too: " .. HOOK },
    { "luaL_argcheck(", ARGUMENT },
    { "if (dladdr(", "a function of ours is always in some file" },
    { "begun = process_begin()", "no memory at the start of a process: torture_test begins later" },
    { "if (!begin_process())", "no memory at the start of a process: torture_test begins later" },
  },
  ["src/interrupt.c"] = {
    { "lua_gethookmask(main) == AT_ONCE", "a hook of lua.c's kind that counts more than one instruction" },
    { "return luaL_loadstring", "no memory for a chunk of one word, at the one moment" },
  },
  ["src/operation.c"] = {
    { "if (!parameter_fits_item(L", HOOK },
    { "batch: an item changed while it was read", HOOK },
  },
  ["src/parameter.c"] = { { "return (c >= 'a'", BOTH } },
  ["src/pollset.c"] = {
    { "if (!backend_watch(", KERNEL },
    { "if ((size_t)fd >= set->capacity) return;", LIBCURL },
    { "if (watch == NULL) return false;", "a socket that is wanted was opened before, and has its place" },
    { "left > INT_MAX", "a timeout of 25 days: libcurl's are 24 hours at most" },
  },
  ["src/pollset_epoll.c"] = {
    { "if (set->fd >= 0 && set->timer >= 0", KERNEL },
    { "return control(set, operation, fd, to_epoll(after))", KERNEL },
  },
  ["src/reply.c"] = {
    { "while (length > 0 && ((unsigned char)", "200 bytes that all continue a character are no text" },
    { "if (length >= PREVIEW) return NULL;", "a request id of more than 200 characters" },
    { "const bool shown =", "spec/tls/ has not every failure for every kind of certificate" },
    { "return shown && hung_up", "spec/tls/ has not every failure for every kind of certificate" },
    { "t->issued > 0) {", "HTTP of a kind that libcurl does not understand before it has asked" },
    { "if (!t->session->closed) session_keep_token", HOOK },
    { "switch (t->operation->reply) {", BOTH },
  },
  ["src/secret.c"] = {
    { "if (block != NULL && size > 0", LIBCURL },
    { "void *fresh = malloc(size > 0", LIBCURL },
    { "return hidden_length >= SHORTEST_REDACTED", "a secret of less than 4 characters in a body with escapes" },
  },
  ["src/session.c"] = {
    { "return pollset_want(", KERNEL },
    { "curl_multi_setopt(", MEMORY },
    { 'if (s->closed) return "the session is closed";', HOOK },
    { "if (s->multi == NULL || !set_multi(s))", MEMORY },
    { "round < MOST_ROUNDS", "libcurl has work at once 16 times in a row" },
    { "if (message->msg != CURLMSG_DONE)", LIBCURL },
    { "fine && i < count", "libcurl fails as a whole while it has more than one event" },
    { "reap(s, fine && run_due(s));", "libcurl fails as a whole while it has more than one event" },
    { "tells(s->client_secret", "a secret that shows itself unescaped only, where its form would not" },
    { "luaL_argcheck(", ARGUMENT },
    { "if (s->closed || s->owner != process_id()) break;", "a fork by a hook" },
  },
  ["src/session_config.c"] = {
    { "if (byte != ", BOTH },
    {
      ': "text without control characters expected";',
      "no text with control characters comes this far but a proxy, which the corpus has",
    },
    { "if (lua_type(L, -1) != LUA_TSTRING || !is_known_field", "a setting whose name is no string" },
    { "session: unknown setting", "a setting whose name is no string" },
  },
  ["src/token.c"] = { { "if (i == found->length ||", "a backslash before the closing quote would have escaped it" } },
  ["src/transfer.c"] = {
    { "setopt(", MEMORY },
    { "CURLE_OK &&", MEMORY },
    { "return false;", MEMORY },
    { "set_callbacks(t) && set_numbers(t)", MEMORY },
    { "set_method(t, built) && set_headers(t, built)", MEMORY },
    { "if (parts[i].text != NULL && !set_blob(", MEMORY },
    { "(s->ca == NULL || set_blob(", MEMORY },
    { "curl_multi_add_handle(", MEMORY },
    { "if (length > 0 && length <= MOST_RESERVED)", "a Content-Length of more than what is reserved ahead" },
    { "{CURLOPT_NOPROXY,", "an explicit proxy is used by no spec that is run here" },
    { "if (s->login_form == NULL) return false;", HOOK },
    { "return buffer_append(headers, name", "no memory in the middle of a line: the buffer has room by then" },
    {
      "struct curl_slist *list = count > 0",
      "a session without token and resource group in a login: both have a header",
    },
    { "if (s->closed || s->idle.count >= MOST_IDLE)", HOOK },
    { "if (*handle == NULL || ", HOOK },
    { "return *handle != NULL && (*handle)->read", HOOK },
  },
}
