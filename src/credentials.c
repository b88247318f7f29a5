#include "credentials.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

static const char HEADER[] = "Authorization: Bearer ";

/* ---- the login form ---- */

/* Percent-encodes as forms want it; returns the end. The target has room for three times as much. */
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
  const size_t room = sizeof head + sizeof field + 3 * (length + hidden_length);
  char *text = malloc(room);
  if (text == NULL) return false;
  memcpy(text, head, sizeof head - 1);
  char *end = escape(text + sizeof head - 1, id, length);
  if (hidden != NULL) {
    memcpy(end, field, sizeof field - 1);
    end += sizeof field - 1;
  }
  c->login_secret_at = (size_t)(end - text);
  if (hidden != NULL) end = escape(end, hidden->text, hidden_length);
  c->login_form = aic_secret_new(text, (size_t)(end - text), "", 0);
  aic_secret_wipe(text, (size_t)(end - text));
  free(text);
  return c->login_form != NULL;
}

/* ---- the token ---- */

secret *aic_credentials_new_token(const char *token, size_t length) {
  return aic_secret_new(HEADER, sizeof HEADER - 1, token, length);
}

void aic_credentials_use_token(credentials *c, secret *token) {
  aic_secret_release(&c->authorization);
  c->authorization = token;
  if (c->wiped) aic_secret_release(&c->authorization);
}

/* ---- hiding ---- */

typedef struct piece {
  const char *text;
  size_t length;
} piece;

enum { MOST_PIECES = 4 };

/* The tail of a secret. */
static piece tail_of(const secret *hidden, size_t start) {
  const piece none = {"", 0};
  if (hidden == NULL) return none;
  const piece tail = {hidden->text + start, hidden->length - start};
  return tail;
}

/* All that is to be hidden, of a request that was sent with this token. */
static void list_pieces(const credentials *c, const secret *sent, piece list[MOST_PIECES]) {
  list[0] = tail_of(sent, sizeof HEADER - 1);
  list[1] = tail_of(c->authorization, sizeof HEADER - 1);
  list[2] = tail_of(c->client_secret, 0);
  list[3] = tail_of(c->login_form, c->login_secret_at);
}

void aic_credentials_redact(const credentials *c, const secret *sent, char *text, size_t length) {
  piece hidden[MOST_PIECES];
  list_pieces(c, sent, hidden);
  for (size_t i = 0; i < COUNT(hidden); i++) {
    aic_secret_redact(hidden[i].text, hidden[i].length, text, length);
  }
}

void aic_credentials_redact_token(const secret *token, char *text, size_t length) {
  const piece hidden = tail_of(token, sizeof HEADER - 1);
  aic_secret_redact(hidden.text, hidden.length, text, length);
}

bool aic_credentials_stand_in(const credentials *c, const secret *sent, const char *text,
                              size_t length) {
  piece hidden[MOST_PIECES];
  list_pieces(c, sent, hidden);
  bool found = false;
  for (size_t i = 0; i < COUNT(hidden); i++) {
    found = found || aic_secret_stands_in(hidden[i].text, hidden[i].length, text, length);
  }
  return found;
}

void aic_credentials_wipe(credentials *c) {
  c->wiped = true;
  aic_secret_release(&c->authorization);
  aic_secret_release(&c->login_form);
  aic_secret_release(&c->client_secret);
  aic_secret_release(&c->certificate);
  aic_secret_release(&c->key);
}
