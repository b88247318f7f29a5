/* What a session was made with: the configuration, checked. config.c has the names in Lua. */
#pragma once

#include <curl/curl.h>
#include <lua.h>
#include <stdbool.h>

#include "credentials.h"

/* What the service sees of this client: its User-Agent, and its type if the host says no other. */
#define USER_AGENT "aicore-lua"

typedef struct config {
  const char *base_url;
  const char *token_url;    /* the texts are Lua's; those without a note may be NULL */
  const char *ca_file, *ca; /* a file; PEM text */
  const char *certificate_file, *key_file;
  const char *no_proxy;         /* for whom the proxy is not; never NULL */
  bool spares_loopback;         /* nor for this machine: nobody has asked for that */
  const char *resource_group;   /* a header line, never NULL */
  const char *client_type;      /* another one */
  struct curl_slist headers[2]; /* those that every request ends with: client_type, and no Expect */
  struct curl_slist
      *api_headers;       /* what stands before them in those to the AI API: the user's own */
  bool secure;            /* https anywhere */
  bool may_raise_sigpipe; /* libcurl's TLS is in use, and may */
  double connect_timeout; /* seconds */
  double timeout;         /* seconds for one exchange */
  double max_response;    /* bytes, decompressed */
  double max_headers;     /* bytes */
  double max_depth;       /* of JSON */
  double max_connections;
  credentials credentials;
} config;

/* Reads the table at the index from into an empty configuration; raises what is wrong. Strings are
 * anchored in the table at the index anchors; secrets are copied, also where it raises later. */
void aic_config_read(lua_State *L, config *c, int from, int anchors);
/* What is wrong with the value on top for the setting of that name: a text that is pushed; or NULL. */
const char *aic_config_check(lua_State *L, const char *name);
bool aic_config_is_https(const char *url);
