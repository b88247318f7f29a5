/* Texts: which come from Lua, and what may be made of them. */
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* The string at the index, or NULL. A number does not count as a string here. */
const char *aic_text_at(lua_State *L, int index, size_t *length);
/* Without control characters, those of Unicode too? */
bool aic_text_is_printable(const char *text, size_t length);
/* Does it say the same in a header: not empty, no control characters, no blank at either end? */
bool aic_text_is_header_safe(const char *text, size_t length);
#define HEADER_TEXT "text without control characters and outer blanks expected"
/* Does it pass for the name of a resource group? */
bool aic_text_is_group(const char *text, size_t length);
#define GROUP_TEXT                                                                                 \
  "the name of one, 1 to 253 characters without control characters and outer blanks, expected"
