/* What an operation makes of an answer: good bodies, error bodies, and no answer at all.
 * The input: a choice of operation, status, outcome and headers, a byte each, and then the body. */
#include "answer.h"

static const long statuses[] = {200, 202, 204, 299, 301, 400, 401, 403, 404,
                                408, 412, 425, 429, 500, 501, 502, 503, 0};

static const CURLcode outcomes[] = {CURLE_OK,
                                    CURLE_OK,
                                    CURLE_OK,
                                    CURLE_OPERATION_TIMEDOUT,
                                    CURLE_PARTIAL_FILE,
                                    CURLE_BAD_CONTENT_ENCODING,
                                    CURLE_WRITE_ERROR,
                                    CURLE_ABORTED_BY_CALLBACK,
                                    CURLE_SSL_CERTPROBLEM};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t count_operations(void) {
  size_t count = 0;
  while (aic_operations[count].name != NULL) count++;
  return count;
}

/* Where the headers' byte has a bit. */
enum { WITH_ID = 1, WITH_RETRY_AFTER = 2, WITH_REQUEST_ID = 4, ISSUED = 8, FULL = 16 };

static void take_answer(input *in, transfer *t) {
  static char request_id[] = "5d1f";
  t->resource = aic_deployments;
  t->operation = &aic_operations[take_choice(in, count_operations())];
  answered.status = statuses[take_choice(in, COUNT(statuses))];
  t->outcome = outcomes[take_choice(in, COUNT(outcomes))];
  const size_t bits = take_choice(in, 32);
  answered.retry_after = bits & WITH_RETRY_AFTER ? 7 : 0;
  answered.request_id.value = bits & WITH_REQUEST_ID ? request_id : NULL;
  if (bits & WITH_ID) memcpy(t->id, "d000", 5);
  t->issued = bits & ISSUED ? 1 : 0;
  t->headers_full = (bits & FULL) != 0;
}

/* A login that went well put its token into the session, as a header that is safe to send. */
static void judge_token(lua_State *L, int session_at) {
  const session *s = luaL_checkudata(L, session_at, SESSION_TYPE);
  EXPECT(s->authorization != NULL);
  EXPECT(aic_parameter_header_safe(s->authorization->text, s->authorization->length));
  EXPECT(s->authorization->length > strlen(SESSION_AUTHORIZATION));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  input in = {(const char *)data, size};
  transfer t = {.easy = NULL};
  take_answer(&in, &t);
  push_session(L);
  const int results = push_answer(L, 1, &t, &in);
  judge(L, t.operation, results);
  if (t.operation->shape->form == REPLY_TOKEN && results == 1) judge_token(L, 1);
  lua_settop(L, 0);
  return 0;
}
