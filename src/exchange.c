#include "exchange.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* A server may claim any length: room is made for so much at most before it has sent it. */
enum { MOST_RESERVED = 16 * 1024 * 1024 };

static void reserve(exchange *x) {
  curl_off_t length = -1; /* of a compressed body: a beginning */
  curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length > 0 && length <= MOST_RESERVED) aic_buffer_reserve(&x->reply, (size_t)length);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data) {
  exchange *x = data;
  if (x->reply.length == 0) reserve(x);
  return aic_buffer_append(&x->reply, bytes, size * count) ? size * count : 0;
}

static size_t on_header(char *line, size_t size, size_t count, void *data) {
  (void)line;
  exchange *x = data;
  x->header_bytes += size * count;
  x->headers_full = (double)x->header_bytes > x->config->max_headers;
  return x->headers_full ? 0 : size * count;
}

/* ---- what an HTTP/2 peer refuses unseen ---- */

/* libcurl tells of it in its log only; what changes something keeps one, and this reads it. The words
 * are those of libcurl 7.85 to 8.14; where others stand nothing is known, and so the worst supposed. */
static int on_log(CURL *easy, curl_infotype type, char *text, size_t length, void *data) {
  (void)easy;
  static const struct {
    const char *before_stream, *before_last;
  } words[] = {{"Using Stream ID: ", "GOAWAY, error="}, {"[HTTP/2] [", ", last_stream="}};
  static const char refused[] = "REFUSED_STREAM, retrying";
  exchange *x = data;
  char line[128];
  if (type != CURLINFO_TEXT) return 0;
  snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line), text);
  if (strncmp(line, refused, sizeof refused - 1) == 0) x->stream_refused = true;
  const char *last = strstr(line, words[0].before_last);
  last = last != NULL ? strstr(last, words[1].before_last) : NULL;
  if (last != NULL) {
    const goaway seen = {
        x->port, strtol(last + strlen(words[1].before_last), NULL, 10), x->goaway->number + 1};
    *x->goaway = seen;
  }
  for (size_t i = 0; i < COUNT(words) && last == NULL; i++) {
    const size_t skipped = strlen(words[i].before_stream);
    if (strncmp(line, words[i].before_stream, skipped) != 0) continue;
    x->stream = strtol(line + skipped, NULL, 10);
  }
  return 0;
}

/* Has its connection ended by a GOAWAY since it was sent? */
static bool has_goaway(const exchange *x) {
  return x->goaway->number != x->goaways && x->goaway->port == x->port;
}

/* Did a GOAWAY say that the request was not looked at? */
static bool beyond_goaway(const exchange *x) {
  return x->stream > 0 && has_goaway(x) && x->stream > x->goaway->last_stream;
}

/* libcurl sends again, by itself. Of HTTP/2 it does so when the stream was refused, or when a connection
 * that was in use broke, and then there are words for it in the error. What must not happen twice (a
 * create, a batch) does not rely on that. */
static bool was_refused(const exchange *x) {
  if (x->header_bytes > 0) return false;
  if (x->stream_refused) return true;
  if (has_goaway(x)) return beyond_goaway(x);
  return x->stream > 0 && x->error[0] == '\0' && aic_operation_is_about_one(x->operation);
}

static void note_refusal(exchange *x, bool refused) {
  x->refused = refused;
  if (refused) x->issued--;
}

void aic_exchange_end(exchange *x, CURLcode outcome) {
  x->outcome = outcome;
  if (outcome == CURLE_OK || x->issued == 0 || x->header_bytes > 0) return;
  /* What changes nothing keeps no log; it is enough that the connection has ended without a word. */
  const bool ended = outcome == CURLE_HTTP2 && x->error[0] == '\0';
  note_refusal(x, x->operation->changes ? beyond_goaway(x) : ended);
}

/* Called before every sending of the request. libcurl repeats one by itself when a kept-alive
 * connection turns out to be dead; where that might change something twice, Lua is to decide. */
