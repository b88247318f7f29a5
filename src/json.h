/* JSON -> Lua, by lua-cjson, or by what a Neovim without it has inside. */
#pragma once

#include <lua.h>
#include <stdbool.h>

/* Pushes a decoder: strict, this deep, with a configuration of its own. */
void aic_json_push_decoder(lua_State *L, int max_depth);
/* Replaces the decoder and the text on top by what the text means: null reads as absent, a number
 * without a fraction as an integer. False: by a text that says why it means nothing. Raises
 * what has nothing to do with the text: no memory, the error of a hook. */
bool aic_json_decode(lua_State *L);
/* core.decode(text, max_depth): the table that it means, or nil and why it means none. */
int aic_json_decode_text(lua_State *L);
