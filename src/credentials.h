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
  secret *proxy;             /* its URL; "": none … */
  secret *proxy_password;    /* … what of it is one … */
  secret *proxy_login;       /* … and how it is sent */
} credentials;

/* Makes the login form, of this client id and the client secret. False: no memory. */
bool aic_credentials_make_form(credentials *c, const char *id, size_t length);
/* A token as the header that carries it; NULL: no memory. */
secret *aic_credentials_new_token(const char *token, size_t length);
/* Uses a token from now on: the count is taken over. */
void aic_credentials_use_token(credentials *c, secret *token);

/* Uses the proxy of that URL, with what stands in it, decoded, or NULL. False: no memory. */
bool aic_credentials_use_proxy(
    credentials *c, const char *url, const char *user, const char *password);

/* Hides all of them in a text that comes from outside. */
void aic_credentials_redact(const credentials *c, char *text, size_t length);
/* Adds one count to those that are to be hidden, in place of those that held them before. */
void aic_credentials_share(const credentials *c, credentials *held);

/* Forgets them all. Idempotent. */
void aic_credentials_wipe(credentials *c);
