/* Memory that is wiped before it is given back. Knows nothing of Lua.
 *
 * A secret is shared by counting: a transfer in flight goes on using the token it was started with
 * while a later login puts a new one into the session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct secret {
  size_t references;
  size_t length;    /* without the terminating NUL */
  size_t hidden_at; /* where that begins which nobody may see */
  char text[];
} secret;

void aic_secret_wipe(void *memory, size_t length);

/* A new secret of a text that may be seen and one that may not; NULL when there is no memory. */
secret *aic_secret_new(
    const char *open, size_t open_length, const char *hidden, size_t hidden_length);
/* Returns its argument, counted once more; NULL stays NULL. */
secret *aic_secret_share(secret *shared);
/* Gives one count back and clears the pointer; the last one wipes and frees. NULL is allowed. */
void aic_secret_release(secret **shared);

/* Replaces what is hidden in the text by asterisks, in place, in whatever spelling it stands there
 * (spelling.h); a beginning of it at the text's end, too. NULL hides nothing. */
void aic_secret_redact(const secret *s, char *text, size_t length);

/* free and realloc that wipe, for libcurl, which copies requests and replies and does not. The blocks
 * are the C library's, so any malloc or free may stand at their other end. */
void aic_secret_free(void *block);
void *aic_secret_realloc(void *block, size_t size);
