/* One exchange in flight: a reusable libcurl handle, its reply, and the Lua object that owns it. */
#ifndef AICORE_TRANSFER_H
#define AICORE_TRANSFER_H

#include <curl/curl.h>
#include <lua.h>
#include <stdbool.h>

#include "buffer.h"
#include "operation.h"
#include "session.h"

#define TRANSFER_TYPE "aicore.transfer"

typedef struct transfer {
  session *session;
  transfer_list *list;
  struct transfer *previous, *next;
  struct transfer **handle; /* the Lua object's pointer to this; NULL: none */

  CURL *easy;
  const operation *operation;
  const char *resource; /* a constant */
  char id[65];          /* of the record; "": none */
  bool announced;       /* session:step() reports it */
  bool finished;
  bool read; /* its reply is being read: what runs meanwhile (a finalizer) may not end it */
  CURLcode outcome;
  int issued; /* how often the request was sent, or begun to be */

  secret *authorization;            /* sent, or for a login received */
  buffer headers;                   /* the text behind the list */
  struct curl_slist header_list[3]; /* followed by the session's own */
  buffer reply;
  size_t header_bytes;
  bool headers_full;
  char error[CURL_ERROR_SIZE];
} transfer;

/* Pushes a Lua object for a transfer that is still to come. It shares the user value (and so the
 * session) of the object at the index, which is a session or a transfer. */
transfer **aic_transfer_push(lua_State *L, int index);

/* Anchors the object on top, so that step() finds it; and undoes that, where the object or its
 * session is at the index. Only the first may raise. */
void aic_transfer_anchor(lua_State *L, transfer **handle);
void aic_transfer_unanchor(lua_State *L, int index, transfer **handle);

/* Starts the request as the object's transfer. NULL, or the reason why not. */
const char *aic_transfer_start(session *s, const request *built, transfer **handle, bool announced);

/* Ends it, in flight or not, and gives its libcurl handle back to the session. */
void aic_transfer_release(transfer *t);

/* Frees it, or in a forked child, where libcurl must not be called, forgets it. */
void aic_transfer_free(transfer *t);
void aic_transfer_forget(transfer *t);

/* Pushes the reply's table, or nil and an error table, of the finished transfer that the object at
 * the index holds, and releases it. If it raises (no memory), the end of the object releases it. */
int aic_transfer_take(lua_State *L, int index, transfer **handle);

/* Registers the metatable. */
void aic_transfer_register(lua_State *L);

#endif
