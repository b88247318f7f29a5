/* One HTTP exchange as libcurl does it: a reusable handle, the request it sends, and what arrives.
 * libcurl's callbacks are here, and touch no Lua. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "config.h"
#include "credentials.h"
#include "operation.h"
#include "secret.h"

/* The last GOAWAY of a session's connections: streams beyond the last one were not looked at. */
typedef struct goaway {
  int port; /* of the connection, at our end; 0: there was none */
  long last_stream;
  unsigned number; /* how many there were */
} goaway;

typedef struct exchange {
  config *config;
  CURL *easy;
  CURLU *url;
  const operation *operation;   /* the last one, while it is empty; NULL: it is new */
  const char *resource;         /* a constant */
  char id[65];                  /* of the record; "": none */
  secret *authorization;        /* sent, or for a login received */
  credentials held;             /* what its reply must not tell, though the session is closed */
  buffer group, correlation;    /* headers for a resource group and a correlation id of its own */
  struct curl_slist headers[5]; /* its headers; those of the configuration follow */

  int issued;          /* how often the request was sent, or begun to be, and not refused unseen */
  bool refused;        /* the last sending was refused unseen */
  bool stream_refused; /* libcurl has said so of the stream, and is about to send again */
  int port;            /* ours, of the connection that it was sent on last; 0: it was not sent */
  long stream;         /* of HTTP/2, on that connection; 0: none, or not known */
  unsigned goaways; /* how many there were when it was sent: its port may be that of one before */
  goaway *goaway;   /* what the exchanges of a session know together */
  CURLcode outcome;
  buffer reply;
  size_t header_bytes;
  bool headers_full;
  char error[CURL_ERROR_SIZE];
} exchange;

/* Makes the handle of an empty exchange. False: no memory; to be freed all the same. */
bool aic_exchange_open(exchange *x, config *c, goaway *shared);
/* Makes the exchange, which is open and empty, that of a request. False: no memory. */
bool aic_exchange_prepare(exchange *x, const request *built);
/* Keeps the secrets of its configuration for as long as it is read. */
void aic_exchange_hold_secrets(exchange *x);
/* Notes how it ended. */
void aic_exchange_end(exchange *x, CURLcode outcome);
/* Empties it, for another request. */
void aic_exchange_clear(exchange *x);
/* Gives back what it holds but for the handle; and the handle, too. */
void aic_exchange_forget(exchange *x);
void aic_exchange_free(exchange *x);
