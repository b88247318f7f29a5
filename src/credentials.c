#include "credentials.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

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

/* As HTTP has it: what is sent of a user and a password. There is room for four thirds and a NUL. */
static void encode_base64(char *to, const char *from, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    unsigned bits = 0;
    for (size_t j = i; j < i + 3; j++)
      bits = bits << 8 | (j < length ? (unsigned char)from[j] : 0U);
    for (size_t j = 0; j < 4; j++) {
      *to = '=';
      if (i + j <= length) *to = digits[bits >> (18 - 6 * j) & 63];
      to++;
    }
  }
  *to = '\0';
}

/* What is hidden of the login at a proxy: the password, and both in base64. */
static bool hide_login(credentials *c, const char *user, const char *password) {
  const size_t length = strlen(user) + 1 + strlen(password);
  char *text = malloc(length + 1), *code = malloc((length + 2) / 3 * 4 + 1);
  if (text != NULL && code != NULL) {
    stpcpy(stpcpy(stpcpy(text, user), ":"), password);
    encode_base64(code, text, length);
    c->proxy_password = aic_secret_new("", 0, password, strlen(password));
    c->proxy_login = aic_secret_new("", 0, code, strlen(code));
  }
  aic_secret_free(text);
  aic_secret_free(code);
  return c->proxy_password != NULL && c->proxy_login != NULL;
}

bool aic_credentials_use_proxy(
    credentials *c, const char *url, const char *user, const char *password) {
  c->proxy = aic_secret_new("", 0, url, strlen(url));
  if (user == NULL && password == NULL) return c->proxy != NULL;
  return hide_login(c, user != NULL ? user : "", password != NULL ? password : "") &&
         c->proxy != NULL;
}

/* Those that a text may tell. The certificate is none, and the login form is made of the secret. */
static const size_t hidden[] = {offsetof(credentials, authorization),
    offsetof(credentials, client_secret), offsetof(credentials, key),
    offsetof(credentials, proxy_password), offsetof(credentials, proxy_login)};

static secret **at(const credentials *c, size_t offset) {
  return (secret **)(void *)((char *)(size_t)c + offset);
}

void aic_credentials_redact(const credentials *c, char *text, size_t length) {
  for (size_t i = 0; i < COUNT(hidden); i++) aic_secret_redact(*at(c, hidden[i]), text, length);
}

void aic_credentials_share(const credentials *c, credentials *held) {
  for (size_t i = 0; i < COUNT(hidden); i++) {
    secret *one = aic_secret_share(*at(c, hidden[i]));
    aic_secret_release(at(held, hidden[i]));
    *at(held, hidden[i]) = one;
  }
}

void aic_credentials_wipe(credentials *c) {
  c->wiped = true;
  aic_secret_release(&c->authorization);
  aic_secret_release(&c->login_form);
  aic_secret_release(&c->client_secret);
  aic_secret_release(&c->certificate);
  aic_secret_release(&c->key);
  aic_secret_release(&c->proxy);
  aic_secret_release(&c->proxy_password);
  aic_secret_release(&c->proxy_login);
}
