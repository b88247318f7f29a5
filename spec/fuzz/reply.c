/* What an operation makes of an answer: good bodies, error bodies, and no answer at all.
 * The input: a choice of operation, status, outcome and headers, a byte each, and then the body. */
#include "answer.h"
#include "array.h"
#include "text.h"

static const long statuses[] = {
    200, 202, 204, 299, 301, 400, 401, 403, 404, 408, 412, 425, 429, 500, 501, 502, 503, 0};

static const CURLcode outcomes[] = {CURLE_OK, CURLE_OK, CURLE_OK, CURLE_OPERATION_TIMEDOUT,
    CURLE_PARTIAL_FILE, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR, CURLE_ABORTED_BY_CALLBACK,
    CURLE_SSL_CERTPROBLEM};

static size_t count_operations(void) {
  size_t count = 0;
  while (aic_operations[count].name != NULL) count++;
  return count;
}

/* Where the headers' byte has a bit. */
enum { WITH_ID = 1, WITH_RETRY_AFTER = 2, WITH_REQUEST_ID = 4, ISSUED = 8, FULL = 16 };

static void take_answer(input *in, exchange *x) {
  static char request_id[] = "5d1f";
  x->resource = aic_deployments;
  x->operation = &aic_operations[take_choice(in, count_operations())];
  answered.status = statuses[take_choice(in, COUNT(statuses))];
  x->outcome = outcomes[take_choice(in, COUNT(outcomes))];
  const size_t bits = take_choice(in, 32);
  answered.retry_after = bits & WITH_RETRY_AFTER ? 7 : 0;
  answered.request_id.value = bits & WITH_REQUEST_ID ? request_id : NULL;
  if (bits & WITH_ID) memcpy(x->id, "d000", 5);
  x->issued = bits & ISSUED ? 1 : 0;
  x->headers_full = (bits & FULL) != 0;
}

/* A login that went well put its token into the session, as a header that is safe to send. */
static void judge_token(lua_State *L, int session_at) {
  const session *s = luaL_checkudata(L, session_at, SESSION_TYPE);
  const secret *header = s->config.credentials.authorization;
  EXPECT(header != NULL && aic_text_is_header_safe(header->text, header->length));
  EXPECT(header->length > strlen("Authorization: Bearer "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  input in = {(const char *)data, size};
  exchange x = {.easy = NULL};
  take_answer(&in, &x);
  push_session(L);
  const int results = push_answer(L, 1, &x, &in);
  judge(L, x.operation, results);
  if (x.operation->shape->form == REPLY_TOKEN && results == 1) judge_token(L, 1);
  lua_settop(L, 0);
  return 0;
}
