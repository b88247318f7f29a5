/* Bodies, the table of operations, and how a request is built; what a parameter may be is in parameter.c. */
#include "operation.h"

#include <string.h>

#include "compat.h"

/* ---- bodies: each pushes one string ---- */

static void push_stop(lua_State *L, int first, int options) {
  (void)first, (void)options;
  lua_pushliteral(L, "{\"targetStatus\":\"STOPPED\"}");
}

/* The procedure that SAP documents sends this body with DELETE. */
static void push_delete(lua_State *L, int first, int options) {
  (void)first, (void)options;
  lua_pushliteral(L, "{\"targetStatus\":\"DELETED\"}");
}

static void push_create(lua_State *L, int first, int options) {
  const char *configuration = lua_tostring(L, first);
  if (options != 0) parameter_push_raw(L, options, "ttl");
  if (options == 0 || !parameter_fits_ttl(L, lua_gettop(L))) {
    lua_pushfstring(L, "{\"configurationId\":\"%s\"}", configuration);
  } else {
    lua_pushfstring(L, "{\"configurationId\":\"%s\",\"ttl\":\"%s\"}", configuration,
                    lua_tostring(L, -1));
  }
}

static void push_update(lua_State *L, int first, int options) {
  (void)options;
  lua_pushfstring(L, "{\"configurationId\":\"%s\"}", lua_tostring(L, first + 1));
}

static void push_batch(lua_State *L, int first, int options) {
  (void)options;
  const int count = (int)lua_rawlen(L, first);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  luaL_addstring(&text, "{\"deployments\":[");
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, first, i);
    if (!parameter_fits_item(L, lua_gettop(L), 0))
      luaL_error(L, "batch: an item changed while it was read");
    lua_pushfstring(L, "%s{\"id\":\"%s\",\"targetStatus\":\"%s\"}", i > 1 ? "," : "",
                    lua_tostring(L, -1), lua_tostring(L, -2));
    lua_insert(L, -4);
    lua_pop(L, 3);
    luaL_addvalue(&text); /* a buffer wants nothing of ours between itself and its value */
  }
  luaL_addstring(&text, "]}");
  luaL_pushresult(&text);
}

/* ---- the operations ---- */

#define DEPLOYMENTS "/lm/deployments"
#define DEPLOYMENT DEPLOYMENTS "/{id}"
#define JSON "application/json"

/* clang-format off: a table, a few lines per entry */
const operation operations[] = {{.name = "status",
                                 .verb = "GET",
                                 .path = DEPLOYMENT,
                                 .arguments = {&parameter_id},
                                 .options = status_options,
                                 .required = "status",
                                 .required_type = LUA_TSTRING},
                                {.name = "list",
                                 .verb = "GET",
                                 .path = DEPLOYMENTS,
                                 .options = list_options,
                                 .required = "resources",
                                 .required_type = LUA_TTABLE,
                                 .elements = true},
                                {.name = "count",
                                 .verb = "GET",
                                 .path = DEPLOYMENTS "/$count",
                                 .options = count_options,
                                 .reply = REPLY_COUNT},
                                {.name = "create",
                                 .verb = "POST",
                                 .path = DEPLOYMENTS,
                                 .arguments = {&parameter_configuration_id},
                                 .options = create_options,
                                 .push_body = push_create,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true,
                                 .once = true},
                                {.name = "update",
                                 .verb = "PATCH",
                                 .path = DEPLOYMENT,
                                 .arguments = {&parameter_id, &parameter_configuration_id},
                                 .options = no_options,
                                 .push_body = push_update,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true},
                                {.name = "stop",
                                 .verb = "PATCH",
                                 .path = DEPLOYMENT,
                                 .arguments = {&parameter_id},
                                 .options = no_options,
                                 .push_body = push_stop,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true},
                                {.name = "delete",
                                 .verb = "DELETE",
                                 .path = DEPLOYMENT,
                                 .arguments = {&parameter_id},
                                 .options = no_options,
                                 .push_body = push_delete,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true},
                                {.name = "batch",
                                 .verb = "PATCH",
                                 .path = DEPLOYMENTS,
                                 .arguments = {&parameter_items},
                                 .options = no_options,
                                 .push_body = push_batch,
                                 .content_type = "application/merge-patch+json",
                                 .required = "deployments",
                                 .required_type = LUA_TTABLE,
                                 .elements = true,
                                 .changes = true},
                                {.name = "logs",
                                 .verb = "GET",
                                 .path = DEPLOYMENT "/logs",
                                 .arguments = {&parameter_id},
                                 .options = logs_options,
                                 .required = "data",
                                 .required_type = LUA_TTABLE},
                                {.name = "capabilities",
                                 .verb = "GET",
                                 .path = "/lm/meta",
                                 .options = no_options,
                                 .no_resource_group = true,
                                 .required = "aiApi",
                                 .required_type = LUA_TTABLE},
                                {.name = "login",
                                 .verb = "POST",
                                 .options = no_options,
                                 .content_type = "application/x-www-form-urlencoded",
                                 .reply = REPLY_TOKEN,
                                 .no_resource_group = true,
                                 .required = "access_token",
                                 .required_type = LUA_TSTRING},
                                {.name = NULL}};
/* clang-format on */

