/* B1, B7: easy URL CALLS CA: a loop of curl_easy_perform on one kept-alive connection. */
#include "raw.h"

static void call(CURL *easy, reply *r) {
  r->length = 0;
  if (curl_easy_perform(easy) != CURLE_OK || !raw_is_good(easy, r)) die("easy: a call failed");
}

int main(int count, char **words) {
  if (count != 4) die("usage: easy URL CALLS CA");
  const int calls = atoi(words[2]);
  reply r = {0};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *easy = raw_easy(words[1], words[3], raw_headers(raw_token()), &r);
  for (int i = 0; i < calls / 10 + 1; i++) call(easy, &r);
  const double wall_before = wall(), cpu_before = cpu();
  for (int i = 0; i < calls; i++) call(easy, &r);
  printf("calls=%d wall=%.9f cpu=%.9f\n", calls, wall() - wall_before, cpu() - cpu_before);
  return 0;
}
