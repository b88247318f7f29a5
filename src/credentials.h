/* A session's secrets: its token, and what a login needs. Knows nothing of Lua. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "secret.h"

typedef struct credentials {
  bool wiped;            /* for good: a token that comes later is dropped */
  secret *authorization; /* the header with the token */
  secret *login_form;    /* the body of a login */
  secret *client_secret;
  secret *certificate, *key; /* PEM text */
} credentials;

/* Makes the login form, of this client id and the client secret. False: no memory. */
bool aic_credentials_make_form(credentials *c, const char *id, size_t length);
/* A token as the header that carries it; NULL: no memory. */
secret *aic_credentials_new_token(const char *token, size_t length);
/* Uses a token from now on: the count is taken over. */
void aic_credentials_use_token(credentials *c, secret *token);

/* Hides all of them in a text that comes from outside; and the token that was sent, which may be
 * one from before a login (NULL: none was). */
void aic_credentials_redact(const credentials *c, const secret *sent, char *text, size_t length);
/* Does such a text tell one of them? */
bool aic_credentials_stand_in(
    const credentials *c, const secret *sent, const char *text, size_t length);

/* Forgets them all. Idempotent. */
void aic_credentials_wipe(credentials *c);