static int on_request(void *data, char *ip, char *local_ip, int port, int local_port) {
  (void)ip, (void)local_ip, (void)port;
  exchange *x = data;
  if (x->issued > 0) note_refusal(x, was_refused(x));
  if (x->issued > 0 && x->operation->changes) return CURL_PREREQFUNC_ABORT;
  x->issued++;
  x->refused = x->stream_refused = false;
  x->port = local_port;
  x->goaways = x->goaway->number;
  x->stream = 0;
  return CURL_PREREQFUNC_OK;
}

static bool set_number(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

/* The environment's proxy, if it is one, is none for plain http: that goes to this machine. */
static const char *proxy_for(const config *c, const char *url) {
  const secret *proxy = c->credentials.proxy;
  const bool none = proxy == NULL || (c->spares_loopback && !aic_config_is_https(url));
  return none ? "" : proxy->text;
}

/* Buffers that libcurl gets and gives back, which is to say wipes, for each request: for sending as
 * small as it allows, for receiving by what is expected. */
enum { SMALLEST_UPLOAD = 16 * 1024, SHORT_REPLY = 4 * 1024, LONG_REPLY = 128 * 1024 };

/* What all exchanges with this configuration have in common. */
static bool set_options(CURL *easy, const config *c) {
  const struct {
    CURLoption option;
    long value;
  } numbers[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
    {CURLOPT_PIPEWAIT, c->secure}, /* rather one more stream than one more connection */
    {CURLOPT_CONNECTTIMEOUT_MS, (long)ceil(c->connect_timeout * 1000)},
    {CURLOPT_UPLOAD_BUFFERSIZE, SMALLEST_UPLOAD},
#if LIBCURL_VERSION_NUM >= 0x075700
    {CURLOPT_QUICK_EXIT, 1}, /* ending a transfer does not wait for a slow name server */
#endif
  };
  const struct {
    CURLoption option;
    const char *value; /* NULL leaves libcurl's default */
  } texts[] = {{CURLOPT_PROTOCOLS_STR, "http,https"}, {CURLOPT_NOPROXY, c->no_proxy},
      /* As a header it is written once, and not twice; a proxy is shown no headers. */
      {CURLOPT_USERAGENT, c->credentials.proxy != NULL ? USER_AGENT : NULL},
      /* Without one OpenSSL asks at the terminal, and holds up the host, where a key is encrypted. */
      {CURLOPT_KEYPASSWD, c->key_file != NULL || c->credentials.key != NULL ? "" : NULL}};
  bool fine = true;
  for (size_t i = 0; fine && i < COUNT(numbers); i++) {
    fine = set_number(easy, numbers[i].option, numbers[i].value);
  }
  for (size_t i = 0; fine && i < COUNT(texts); i++) {
    fine = texts[i].value == NULL || set_pointer(easy, texts[i].option, texts[i].value);
  }
  return fine;
}

/* libcurl reads the text where it is: the configuration outlives its exchanges. */
static bool set_blob(CURL *easy, CURLoption option, const char *text, size_t length) {
  struct curl_blob blob = {(char *)text, length, CURL_BLOB_NOCOPY};
  return set_pointer(easy, option, text != NULL ? &blob : NULL);
}

/* Those that are given stand alone: what libcurl would read beside them is the system's. A TLS library
 * that has no folder of them refuses to be told so. */
static bool set_authorities(CURL *easy, const config *c) {
  if (c->ca == NULL && c->ca_file == NULL) return true;
  (void)set_pointer(easy, CURLOPT_CAPATH, NULL);
  (void)set_pointer(easy, CURLOPT_PROXY_CAPATH, NULL);
  return set_pointer(easy, CURLOPT_CAINFO, c->ca_file) &&
         set_pointer(easy, CURLOPT_PROXY_CAINFO, c->ca_file) &&
         (c->ca == NULL || (set_blob(easy, CURLOPT_CAINFO_BLOB, c->ca, strlen(c->ca)) &&
                               set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, c->ca, strlen(c->ca))));
}

