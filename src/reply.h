/* What an exchange has come to -> a Lua table, or an error table. */
#pragma once

#include <lua.h>

#include "exchange.h"

/* Pushes the reply of a finished exchange, its table or count, and returns 1; where it is certain that
 * model/shape.lua finds nothing odd about it, nil and true besides, and returns 3; or pushes nil and an
 * error, and returns 2. The decoder of JSON is at the index. Fields of the error: kind, message,
 * operation, id; where there was an answer: status, details (AI Core's own, or the first 200
 * characters), code, request_id, target, retry_after (seconds); retryable (could the same request
 * succeed later?) and ambiguous (may it have taken effect?). The token of a login goes into the
 * exchange's configuration, not to Lua. */
int aic_reply_push(lua_State *L, int decoder, exchange *x);
/* Pushes { status, seconds, request_id, date } of a finished exchange. */
void aic_reply_push_info(lua_State *L, exchange *x);
