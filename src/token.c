#include "token.h"

#include <string.h>

static const char NAME[] = "access_token";

/* The quote that ends the string whose first quote is at the start; end: there is none. */
static char *closing_quote(char *start, char *end) {
  char *at = start + 1;
  while (at < end && *at != '"') at += *at == '\\' && at + 1 < end ? 2 : 1;
  return at;
}

static char *skip_space(char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
  return at;
}

/* The first quote of the string value that follows a key; NULL: something else does. */
static char *string_value(char *after_key, const char *end) {
  char *at = skip_space(after_key, end);
  if (at == end || *at != ':') return NULL;
  at = skip_space(at + 1, end);
  return at < end && *at == '"' ? at : NULL;
}

/* Removes backslashes; what is left at the end is the token's own bytes. */
static bool unescape(token_place *found) {
  size_t length = 0;
  for (size_t i = 0; i < found->length; i++) {
    if (found->text[i] == '\\') {
      i++;
      if (i == found->length || strchr("/\\\"", found->text[i]) == NULL) return false;
    }
    found->text[length++] = found->text[i];
  }
  found->length = length;
  return true;
}

bool aic_token_find(char *json, size_t length, token_place *found) {
  char *const end = json + length;
  int depth = 0;
  for (char *at = json; at < end; at++) {
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') depth--;
    if (*at != '"') continue;
    char *close = closing_quote(at, end);
    const bool is_name = depth == 1 && (size_t)(close - at) == sizeof NAME &&
                         memcmp(at + 1, NAME, sizeof NAME - 1) == 0;
    char *value = is_name && close < end ? string_value(close + 1, end) : NULL;
    if (value != NULL) {
      close = closing_quote(value, end);
      if (close >= end) return false;
      found->text = value + 1;
      found->room = found->length = (size_t)(close - value) - 1;
      return unescape(found);
    }
    at = close;
  }
  return false;
}
