#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

enum { SMALLEST = 1024, LARGEST_KEPT = 32 * 1024 };

/* Moves the content into a block of another size, which it fits into. Not realloc: the old block
 * has to be wiped. */
static bool move(buffer *target, size_t capacity) {
  char *data = malloc(capacity);
  if (data == NULL) return false;
  if (target->length > 0) memcpy(data, target->data, target->length);
  const size_t length = target->length;
  aic_buffer_free(target);
  target->data = data;
  target->length = length;
  target->capacity = capacity;
  return true;
}

void aic_buffer_reserve(buffer *target, size_t total) {
  const size_t capacity = total < target->limit ? total : target->limit;
  if (capacity > target->capacity) (void)move(target, capacity);
}

void aic_buffer_keep_start(buffer *target, size_t length) {
  if (length >= target->length) return;
  aic_secret_wipe(target->data + length, target->length - length);
  target->length = length;
  if (!move(target, length)) aic_buffer_free(target);
}

bool aic_buffer_append(buffer *target, const void *bytes, size_t length) {
  if (length > target->limit - target->length) {
    target->full = true;
    return false;
  }
  const size_t needed = target->length + length;
  size_t capacity = target->capacity > 0 ? target->capacity : SMALLEST;
  while (capacity < needed) capacity *= 2; /* needed <= limit < SIZE_MAX / 2: cannot wrap */
  if (needed > target->capacity && !move(target, capacity)) return false;
  if (length > 0) memcpy(target->data + target->length, bytes, length);
  target->length = needed;
  return true;
}

void aic_buffer_clear(buffer *target) {
  target->full = false;
  if (target->capacity > LARGEST_KEPT) {
    aic_buffer_free(target);
  } else if (target->length > 0) {
    aic_secret_wipe(target->data, target->length);
    target->length = 0;
  }
}

void aic_buffer_free(buffer *target) {
  if (target->data != NULL) aic_secret_wipe(target->data, target->length);
  free(target->data);
  target->data = NULL;
  target->length = 0;
  target->capacity = 0;
  target->full = false;
}
