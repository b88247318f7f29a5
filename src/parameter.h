/* The named values that the AI API takes, as data: how each is checked and where it goes.
 *
 * The rules stand in SAP's OpenAPI description of AI Core (version 2.42.0). Of what becomes JSON here,
 * only ids and words pass the checks: so it needs no escaping. The body of a configuration is JSON
 * already. */
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct parameter {
  const char *name;  /* in Lua */
  const char *query; /* in the query string; NULL: it goes elsewhere */
  bool (*fit)(lua_State *L, int index);
  const char *expected; /* for the complaint about what does not fit */
  const char *only;     /* the one resource that has it; NULL: every one has */
} parameter;

/* The collections that operations are about, by their words in paths and bodies. A word is kept as
 * one of these constants, so that it may be compared by address. */
extern const char aic_deployments[], aic_executions[];

/* The constant for the word at the index; NULL: it is none. */
const char *aic_parameter_resource_word(lua_State *L, int index);
/* Positional arguments. */
extern const parameter aic_parameter_id, aic_parameter_configuration_id, aic_parameter_items,
    aic_parameter_body;

/* Named ones by operation, each list ended by one without a name; and those that every operation
 * takes, but for the resource, which its path must name. */
extern const parameter aic_status_options[], aic_filter_options[], aic_page_options[],
    aic_configurations_options[], aic_create_options[], aic_logs_options[], aic_common_options[];
/* Where each stands in the common ones, and the row without a name after them. */
enum { OPTION_RESOURCE_GROUP, OPTION_TIMEOUT, OPTION_RESOURCE, OPTION_CORRELATION_ID, OPTIONS_END };

/* Pushes the field itself: what a metatable would add was not checked. */
void aic_parameter_push_raw(lua_State *L, int table, const char *name);
/* Digits and then m, h or d. */
bool aic_parameter_fits_ttl(lua_State *L, int index);
/* An item of a batch, whose targetStatus and id are pushed. The id is entered into the table at
 * seen, if any, since an id may stand there once. */
bool aic_parameter_fits_item(lua_State *L, int item, int seen);
