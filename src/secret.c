#include "secret.h"

#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <malloc/malloc.h>
#define malloc_usable_size malloc_size
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#else
#include <malloc.h>
#endif

/* Shorter texts are not worth hiding and would only riddle a message with asterisks. */
enum { SHORTEST_REDACTED = 4 };

/* Called through a volatile pointer: no compiler can know that it is memset, and drop the call. */
static void *(*const volatile fill)(void *, int, size_t) = memset;

void aic_secret_wipe(void *memory, size_t length) {
  if (length > 0) fill(memory, 0, length);
}

secret *aic_secret_new(
    const char *open, size_t open_length, const char *hidden, size_t hidden_length) {
  secret *made = malloc(sizeof *made + open_length + hidden_length + 1);
  if (made == NULL) return NULL;
  made->references = 1;
  made->length = open_length + hidden_length;
  made->hidden_at = open_length;
  memcpy(made->text, open, open_length);
  memcpy(made->text + open_length, hidden, hidden_length);
  made->text[made->length] = '\0';
  return made;
}

secret *aic_secret_share(secret *shared) {
  if (shared != NULL) shared->references++;
  return shared;
}

void aic_secret_release(secret **shared) {
  secret *released = *shared;
  *shared = NULL;
  if (released == NULL || --released->references > 0) return;
  aic_secret_wipe(released->text, released->length);
  free(released);
}

void aic_secret_free(void *block) {
  if (block == NULL) return;
  aic_secret_wipe(block, malloc_usable_size(block));
  free(block);
}

/* Never in place: growing may move the block, and shrinking gives its tail back, unwiped. */
void *aic_secret_realloc(void *block, size_t size) {
  const size_t old = block != NULL ? malloc_usable_size(block) : 0;
  if (block != NULL && size > 0 && size <= old) return block;
  void *fresh = malloc(size > 0 ? size : 1);
  if (fresh == NULL) return NULL;
  if (block != NULL) memcpy(fresh, block, size < old ? size : old);
  aic_secret_free(block);
  return fresh;
}

/* The length of what is hidden; 0: nothing that is worth it. */
static size_t hidden_length(const secret *s) {
  const size_t length = s != NULL ? s->length - s->hidden_at : 0;
  return length >= SHORTEST_REDACTED ? length : 0;
}

bool aic_secret_stands_in(const secret *s, const char *text, size_t length) {
  const size_t size = hidden_length(s);
  return size > 0 && memmem(text, length, s->text + s->hidden_at, size) != NULL;
}

/* A text that was cut off may end with the beginning of what is to be hidden. */
static void redact_tail(const char *hidden, size_t size, char *text, size_t length) {
  size_t part = size - 1 < length ? size - 1 : length;
  while (part >= SHORTEST_REDACTED && memcmp(text + length - part, hidden, part) != 0) part--;
  if (part >= SHORTEST_REDACTED) memset(text + length - part, '*', part);
}

void aic_secret_redact(const secret *s, char *text, size_t length) {
  const size_t size = hidden_length(s);
  if (size == 0) return;
  const char *hidden = s->text + s->hidden_at;
  size_t at = 0;
  while (at + size <= length) {
    char *found = memchr(text + at, hidden[0], length - size - at + 1);
    if (found == NULL) break;
    if (memcmp(found, hidden, size) == 0) memset(found, '*', size);
    at = (size_t)(found - text) + 1;
  }
  redact_tail(hidden, size, text, length);
}
