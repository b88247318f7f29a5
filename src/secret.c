#include "secret.h"

#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <malloc/malloc.h>
#define BLOCK_SIZE(block) malloc_size(block)
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#define BLOCK_SIZE(block) malloc_usable_size(block)
#else
#include <malloc.h>
#define BLOCK_SIZE(block) malloc_usable_size(block)
#endif

/* Shorter texts are not worth hiding and would only riddle a message with asterisks. */
enum { SHORTEST_REDACTED = 4 };

/* Called through a volatile pointer, so that no compiler can know it is memset and drop the call. */
static void *(*const volatile fill)(void *, int, size_t) = memset;

void aic_secret_wipe(void *memory, size_t length) {
  if (length > 0) fill(memory, 0, length);
}

secret *aic_secret_new(const char *first, size_t first_length, const char *second,
                       size_t second_length) {
  secret *made = malloc(sizeof *made + first_length + second_length + 1);
  if (made == NULL) return NULL;
  made->references = 1;
  made->length = first_length + second_length;
  memcpy(made->text, first, first_length);
  memcpy(made->text + first_length, second, second_length);
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
  aic_secret_wipe(block, BLOCK_SIZE(block));
  free(block);
}

/* Never in place: growing may move the block, and shrinking gives its tail back, unwiped. */
void *aic_secret_realloc(void *block, size_t size) {
  const size_t old = block != NULL ? BLOCK_SIZE(block) : 0;
  if (block != NULL && size > 0 && size <= old) return block;
  void *fresh = malloc(size > 0 ? size : 1);
  if (fresh == NULL) return NULL;
  if (block != NULL) memcpy(fresh, block, size < old ? size : old);
  aic_secret_free(block);
  return fresh;
}

bool aic_secret_stands_in(const char *hidden, size_t hidden_length, const char *text,
                          size_t length) {
  return hidden_length >= SHORTEST_REDACTED && memmem(text, length, hidden, hidden_length) != NULL;
}

/* A text that was cut off may end with the beginning of what is to be hidden. */
static void redact_tail(const char *hidden, size_t hidden_length, char *text, size_t length) {
  size_t part = hidden_length - 1 < length ? hidden_length - 1 : length;
  while (part >= SHORTEST_REDACTED && memcmp(text + length - part, hidden, part) != 0) part--;
  if (part >= SHORTEST_REDACTED) memset(text + length - part, '*', part);
}

void aic_secret_redact(const char *hidden, size_t hidden_length, char *text, size_t length) {
  if (hidden_length < SHORTEST_REDACTED) return;
  size_t at = 0;
  while (at + hidden_length <= length) {
    char *found = memchr(text + at, hidden[0], length - hidden_length - at + 1);
    if (found == NULL) break;
    if (memcmp(found, hidden, hidden_length) == 0) memset(found, '*', hidden_length);
    at = (size_t)(found - text) + 1;
  }
  redact_tail(hidden, hidden_length, text, length);
}
