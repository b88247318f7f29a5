/* What an exchange has come to -> a Lua table, or an error table. */
#pragma once

#include <lua.h>

#include "exchange.h"

/* Replaces the decoder of JSON on top by a function of an exchange (as light userdata) that has finished:
 * it returns the reply, a table or a count, and where it is certain that model/shape.lua finds nothing
 * odd about it, nil and true besides; or nil and an error. Fields of the error: kind, message,
 * operation, id; where there was an answer: status, details (AI Core's own, or the first 200
 * characters), code, request_id, target, retry_after (seconds); retryable (could the same request
 * succeed later?) and ambiguous (may it have taken effect?). The token of a login goes into the
 * exchange's configuration, not to Lua. */
void aic_reply_push_reader(lua_State *L);
/* Pushes { status, seconds, request_id, date } of a finished exchange. */
void aic_reply_push_info(lua_State *L, exchange *x);
