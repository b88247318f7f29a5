/* Headers of the user's own, for requests to the AI API: a table { name = text } in Lua. */
#pragma once

#include <curl/curl.h>
#include <lua.h>

/* What is wrong with the value on top, which may be nil: a text that is pushed; or NULL. */
const char *aic_headers_complaint(lua_State *L);
/* Pushes a table that holds a list of the headers in the one on top, which was checked; or nil. The
 * list ends with `next`, and lives as long as the table. */
struct curl_slist *aic_headers_push(lua_State *L, struct curl_slist *next);
