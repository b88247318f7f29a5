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

#include "spelling.h"

/* Shorter texts are not worth hiding and would only riddle a message with asterisks. */
enum { SHORTEST_REDACTED = 4 };

/* Called through a volatile pointer: no compiler can know that it is memset, and drop the call. */
static void *(*const volatile fill)(void *, int, size_t) = memset;

/* Beyond 2 KB, glibc's memset begins a string instruction, which processors of AMD take 25 ns to do: parts are faster. */
enum { PART = 2000 };

void aic_secret_wipe(void *memory, size_t length) {
  char *at = memory;
  for (; length > PART; at += PART, length -= PART) fill(at, 0, PART);
  if (length > 0) fill(at, 0, length);
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

/* libcurl writes a request into a block that it doubles again and again, up to 2 KB with a token of the
 * usual length: to have them soon saves copying and wiping. What stays small may stay long. */
static size_t room_for(size_t size, bool grows) {
  enum { SMALL = 256, REQUEST = 2048 };
  if (size == 0) return 1;
  return grows && size >= SMALL && size < REQUEST ? REQUEST : size;
}

/* Never in place: growing may move the block, and shrinking gives its tail back, unwiped. */
void *aic_secret_realloc(void *block, size_t size) {
  const size_t old = block != NULL ? malloc_usable_size(block) : 0;
  if (block != NULL && size > 0 && size <= old) return block;
  void *fresh = malloc(room_for(size, block != NULL));
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

/* A place in the text, and how much of the secret stands before it. */
typedef struct place {
  const char *at;
  size_t matched;
} place;

/* The ends of a search, which what a server writes must not lengthen at will. */
enum { MOST_PLACES = 32, MOST_STEPS = 16 };

/* Notes where the text may go on after a place, in each spelling of what the secret goes on with.
 * False: the text ends there. */
static bool go_on(
    const char *hidden, size_t size, place from, const char *end, place *places, size_t *count) {
  if (from.at == end) return false;
  size_t before = 0;
  bool cut = false;
  const int layers = strchr("%&\\+", *from.at) != NULL ? SPELLING_LAYERS : 0;
  for (int layer = 0; layer <= layers; layer++) {
    const spelling found = aic_spelling_read(from.at, end, layer);
    cut = cut || found.cut;
    if (found.taken == before && found.bytes[0] != ' ') continue;
    before = found.taken;
    if (found.count > size - from.matched || *count == MOST_PLACES) continue;
    if (memcmp(found.bytes, hidden + from.matched, found.count) != 0) continue;
    const place next = {from.at + found.taken, from.matched + found.count};
    places[(*count)++] = next;
  }
  return !cut;
}

/* Where the secret ends that begins at the text; NULL: none does. A text that was cut off may end
 * with its beginning. */
static const char *end_of(const char *hidden, size_t size, const char *text, const char *end) {
  place places[MOST_PLACES] = {{text, 0}};
  size_t count = 1;
  for (size_t steps = MOST_STEPS * size; count > 0 && steps > 0; steps--) {
    const place from = places[--count];
    if (from.matched == size) return from.at;
    if (!go_on(hidden, size, from, end, places, &count) && from.matched >= SHORTEST_REDACTED) {
      return end;
    }
  }
  return NULL;
}

void aic_secret_redact(const secret *s, char *text, size_t length) {
  const size_t size = hidden_length(s);
  if (size == 0) return;
  const char *hidden = s->text + s->hidden_at;
  const char marks[] = {hidden[0], '%', '&', '\\', '+', '\0'};
  for (size_t at = 0; at < length; at++) {
    if (memchr(marks, text[at], sizeof marks) == NULL) continue;
    const char *end = end_of(hidden, size, text + at, text + length);
    if (end == NULL) continue;
    memset(text + at, '*', (size_t)(end - (text + at)));
    at = (size_t)(end - text) - 1;
  }
}
