/* A byte buffer that grows up to a limit and never beyond it. Knows nothing of Lua. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct buffer {
  char *data; /* NULL while nothing was appended */
  size_t length;
  size_t capacity;
  size_t limit;
  bool full; /* an append was refused because of the limit */
} buffer;

/* Appends all of the bytes, or nothing: false when the limit or the memory does not allow it. */
bool aic_buffer_append(buffer *target, const void *bytes, size_t length);
/* Makes room for so many bytes in all, as far as limit and memory allow: it saves growing. */
void aic_buffer_reserve(buffer *target, size_t total);
/* Forgets all but so many bytes at the start (without memory to keep them in, these too), and gives
 * the memory of the rest back. */
void aic_buffer_keep_start(buffer *target, size_t length);
/* Forgets the content; memory of a usual size is kept for the next use. The content is wiped:
 * a reply may carry a token. */
void aic_buffer_clear(buffer *target);
/* Wipes and frees; the buffer is empty and may be used again. */
void aic_buffer_free(buffer *target);
