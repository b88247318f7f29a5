/* Finds the access token in the text of a token endpoint's reply. Knows nothing of Lua.
 *
 * The reply is JSON, but a JSON decoder would leave copies of the token behind; so this reads just
 * enough of it, and the decoder gets a text without the token. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct token_place {
  char *text;    /* the token … */
  size_t length; /* … without JSON's backslashes */
  size_t room;   /* what stands between the quotes */
} token_place;

/* The value of the outermost object's access_token; its escapes are resolved in place. False: there
 * is none, or it needs more than a backslash before / \ or ". */
bool aic_token_find(char *json, size_t length, token_place *found);
