/* An HTTP reply -> a Lua table, or an error table. JSON is read by lua-cjson. */
#ifndef AICORE_REPLY_H
#define AICORE_REPLY_H

#include <lua.h>

#include "transfer.h"

/* Pushes the reply of a finished transfer, whose object is at the index: its table (or count), or nil and an error table.
 * Fields of the error: kind, message, operation, id; where there was an answer: status, details
 * (AI Core's own, or the first 200 characters), code, request_id, target, retry_after (seconds);
 * retryable (could the same request succeed later?) and ambiguous (may it have taken effect?). */
int aic_reply_push(lua_State *L, int index, transfer *t);

/* Pushes { status, seconds, request_id } of a finished transfer. */
void aic_reply_push_info(lua_State *L, const transfer *t);

/* Pushes nil and an error table with these fields; the name of an operation and the id may
 * be NULL. */
int aic_reply_push_error(lua_State *L, const char *kind, const char *message, const char *name,
                         const char *id);

/* Pushes a decoder: strict, this deep, with a configuration of its own. */
void aic_reply_push_decoder(lua_State *L, int max_depth);

#endif
