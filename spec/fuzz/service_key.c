/* Service keys, config files, variables: what config.lua makes of them. The input's lines are read by
 * service_key.lua. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  static bool loaded;
  if (!loaded) {
    push_lua_target(L, "service_key");
    lua_setglobal(L, "target");
    loaded = true;
  }
  lua_getglobal(L, "target");
  lua_pushlstring(L, (const char *)data, size);
  call(L, 1, 0);
  lua_settop(L, 0);
  return 0;
}
