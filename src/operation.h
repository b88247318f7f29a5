/* The AI API as data: one entry per operation, and how a request is built from it. */
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "parameter.h"

typedef enum reply_form {
  REPLY_OBJECT, /* a JSON object with a field that every good answer has */
  REPLY_COUNT,  /* an integer as text */
  REPLY_TOKEN   /* an object with a token, which stays in C */
} reply_form;

/* What a good answer looks like. */
typedef struct reply_shape {
  const char *name; /* NULL: none */
  reply_form form;
  const char *field; /* of an object; NULL: it is called as the resource is */
  int type;          /* of the field, in Lua */
  bool elements;     /* it is a list of objects */
  bool is_long;      /* compressing it is worth the while, and so is a large buffer */
  bool of_records;   /* it is a record, or its elements are */
} reply_shape;

/* A request in terms of one operation. Its strings live on the Lua stack that it was built on. */
typedef struct request {
  const struct operation *operation;
  const char *resource;       /* one of the constants */
  int options;                /* the index of the table of options; 0: none */
  bool has_query;             /* some of them go into the query */
  const char *url;            /* NULL: the token URL, which the session knows */
  const char *body;           /* NULL: none, or a login's, which the session has */
  const char *id;             /* of the record, for errors; NULL: none */
  const char *resource_group; /* NULL: the session's */
  const char *correlation_id; /* NULL: none */
  double timeout;             /* seconds; 0: the session's */
} request;

typedef struct operation {
  const char *name;
  const char *verb;
  const char *path; /* after the base URL, with {resource}, {id}; NULL: the token URL */
  const parameter *arguments[2]; /* the positional ones, in order */
  const parameter *options[2];   /* lists of named ones, besides the common ones */
  const char *body;              /* the same for all requests; NULL: what push_body pushes */
  void (*push_body)(lua_State *L, int first, const request *built); /* both NULL: as in request */
  const char *content_type; /* of the body, a header line; NULL: there is no body */
  const reply_shape *shape;
  const char *only;       /* the one resource that has it; NULL: every one has */
  bool changes;           /* if the answer is lost, something may have happened all the same */
  bool not_idempotent;    /* twice is not the same as once */
  bool once;              /* to be sent on a fresh connection: it must not happen twice */
  bool no_resource_group; /* AI-Resource-Group is not sent */
} operation;

/* All of them, ended by one without a name. */
extern const operation aic_operations[];
/* The one of that name, or NULL. */
const operation *aic_operation_find(const char *name);
/* Does its path name a resource? Is its first argument an id? */
bool aic_operation_has_resource(const operation *op);
bool aic_operation_is_about_one(const operation *op);

/* Checks the arguments from the index first to the top: the positional ones, then an optional table
 * of options. Notes what it finds, and may push a string of it. Returns NULL, or what is wrong: a
 * text on top of the stack. */
const char *aic_operation_check(lua_State *L, const operation *op, int first, request *built);
/* Checks them, and builds the request to the service at the base URL. Pushes strings, which must stay
 * on the stack while it is used. Returns as check does. */
const char *aic_operation_build(
    lua_State *L, const operation *op, int first, const char *base_url, request *built);
