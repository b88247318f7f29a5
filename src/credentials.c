#include "credentials.h"

#include <stdlib.h>
#include <string.h>

/* Percent-encodes as forms want it; returns the end. There is room for three times as much. */
static char *escape(char *to, const char *from, size_t length) {
  static const char digits[] = "0123456789ABCDEF";
  static const char unreserved[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (size_t i = 0; i < length; i++) {
    const unsigned char byte = (unsigned char)from[i];
    if (byte != '\0' && strchr(unreserved, byte) != NULL) {
      *to++ = (char)byte;
    } else {
      *to++ = '%';
      *to++ = digits[byte >> 4];
      *to++ = digits[byte & 15];
    }
  }
  return to;
}

bool aic_credentials_make_form(credentials *c, const char *id, size_t length) {
  static const char head[] = "grant_type=client_credentials&client_id=";
  static const char field[] = "&client_secret=";
  const secret *hidden = c->client_secret;
  const size_t hidden_length = hidden != NULL ? hidden->length : 0;
  char *text = malloc(sizeof head + sizeof field + 3 * (length + hidden_length));
  if (text == NULL) return false;
  memcpy(text, head, sizeof head - 1);
  char *open_end = escape(text + sizeof head - 1, id, length);
  if (hidden != NULL) {
    memcpy(open_end, field, sizeof field - 1);
    open_end += sizeof field - 1;
  }
  const char *end = hidden != NULL ? escape(open_end, hidden->text, hidden_length) : open_end;
  c->login_form =
      aic_secret_new(text, (size_t)(open_end - text), open_end, (size_t)(end - open_end));
  aic_secret_wipe(text, (size_t)(end - text));
  free(text);
  return c->login_form != NULL;
}

secret *aic_credentials_new_token(const char *token, size_t length) {
  static const char header[] = "Authorization: Bearer ";
  return aic_secret_new(header, sizeof header - 1, token, length);
}

void aic_credentials_use_token(credentials *c, secret *token) {
  aic_secret_release(&c->authorization);
  c->authorization = token;
  if (c->wiped) aic_secret_release(&c->authorization);
}

void aic_credentials_redact(const credentials *c, const secret *sent, char *text, size_t length) {
  aic_secret_redact(sent, text, length);
  aic_secret_redact(c->authorization, text, length);
  aic_secret_redact(c->client_secret, text, length);
  aic_secret_redact(c->login_form, text, length);
}

bool aic_credentials_stand_in(
    const credentials *c, const secret *sent, const char *text, size_t length) {
  return aic_secret_stands_in(sent, text, length) ||
         aic_secret_stands_in(c->authorization, text, length) ||
         aic_secret_stands_in(c->client_secret, text, length) ||
         aic_secret_stands_in(c->login_form, text, length);
}

void aic_credentials_wipe(credentials *c) {
  c->wiped = true;
  aic_secret_release(&c->authorization);
  aic_secret_release(&c->login_form);
  aic_secret_release(&c->client_secret);
  aic_secret_release(&c->certificate);
  aic_secret_release(&c->key);
}
