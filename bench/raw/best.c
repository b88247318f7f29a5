/* B4: best URL STOP DELETE LATENCY: the best possible schedule of a teardown in batches, for one
 * who knows what nobody knows: that all run, and that a stop has come about STOP seconds after it
 * was accepted, and a deletion DELETE seconds. Login; the list and the capabilities at once;
 * batches, 8 in flight; one look, sent LATENCY before the last has stopped; batches; one such
 * look. JSON is not read but searched. */
#include <unistd.h>

#include "raw.h"

enum { BATCH = 100, IN_FLIGHT = 8, ID = 64, URL = 256 };

typedef struct best {
  CURLM *multi;
  struct curl_slist *headers;
  char url[URL];
  char (*ids)[ID];
  int count, requests;
} best;

typedef struct call {
  CURL *easy;
  reply r;
  char *body; /* NULL: a GET */
} call;

static void begin(best *b, call *c, const char *path, const char *method, char *body) {
  char url[2 * URL];
  snprintf(url, sizeof url, "%s%s", b->url, path);
  c->r.length = 0;
  c->body = body;
  if (c->easy == NULL) c->easy = raw_easy(url, "", b->headers, &c->r);
  curl_easy_setopt(c->easy, CURLOPT_URL, url);
  curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, b->headers);
  if (body != NULL) curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body);
  if (body == NULL) curl_easy_setopt(c->easy, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, method);
  curl_multi_add_handle(b->multi, c->easy);
  b->requests++;
}

/* Waits until some are over; returns how many. */
static int some_over(best *b) {
  int running, left, over = 0;
  while (over == 0) {
    curl_multi_perform(b->multi, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(b->multi, &left)) != NULL; over++) {
      long status = 0;
      CURL *easy = m->easy_handle;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      if (m->data.result != CURLE_OK || status / 100 != 2) die("best: a call failed");
      curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL); /* free for the next */
      curl_multi_remove_handle(b->multi, easy);
    }
    if (over == 0) curl_multi_poll(b->multi, NULL, 0, 1000, NULL);
  }
  return over;
}

/* The text after `"id":"` and the like, from a place on; moves the place beyond it. */
static const char *next_text(char **at, const char *name) {
  char *found = strstr(*at, name);
  if (found == NULL) return NULL;
  found += strlen(name);
  *at = strchr(found, '"');
  if (*at == NULL) return NULL;
  *(*at)++ = '\0';
  return found;
}

static char *text_of(call *c) {
  if (c->r.bytes == NULL) die("best: an empty answer");
  c->r.bytes[c->r.length] = '\0'; /* raw_on_body leaves room */
  return c->r.bytes;
}

static void login(best *b, call *c) {
  static char form[] = "grant_type=client_credentials&client_id=bench&client_secret=bench";
  begin(b, c, "/oauth/token", "POST", form);
  some_over(b);
  char *at = text_of(c);
  const char *token = next_text(&at, "\"access_token\":\"");
  if (token == NULL) die("best: no token");
  b->headers = curl_slist_append(raw_headers(token), "Content-Type: application/merge-patch+json");
}

static void find(best *b, call *list, call *meta) {
  begin(b, list, "/v2/lm/deployments?$top=10000", "GET", NULL);
  begin(b, meta, "/v2/lm/meta", "GET", NULL);
  for (int over = 0; over < 2;) over += some_over(b);
  char *at = text_of(list);
  for (const char *id; (id = next_text(&at, "\"id\":\"")) != NULL; b->count++) {
    b->ids = realloc(b->ids, (size_t)(b->count + 1) * sizeof *b->ids);
    if (b->ids == NULL) die("no memory");
    snprintf(b->ids[b->count], ID, "%s", id);
  }
}

static char *batch_of(const best *b, int first, const char *target) {
  char *body = malloc(BATCH * 128), *at = body;
  if (body == NULL) die("no memory");
  at += sprintf(at, "{\"deployments\":[");
  for (int i = first; i < b->count && i < first + BATCH; i++) {
    at += sprintf(at, "%s{\"id\":\"%s\",\"targetStatus\":\"%s\"}", i > first ? "," : "", b->ids[i],
                  target);
  }
  sprintf(at, "]}");
  return body;
}

static bool is_free(const call *c) {
  char *used = NULL;
  if (c->easy != NULL) curl_easy_getinfo(c->easy, CURLINFO_PRIVATE, &used);
  return used == NULL;
}

/* All batches. Returns when the last answer came. */
static double send_all(best *b, call *calls, const char *target) {
  int next = 0, running = 0;
  while (next < b->count || running > 0) {
    for (int i = 0; i < IN_FLIGHT && next < b->count; i++) {
      if (!is_free(&calls[i])) continue;
      free(calls[i].body);
      begin(b, &calls[i], "/v2/lm/deployments", "PATCH", batch_of(b, next, target));
      curl_easy_setopt(calls[i].easy, CURLOPT_PRIVATE, &calls[i]);
      next += BATCH;
      running++;
    }
    running -= some_over(b);
  }
  return wall();
}

/* Looks when the moment has come, and again at once if that was a little early. `sign`: what one
 * that is not done shows. */
static void look(best *b, call *c, double moment, const char *sign) {
  const double left = moment - wall();
  if (left > 0) usleep((useconds_t)(left * 1e6));
  do {
    begin(b, c, "/v2/lm/deployments?$top=10000", "GET", NULL);
    some_over(b);
  } while (strstr(text_of(c), sign) != NULL);
}

int main(int count, char **words) {
  if (count != 5) die("usage: best URL STOP DELETE LATENCY");
  const double stop = atof(words[2]), delete = atof(words[3]), latency = atof(words[4]);
  best b = {0};
  call calls[IN_FLIGHT] = {0}, one = {0}, other = {0};
  snprintf(b.url, sizeof b.url, "%s", words[1]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  b.multi = curl_multi_init();
  const double before = wall(), cpu_before = cpu();
  login(&b, &one);
  find(&b, &one, &other);
  look(&b, &one, send_all(&b, calls, "STOPPED") + stop - latency, "\"status\":\"STOPPING\"");
  look(&b, &one, send_all(&b, calls, "DELETED") + delete - latency, "\"id\":\"");
  printf("wall=%.6f cpu=%.6f requests=%d deleted=%d\n", wall() - before, cpu() - cpu_before,
         b.requests, b.count);
  return 0;
}
