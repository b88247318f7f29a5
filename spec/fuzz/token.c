/* The token finder: the input is the text of a token endpoint's reply. */
#include "token.h"

#include "fuzz.h"

static bool is_backslash_before(const char *text, size_t at) {
  size_t count = 0;
  while (count < at && text[at - count - 1] == '\\') count++;
  return count % 2 == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *json = malloc(size > 0 ? size : 1);
  EXPECT(json != NULL);
  memcpy(json, data, size);
  token_place found;
  if (aic_token_find(json, size, &found)) {
    const size_t at = (size_t)(found.text - json);
    EXPECT(found.text > json && at + found.room < size && found.length <= found.room);
    /* It is what stood between two quotes, and so all of one string. */
    const char *before = (const char *)data;
    EXPECT(before[at - 1] == '"' && before[at + found.room] == '"');
    for (size_t i = at; i < at + found.room; i++) {
      EXPECT(before[i] != '"' || is_backslash_before(before + at, i - at));
    }
    /* Nothing else was touched: the decoder still has to understand it. */
    EXPECT(memcmp(json, before, at) == 0);
    EXPECT(memcmp(json + at + found.room, before + at + found.room, size - at - found.room) == 0);
  } else {
    EXPECT(size == 0 || json[0] == (char)data[0]);
  }
  free(json);
  return 0;
}
