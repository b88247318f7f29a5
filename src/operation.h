/* The AI API as data: one entry per operation, and how a request is built from it. */
#ifndef AICORE_OPERATION_H
#define AICORE_OPERATION_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "parameter.h"

/* What a good answer looks like. */
typedef enum reply_form {
  REPLY_OBJECT, /* a JSON object with the operation's required field */
  REPLY_COUNT,  /* an integer as text */
  REPLY_TOKEN   /* a token, which stays in C */
} reply_form;

typedef struct operation {
  const char *name;
  const char *verb;
  const char *path;              /* after the base URL, {id} for the id; NULL: the token URL */
  const parameter *arguments[2]; /* the positional ones, in order */
  const parameter *options;      /* the named ones, ended by one without a name */
  void (*push_body)(lua_State *L, int first, int options); /* NULL: none, or the credentials */
  const char *content_type;                                /* of the body; NULL: none */
  reply_form reply;
  const char *required;   /* a field that every good answer has … */
  int required_type;      /* … and its Lua type */
  bool elements;          /* a list of objects, that is */
  bool no_resource_group; /* the only operations without AI-Resource-Group: login, capabilities */
  bool changes;           /* if the answer is lost, something may have happened all the same */
  bool once;              /* to be sent on a fresh connection: it must not happen twice */
} operation;

/* All of them, ended by one without a name. */
extern const operation operations[];

/* NULL when there is none of that name. */
const operation *operation_find(const char *name);

/* A request in terms of one operation. Its strings live on the Lua stack that it was built on. */
typedef struct request {
  const operation *operation;
  int options;        /* the index of the table of options; 0: none */
  const char *target; /* path and query; NULL: the token URL */
  const char *url;    /* the whole, joined by whoever knows the session */
  const char *body;   /* NULL: none, or the credentials */
  size_t body_length;
  const char *id;             /* of the deployment, for errors; NULL: none */
  const char *resource_group; /* NULL: the session's */
  double timeout;             /* seconds; 0: the session's */
} request;

/* Checks the arguments that start at the index first: the positional ones, then an optional table of
 * options. Notes what it finds on the way. Returns NULL, or what is wrong with them (a string on the
 * stack). */
const char *operation_check(lua_State *L, const operation *op, int first, request *built);

/* Builds a request from the arguments that start at the index first: the positional ones, then an
 * optional table of options. Pushes strings, which must stay on the stack while it is used.
 * Returns NULL, or what is wrong with the arguments (a string on the stack, too). */
const char *operation_build(lua_State *L, const operation *op, int first, request *built);

#endif
