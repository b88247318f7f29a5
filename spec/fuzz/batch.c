/* The answer to a batch, through the core and then sends.lua: what becomes of each item.
 * The input: a byte for the status, and then the body. */
#include "answer.h"

static const long statuses[] = {202, 202, 202, 200, 400, 404, 429, 500, 503};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  static bool loaded;
  if (!loaded) {
    push_lua_target(L, "batch");
    lua_setglobal(L, "target");
    loaded = true;
  }
  input in = {(const char *)data, size};
  exchange x = {.operation = aic_operation_find("batch"), .resource = aic_deployments, .issued = 1};
  answered.status = statuses[take_choice(&in, sizeof statuses / sizeof statuses[0])];
  push_session(L);
  lua_getglobal(L, "target");
  const int results = push_answer(L, 1, &x, &in);
  judge(L, x.operation, results);
  call(L, results, 0);
  lua_settop(L, 0);
  return 0;
}
