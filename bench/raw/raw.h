/* What the raw programs share: libcurl set up as this module sets it up, but for the sizes of its
 * buffers, and the clocks. */
#ifndef RAW_H
#define RAW_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A body that is kept, as the module has to keep it; JSON is not read. */
typedef struct reply {
  char *bytes;
  size_t length, capacity;
  char error[CURL_ERROR_SIZE];
} reply;

static inline double clock_of(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double wall(void) { return clock_of(CLOCK_MONOTONIC); }
static inline double cpu(void) { return clock_of(CLOCK_PROCESS_CPUTIME_ID); }

static inline void die(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static inline size_t raw_on_body(char *bytes, size_t size, size_t count, void *data) {
  reply *r = data;
  const size_t length = size * count;
  if (r->length + length > r->capacity) {
    r->capacity = 2 * (r->length + length) + 1024;
    r->bytes = realloc(r->bytes, r->capacity);
    if (r->bytes == NULL) return 0;
  }
  memcpy(r->bytes + r->length, bytes, length);
  r->length += length;
  return length;
}

static inline size_t raw_on_header(char *line, size_t size, size_t count, void *data) {
  (void)line, (void)data;
  return size * count;
}

static inline int raw_on_request(void *data, char *ip, char *local_ip, int port, int local_port) {
  (void)data, (void)ip, (void)local_ip, (void)port, (void)local_port;
  return CURL_PREREQFUNC_OK;
}

static inline curl_socket_t raw_on_socket_open(void *data, curlsocktype purpose,
                                               struct curl_sockaddr *address) {
  (void)data, (void)purpose;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static inline int raw_on_socket_close(void *data, curl_socket_t fd) {
  (void)data;
  return close(fd);
}

/* The token that every contestant sends; bench/run.sh has it. */
static inline const char *raw_token(void) {
  const char *token = getenv("BENCH_TOKEN");
  if (token == NULL) die("BENCH_TOKEN is not set");
  return token;
}

static inline struct curl_slist *raw_headers(const char *token) {
  char line[4096];
  snprintf(line, sizeof line, "Authorization: Bearer %s", token);
  struct curl_slist *list = curl_slist_append(NULL, line);
  list = curl_slist_append(list, "AI-Resource-Group: default");
  return curl_slist_append(list, "AI-Client-Type: aicore-lua");
}

/* The options of src/transfer.c, set once; those of a request, too. */
static inline CURL *raw_easy(const char *url, const char *ca, struct curl_slist *headers,
                             reply *to) {
  CURL *easy = curl_easy_init();
  if (easy == NULL) die("no memory");
  curl_easy_setopt(easy, CURLOPT_PRIVATE, to);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, to->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, raw_on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, to);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, raw_on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, to);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, raw_on_request);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, raw_on_socket_open);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, raw_on_socket_close);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)(strncmp(url, "https", 5) == 0));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "aicore-lua");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  if (*ca != '\0') curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  return easy;
}

/* True: an answer of 200 with a body. */
static inline bool raw_is_good(CURL *easy, const reply *r) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status == 200 && r->length > 0;
}

#endif
