/* JSON -> Lua, by lua-cjson. */
#ifndef AICORE_JSON_H
#define AICORE_JSON_H

#include <lua.h>
#include <stdbool.h>

/* Pushes a decoder: strict, this deep, with a configuration of its own. */
void aic_json_push_decoder(lua_State *L, int max_depth);

/* Replaces the text on top by what it means: null reads as absent, and a number without a fraction is
 * an integer. False: by a text that says why it means nothing. The decoder is at the index. */
bool aic_json_decode(lua_State *L, int decoder);

#endif
