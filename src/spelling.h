/* How a text may spell other bytes: percent-encoding and forms, HTML's references, escapes of JSON
 * and its like, and one inside the other. Knows nothing of Lua. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct spelling {
  char bytes[4]; /* what is meant: a byte, or a character in UTF-8 … */
  size_t count;  /* … so long */
  size_t taken;  /* what it takes of the text */
  bool cut;      /* the text ends in the middle of it */
} spelling;

enum { SPELLING_LAYERS = 3 };

/* What stands at the beginning of a text that is not empty, if so many layers are undone; what
 * spells nothing else means itself. */
spelling aic_spelling_read(const char *at, const char *end, int layers);