const operation *operation_find(const char *name) {
  for (const operation *op = operations; op->name != NULL; op++) {
    if (strcmp(op->name, name) == 0) return op;
  }
  return NULL;
}

/* ---- building ---- */

/* What came instead of the expected. Only a readable text is repeated. */
static const char *complain(lua_State *L, const operation *op, const parameter *about, int index) {
  size_t length;
  const char *text = parameter_string(L, index, &length);
  if (text != NULL && length <= 80 && (length == 0 || parameter_header_safe(text, length))) {
    return lua_pushfstring(L, "%s: %s: %s, got \"%s\"", op->name, about->name, about->expected,
                           text);
  }
  return lua_pushfstring(L, "%s: %s: %s, got %s", op->name, about->name, about->expected,
                         text != NULL ? "unprintable text" : luaL_typename(L, index));
}

static const parameter *find_parameter(const parameter *list, const char *name) {
  for (; list->name != NULL; list++) {
    if (strcmp(list->name, name) == 0) return list;
  }
  return NULL;
}

/* Checks every option; leaves the stack as it was, or the complaint on it. */
static const char *check_options(lua_State *L, const operation *op, int options) {
  lua_pushnil(L);
  while (lua_next(L, options) != 0) {
    const char *name = parameter_string(L, -2, NULL);
    if (name == NULL) {
      return lua_pushfstring(L, "%s: the names of options are strings, got a %s", op->name,
                             luaL_typename(L, -2));
    }
    const parameter *known = find_parameter(op->options, name);
    if (known == NULL) known = find_parameter(common_options, name);
    if (known == NULL) return lua_pushfstring(L, "%s: unknown option '%s'", op->name, name);
    if (!known->fit(L, lua_gettop(L))) return complain(L, op, known, lua_gettop(L));
    lua_pop(L, 1);
  }
  return NULL;
}

/* Pushes the value of a query parameter for the value on top, which it replaces. */
static void escape_value(lua_State *L) {
  if (lua_type(L, -1) == LUA_TTABLE) {
    const int list = lua_gettop(L);
    const int count = (int)lua_rawlen(L, list);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = 1; i <= count; i++) {
      if (i > 1) luaL_addlstring(&text, ",", 1);
      lua_rawgeti(L, list, i);
      luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
  } else if (lua_type(L, -1) == LUA_TNUMBER) {
    lua_pushfstring(L, "%d", (int)lua_tonumber(L, -1));
  } else {
    luaL_gsub(L, lua_tostring(L, -1), "+", "%2B");
  }
  lua_remove(L, -2);
}

/* Pushes path and query. */
static void push_target(lua_State *L, const operation *op, const char *id, int options) {
  if (id != NULL) {
    luaL_gsub(L, op->path, "{id}", id);
  } else {
    lua_pushstring(L, op->path);
  }
  if (options == 0) return;
  const char *separator = "?";
  for (const parameter *option = op->options; option->name != NULL; option++) {
    if (option->query == NULL) continue;
    parameter_push_raw(L, options, option->name);
    if (!option->fit(L, lua_gettop(L))) { /* nil; the others were checked before */
      lua_pop(L, 1);
      continue;
    }
    escape_value(L);
    lua_pushfstring(L, "%s%s%s=%s", lua_tostring(L, -2), separator, option->query,
                    lua_tostring(L, -1));
    lua_replace(L, -3);
    lua_pop(L, 1);
    separator = "&";
  }
}

static void take_common_options(lua_State *L, int options, request *built) {
  if (options == 0) return;
  parameter_push_raw(L, options, "timeout");
  built->timeout = lua_tonumber(L, -1);
  parameter_push_raw(L, options, "resource_group");
  built->resource_group = lua_tostring(L, -1);
}

const char *operation_check(lua_State *L, const operation *op, int first, request *built) {
  int top = lua_gettop(L);
  while (top >= first && lua_isnil(L, top)) top--; /* "no options" is often said as nil */
  const request empty = {.operation = op};
  *built = empty;
  luaL_checkstack(L, 16, NULL);
  int next = first;
  for (size_t i = 0; i < 2 && op->arguments[i] != NULL; i++, next++) {
    const parameter *argument = op->arguments[i];
    if (next > top) {
      return lua_pushfstring(L, "%s: %s: %s, got nil", op->name, argument->name,
                             argument->expected);
    }
    if (!argument->fit(L, next)) return complain(L, op, argument, next);
    if (argument == &parameter_id) built->id = lua_tostring(L, next);
  }
  if (next < top) return lua_pushfstring(L, "%s: too many arguments", op->name);
  if (next > top) return NULL;
  built->options = next;
  if (!lua_istable(L, next)) {
    return lua_pushfstring(L, "%s: a table of options expected, got %s", op->name,
                           luaL_typename(L, next));
  }
  return check_options(L, op, next);
}

const char *operation_build(lua_State *L, const operation *op, int first, request *built) {
  const char *complaint = operation_check(L, op, first, built);
  if (complaint != NULL) return complaint;
  take_common_options(L, built->options, built);
  if (op->path != NULL) {
    push_target(L, op, built->id, built->options);
    built->target = lua_tostring(L, -1);
  }
  if (op->push_body != NULL) {
    op->push_body(L, first, built->options);
    built->body = lua_tolstring(L, -1, &built->body_length);
  }
  return NULL;
}
