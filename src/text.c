#include "text.h"

#include <string.h>

const char *aic_text_at(lua_State *L, int index, size_t *length) {
  return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, length) : NULL;
}

bool aic_text_is_printable(const char *text, size_t length) {
  unsigned char before = 0;
  for (size_t i = 0; i < length; i++) {
    const unsigned char byte = (unsigned char)text[i];
    if (byte < 0x20 || byte == 0x7F || (before == 0xC2 && byte < 0xA0)) return false;
    before = byte;
  }
  return true;
}

bool aic_text_is_header_safe(const char *text, size_t length) {
  return length > 0 && text[0] != ' ' && text[length - 1] != ' ' &&
         aic_text_is_printable(text, length);
}

bool aic_text_is_group(const char *text, size_t length) {
  return length <= 253 && strcmp(text, "*") != 0 && aic_text_is_header_safe(text, length);
}
