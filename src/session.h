/* A connection pool with its credentials and limits: everything that transfers share.
 *
 * Invariants:
 *  - Opened lazily: a session holds no descriptor until its first transfer, so that it may be
 *    created before a fork. In a child, the parent's connections are closed without a word to
 *    their peers or to libcurl, and the session opens its own.
 *  - A transfer is in exactly one list: idle, running, finished, or delivered; or in none while its
 *    reply is read, and then belongs to the object on the reader's stack alone.
 *  - Everything that may run Lua (an allocation may: finalizers) may close the session: what is
 *    used after it is looked at again.
 *  - Strings of the configuration belong to Lua and are anchored in the user value; secrets are
 *    copied into memory that is wiped. */
#ifndef AICORE_SESSION_H
#define AICORE_SESSION_H

#include <curl/curl.h>
#include <lua.h>
#include <stdbool.h>
#include <sys/types.h>

#include "interrupt.h"
#include "pollset.h"
#include "secret.h"

#define SESSION_TYPE "aicore.session"
#define SESSION_AUTHORIZATION "Authorization: Bearer "

/* Slots of the user value besides the anchored strings: the decoder, and the session itself, as
 * transfers share the value and need the session. The object of a transfer that was started is
 * found under its own address, as long as it is not delivered. */
enum { SESSION_DECODER = 1, SESSION_SELF = 2 };

struct transfer;

typedef struct transfer_list {
  struct transfer *first;
  struct transfer *last;
  size_t count;
} transfer_list;

typedef struct session_limits {
  double connect_timeout; /* seconds */
  double timeout;         /* seconds for one exchange */
  double max_response;    /* bytes, decompressed */
  double max_headers;     /* bytes */
  double max_depth;       /* of JSON */
  double max_connections;
} session_limits;

typedef struct session {
  bool closed;
  pid_t owner; /* the process that opened it; 0: not open */
  CURLM *multi;
  pollset sockets;
  transfer_list idle, running, finished, delivered;

  const char *base_url;
  const char *token_url;
  const char *resource_group_header;
  const char *ca_file, *ca; /* a file; PEM text */
  const char *certificate_file, *key_file;
  const char *proxy;
  bool secure; /* https anywhere: libcurl's TLS may raise SIGPIPE */
  struct curl_slist client_type_header, no_expect_header;
  session_limits limits;

  secret *authorization; /* the header with the token */
  secret *login_form;
  size_t login_secret_at; /* where the client secret, escaped, begins in it */
  secret *client_secret;
  secret *certificate, *key; /* PEM text */
} session;

/* core.session(config): the fields stand in session_config.c. */
int aic_session_create(lua_State *L);

/* The open session at the index, or an error at the caller's line. */
session *aic_session_check(lua_State *L, int index);

/* In the child of a fork: lets go of what belongs to the parent. Before any use of a transfer. */
void aic_session_leave_parent(session *s);

/* Opens what is not open yet, in this process. NULL, or the reason why not. */
const char *aic_session_open(session *s);

/* A token as the header that carries it; NULL: no memory. */
secret *aic_session_new_token(const char *token, size_t length);

/* Keeps a token: the session takes the count over. */
void aic_session_keep_token(session *s, secret *token);

/* Hides the session's secrets in a text that comes from outside, and the token that was sent with the
 * request, which may be one from before a login; NULL: none was. */
void aic_session_redact(const session *s, const secret *sent, char *text, size_t length);

/* Does such a text tell one of the session's secrets? */
bool aic_session_tells(const session *s, const secret *sent, const char *text, size_t length);

/* Lets libcurl do what is due now, without waiting: right after a transfer was added. */
void aic_session_kick(session *s);

/* Waits for at most most_ms (-1: no limit; 0: a look) and lets libcurl act on what happened. */
void aic_session_act(session *s, int most_ms);

/* libcurl's callbacks for the sockets of a session, which is their data. */
curl_socket_t aic_session_on_socket_open(void *data, curlsocktype purpose,
                                         struct curl_sockaddr *to);
int aic_session_on_socket_close(void *data, curl_socket_t fd);

/* Moves a transfer to another list; NULL: to none. */
void aic_session_move(struct transfer *t, transfer_list *to);

/* Registers the metatable. */
void aic_session_register(lua_State *L);

#endif