static bool set_callbacks(exchange *x) {
  CURL *easy = x->easy;
  return set_pointer(easy, CURLOPT_ERRORBUFFER, x->error) &&
         curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
         set_pointer(easy, CURLOPT_WRITEDATA, x) &&
         curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
         set_pointer(easy, CURLOPT_HEADERDATA, x) &&
         curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK &&
         set_pointer(easy, CURLOPT_PREREQDATA, x) &&
         curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_log) == CURLE_OK &&
         set_pointer(easy, CURLOPT_DEBUGDATA, x);
}

bool aic_exchange_open(exchange *x, config *c, goaway *shared) {
  x->config = c;
  x->goaway = shared;
  x->reply.limit = (size_t)fmin(c->max_response, (double)(SIZE_MAX / 4));
  x->group.limit = x->correlation.limit =
      1024; /* more than a header with a text that passed the checks */
  x->easy = curl_easy_init();
  x->url = curl_url();
  return x->easy != NULL && x->url != NULL && set_callbacks(x) && set_options(x->easy, c) &&
         set_authorities(x->easy, c) && set_pointer(x->easy, CURLOPT_CURLU, x->url);
}

/* Where it goes. Most requests differ in the path alone: then libcurl does not read the URL anew. */
static bool set_url(const exchange *x, bool is_new, const request *built) {
  const char *base = x->config->base_url;
  const char *path = strchr(strstr(base, "://") + 3, '/');
  const bool is_api =
      x->operation->shape->form != REPLY_TOKEN; /* else its host may be another one */
  const bool is_path_alone = !is_new && is_api && path != NULL && strchr(built->url, '?') == NULL;
  if (!is_path_alone) return curl_url_set(x->url, CURLUPART_URL, built->url, 0) == CURLUE_OK;
  return curl_url_set(x->url, CURLUPART_PATH, built->url + (path - base), 0) == CURLUE_OK &&
         curl_url_set(x->url, CURLUPART_QUERY, NULL, 0) == CURLUE_OK;
}

/* The body, where requests of the same operation differ in it. */
static bool set_body(const exchange *x, const request *built) {
  if (x->operation->shape->form == REPLY_TOKEN) {
    const secret *form = x->config->credentials.login_form;
    return form != NULL && set_number(x->easy, CURLOPT_POSTFIELDSIZE, (long)form->length) &&
           set_pointer(x->easy, CURLOPT_POSTFIELDS, form->text);
  }
  if (x->operation->push_body == NULL) return true;
  return set_number(x->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(built->body)) &&
         set_pointer(x->easy, CURLOPT_COPYPOSTFIELDS, built->body);
}

/* One part of the client certificate, which is shown to the token URL only: a file, or PEM text. */
static bool set_part(
    const exchange *x, CURLoption file, const char *path, CURLoption blob, const secret *text) {
  const bool shown = x->operation->shape->form == REPLY_TOKEN;
  return (path == NULL || set_pointer(x->easy, file, shown ? path : NULL)) &&
         (text == NULL || set_blob(x->easy, blob, shown ? text->text : NULL, text->length));
}

/* A text of its own as a header; NULL: it has none. */
static bool write_header(buffer *line, const char *name, const char *text) {
  return text == NULL || (aic_buffer_append(line, name, strlen(name)) &&
                             aic_buffer_append(line, text, strlen(text) + 1));
}

/* The list's nodes are the exchange's, the last ones the configuration's; libcurl only reads. */
static bool set_headers(exchange *x, const request *built) {
  config *c = x->config;
  const operation *op = x->operation;
  const bool is_login = op->shape->form == REPLY_TOKEN; /* which goes to another host */
  if (!write_header(&x->group, "AI-Resource-Group: ", built->resource_group)) return false;
  if (!write_header(&x->correlation, "X-Correlation-ID: ", built->correlation_id)) return false;
  /* What is short is not worth compressing; what is compressed all the same, libcurl reads. */
  const char *encoding = op->shape->is_long ? NULL : "Accept-Encoding:";
  const char *texts[COUNT(x->headers)] = {NULL, NULL, NULL, op->content_type, encoding};
  if (!is_login && c->credentials.authorization != NULL) {
    x->authorization = aic_secret_share(c->credentials.authorization);
    texts[0] = x->authorization->text;
  }
  if (!op->no_resource_group) {
    texts[1] = built->resource_group != NULL ? x->group.data : c->resource_group;
  }
  if (built->correlation_id != NULL) texts[2] = x->correlation.data;
  struct curl_slist *list = is_login ? c->headers : c->api_headers;
  for (size_t i = COUNT(texts); i-- > 0;) {
    if (texts[i] == NULL) continue;
    x->headers[i].data = (char *)texts[i];
    x->headers[i].next = list;
    list = &x->headers[i];
  }
  return set_pointer(x->easy, CURLOPT_HTTPHEADER, list);
}

