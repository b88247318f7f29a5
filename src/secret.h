/* Memory that is wiped before it is given back. Knows nothing of Lua.
 *
 * A secret is shared by counting: a transfer in flight goes on using the token it was started
 * with while a later login puts a new one into the session. */
#ifndef AICORE_SECRET_H
#define AICORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

typedef struct secret {
  size_t references;
  size_t length; /* without the terminating NUL */
  char text[];
} secret;

void aic_secret_wipe(void *memory, size_t length);

/* A new secret that joins two texts; NULL when there is no memory. */
secret *aic_secret_new(const char *first, size_t first_length, const char *second,
                       size_t second_length);

/* Returns its argument, counted once more; NULL stays NULL. */
secret *aic_secret_share(secret *shared);

/* Gives one count back and clears the pointer; the last one wipes and frees. NULL is allowed. */
void aic_secret_release(secret **shared);

/* free and realloc for whoever does not wipe by himself: libcurl's copies of requests and replies.
 * The blocks are the C library's, so any malloc or free may stand at their other end. */
void aic_secret_free(void *block);
void *aic_secret_realloc(void *block, size_t size);

/* Do the hidden bytes stand in the text? */
bool aic_secret_stands_in(const char *hidden, size_t hidden_length, const char *text,
                          size_t length);

/* Replaces every occurrence of the hidden bytes in text by asterisks, in place; a beginning of them at its end, too. */
void aic_secret_redact(const char *hidden, size_t hidden_length, char *text, size_t length);

#endif