/* What all requests of an operation have in common. */
static bool set_operation(const exchange *x, const char *url) {
  const operation *op = x->operation;
  const config *c = x->config;
  CURL *easy = x->easy;
  const bool is_get = strcmp(op->verb, "GET") == 0; /* libcurl's own word */
  const bool has_body = op->body != NULL;
  /* libcurl refuses that while it still holds a buffer, of a transfer that was cut off: that one does. */
  (void)set_number(easy, CURLOPT_BUFFERSIZE, op->shape->is_long ? LONG_REPLY : SHORT_REPLY);
  return set_pointer(easy, CURLOPT_PROXY, proxy_for(c, url)) &&
         set_number(easy, CURLOPT_VERBOSE, op->changes && c->secure) && /* HTTP/2 is TLS only */
         /* libcurl takes half of a compressed body for all of it: half of a JSON text is none, but
          * half of a count is. */
         set_pointer(
             easy, CURLOPT_ACCEPT_ENCODING, op->shape->form == REPLY_COUNT ? NULL : "gzip") &&
         (!is_get || set_number(easy, CURLOPT_HTTPGET, 1)) &&
         (!has_body || (set_number(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(op->body)) &&
                           set_pointer(easy, CURLOPT_POSTFIELDS, op->body))) &&
         set_pointer(easy, CURLOPT_CUSTOMREQUEST, is_get ? NULL : op->verb) &&
         set_part(x, CURLOPT_SSLCERT, c->certificate_file, CURLOPT_SSLCERT_BLOB,
             c->credentials.certificate) &&
         set_part(x, CURLOPT_SSLKEY, c->key_file, CURLOPT_SSLKEY_BLOB, c->credentials.key);
}

bool aic_exchange_prepare(exchange *x, const request *built) {
  const bool is_new = x->operation != built->operation;
  x->operation = built->operation;
  x->resource = built->resource;
  if (built->id != NULL) memcpy(x->id, built->id, strlen(built->id) + 1); /* 64 bytes at most */
  const double most = x->config->timeout;
  const double seconds = built->timeout > 0 ? fmin(built->timeout, most) : most;
  return (!is_new || set_operation(x, built->url)) && set_url(x, is_new, built) &&
         set_number(x->easy, CURLOPT_TIMEOUT_MS, (long)ceil(seconds * 1000)) &&
         set_body(x, built) && set_headers(x, built);
}

void aic_exchange_hold_secrets(exchange *x) {
  const credentials *c = &x->config->credentials;
  if (!c->wiped) aic_credentials_share(c, &x->held);
}

static void release_secrets(exchange *x) {
  static const credentials none;
  aic_secret_release(&x->authorization);
  aic_credentials_share(&none, &x->held);
}

void aic_exchange_clear(exchange *x) {
  x->outcome = CURLE_OK;
  x->issued = x->port = 0;
  x->stream = 0;
  x->refused = x->stream_refused = false;
  x->header_bytes = 0;
  x->headers_full = false;
  x->id[0] = x->error[0] = '\0';
  release_secrets(x);
  aic_buffer_clear(&x->group);
  aic_buffer_clear(&x->correlation);
  aic_buffer_clear(&x->reply);
}

void aic_exchange_forget(exchange *x) {
  release_secrets(x);
  aic_buffer_free(&x->group);
  aic_buffer_free(&x->correlation);
  aic_buffer_free(&x->reply);
}

void aic_exchange_free(exchange *x) {
  if (x->easy != NULL) curl_easy_cleanup(x->easy);
  curl_url_cleanup(x->url);
  x->easy = NULL;
  x->url = NULL;
  aic_exchange_forget(x);
}
