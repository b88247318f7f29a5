/* Bodies, the table of operations, and how a request is built; what a parameter may be is in parameter.c. */
#include "operation.h"

#include <string.h>

#include "compat.h"

/* ---- bodies: each pushes one string ---- */

static void push_stop(lua_State *L, int first, const request *built) {
  (void)first, (void)built;
  lua_pushliteral(L, "{\"targetStatus\":\"STOPPED\"}");
}

/* The procedure that SAP documents sends this body with DELETE. */
static void push_delete(lua_State *L, int first, const request *built) {
  (void)first, (void)built;
  lua_pushliteral(L, "{\"targetStatus\":\"DELETED\"}");
}

static void push_create(lua_State *L, int first, const request *built) {
  const int options = built->options;
  const char *configuration = lua_tostring(L, first);
  if (options != 0) aic_parameter_push_raw(L, options, "ttl");
  if (options == 0 || !aic_parameter_fits_ttl(L, lua_gettop(L))) {
    lua_pushfstring(L, "{\"configurationId\":\"%s\"}", configuration);
  } else {
    lua_pushfstring(L, "{\"configurationId\":\"%s\",\"ttl\":\"%s\"}", configuration,
                    lua_tostring(L, -1));
  }
}

static void push_update(lua_State *L, int first, const request *built) {
  (void)built;
  lua_pushfstring(L, "{\"configurationId\":\"%s\"}", lua_tostring(L, first + 1));
}

static void push_batch(lua_State *L, int first, const request *built) {
  const int count = (int)lua_rawlen(L, first);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  luaL_addstring(&text, "{\"");
  luaL_addstring(&text, built->resource);
  luaL_addstring(&text, "\":[");
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, first, i);
    if (!aic_parameter_fits_item(L, lua_gettop(L), 0))
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

static const reply_shape record = {"record", REPLY_OBJECT, "status", LUA_TSTRING, false},
                         records = {"records", REPLY_OBJECT, "resources", LUA_TTABLE, true},
                         accepted = {"accepted", REPLY_OBJECT, "id", LUA_TSTRING, false},
                         items = {"items", REPLY_OBJECT, NULL, LUA_TTABLE, true},
                         lines = {"lines", REPLY_OBJECT, "data", LUA_TTABLE, false},
                         capabilities = {"capabilities", REPLY_OBJECT, "aiApi", LUA_TTABLE, false},
                         number = {.form = REPLY_COUNT},
                         token = {NULL, REPLY_TOKEN, "access_token", LUA_TSTRING, false};

#define ALL "/lm/{resource}"
#define ONE ALL "/{id}"
#define ID &aic_parameter_id
#define ITEMS &aic_parameter_items
#define CONFIGURATION &aic_parameter_configuration_id
#define JSON "application/json"
#define MERGE_PATCH "application/merge-patch+json"
#define FORM "application/x-www-form-urlencoded"

/* The columns are the struct's. */
/* clang-format off */
const operation aic_operations[] = {
  {"status", "GET",    ONE,           {ID}, {aic_status_options}, .shape = &record},
  {"list",   "GET",    ALL,           {0},  {aic_filter_options, aic_page_options}, .shape = &records},
  {"count",  "GET",    ALL "/$count", {0},  {aic_filter_options}, .shape = &number},
  {"create", "POST",   ALL, {CONFIGURATION}, {aic_create_options}, push_create, JSON, &accepted,
   .changes = true, .not_idempotent = true, .once = true},
  {"update", "PATCH",  ONE, {ID, CONFIGURATION}, {0}, push_update, JSON, &accepted,
   .changes = true, .only = aic_deployments},
  {"stop",   "PATCH",  ONE, {ID},    {0}, push_stop,   JSON, &accepted, .changes = true},
  {"delete", "DELETE", ONE, {ID},    {0}, push_delete, JSON, &accepted, .changes = true},
  {"batch",  "PATCH",  ALL, {ITEMS}, {0}, push_batch, MERGE_PATCH, &items,
   .changes = true, .not_idempotent = true},
  {"logs",   "GET",    ONE "/logs",   {ID}, {aic_logs_options}, .shape = &lines},
  {"capabilities", "GET", "/lm/meta", .shape = &capabilities, .no_resource_group = true},
  {"login",  "POST",   .content_type = FORM, .shape = &token, .no_resource_group = true},
  {.name = NULL}};
/* clang-format on */

bool aic_operation_has_resource(const operation *op) {
  return op->path != NULL && strstr(op->path, "{resource}") != NULL;
}

bool aic_operation_is_about_one(const operation *op) { return op->arguments[0] == ID; }

const operation *aic_operation_find(const char *name) {
  for (const operation *op = aic_operations; op->name != NULL; op++) {
    if (strcmp(op->name, name) == 0) return op;
  }
  return NULL;
}

/* ---- building ---- */

/* What came instead of the expected. Only a readable text is repeated. */
static const char *complain(lua_State *L, const operation *op, const parameter *about, int index) {
  size_t length;
  const char *text = aic_parameter_string(L, index, &length);
  if (text != NULL && length <= 80 && (length == 0 || aic_parameter_header_safe(text, length))) {
    return lua_pushfstring(L, "%s: %s: %s, got \"%s\"", op->name, about->name, about->expected,
                           text);
  }
  return lua_pushfstring(L, "%s: %s: %s, got %s", op->name, about->name, about->expected,
                         text != NULL ? "unprintable text" : luaL_typename(L, index));
}

/* What it has is had by one resource alone, and another one is asked. */
static const char *complain_of_resource(lua_State *L, const char *what, const char *only,
                                        const char *asked) {
  return lua_pushfstring(L, "%s: only %s have it, got resource = \"%s\"", what, only, asked);
}

static const parameter *find_option(const operation *op, const char *name) {
  const parameter *const lists[] = {op->options[0], op->options[1], aic_common_options,
                                    aic_operation_has_resource(op) ? aic_resource_options : NULL};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    for (const parameter *option = lists[i]; option != NULL && option->name != NULL; option++) {
      if (strcmp(option->name, name) == 0) return option;
    }
  }
  return NULL;
}

/* The resource that is asked; one that does not fit is complained of later. */
static const char *asked_resource(lua_State *L, int options) {
  aic_parameter_push_raw(L, options, "resource");
  const char *word = aic_parameter_resource_word(L, -1);
  lua_pop(L, 1);
  return word != NULL ? word : aic_deployments;
}

/* Checks every option; leaves the stack as it was, or the complaint on it. */
static const char *check_options(lua_State *L, const operation *op, int options,
                                 const char *resource) {
  lua_pushnil(L);
  while (lua_next(L, options) != 0) {
    const char *name = aic_parameter_string(L, -2, NULL);
    if (name == NULL) {
      return lua_pushfstring(L, "%s: the names of options are strings, got a %s", op->name,
                             luaL_typename(L, -2));
    }
    const parameter *known = find_option(op, name);
    if (known == NULL) return lua_pushfstring(L, "%s: unknown option '%s'", op->name, name);
    if (!known->fit(L, lua_gettop(L))) return complain(L, op, known, lua_gettop(L));
    if (known->only != NULL && known->only != resource) {
      lua_pushfstring(L, "%s: %s", op->name, name);
      return complain_of_resource(L, lua_tostring(L, -1), known->only, resource);
    }
    lua_pop(L, 1);
  }
  if (op->only == NULL || op->only == resource) return NULL;
  return complain_of_resource(L, op->name, op->only, resource);
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

/* Pushes the URL without a query: the words of the request stand in the path for their names. */
static void push_path(lua_State *L, const request *built, const char *base_url) {
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  luaL_addstring(&text, base_url);
  const char *at = built->operation->path;
  const char *brace = strchr(at, '{');
  for (; brace != NULL; brace = strchr(at, '{')) {
    luaL_addlstring(&text, at, (size_t)(brace - at));
    luaL_addstring(&text, brace[1] == 'i' ? built->id : built->resource);
    at = strchr(brace, '}') + 1;
  }
  luaL_addstring(&text, at);
  luaL_pushresult(&text);
}

/* Appends these options to the URL on top; returns what separates the next one. */
static const char *append_query(lua_State *L, const parameter *list, int options,
                                const char *separator) {
  for (const parameter *option = list; option != NULL && option->name != NULL; option++) {
    if (option->query == NULL) continue;
    aic_parameter_push_raw(L, options, option->name);
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
  return separator;
}

static void push_url(lua_State *L, const request *built, const char *base_url) {
  const operation *op = built->operation;
  push_path(L, built, base_url);
  if (built->options == 0) return;
  const char *separator = append_query(L, op->options[0], built->options, "?");
  (void)append_query(L, op->options[1], built->options, separator);
}

static void take_common_options(lua_State *L, int options, request *built) {
  if (options == 0) return;
  aic_parameter_push_raw(L, options, "timeout");
  built->timeout = lua_tonumber(L, -1);
  aic_parameter_push_raw(L, options, "resource_group");
  built->resource_group = lua_tostring(L, -1);
}

const char *aic_operation_check(lua_State *L, const operation *op, int first, request *built) {
  int top = lua_gettop(L);
  while (top >= first && lua_isnil(L, top)) top--; /* "no options" is often said as nil */
  const request empty = {.operation = op, .resource = aic_deployments};
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
    if (argument == &aic_parameter_id) built->id = lua_tostring(L, next);
  }
  if (next < top) return lua_pushfstring(L, "%s: too many arguments", op->name);
  if (next > top) return NULL;
  built->options = next;
  if (!lua_istable(L, next)) {
    return lua_pushfstring(L, "%s: a table of options expected, got %s", op->name,
                           luaL_typename(L, next));
  }
  built->resource = asked_resource(L, next);
  return check_options(L, op, next, built->resource);
}

const char *aic_operation_build(lua_State *L, const operation *op, int first, const char *base_url,
                                request *built) {
  const char *complaint = aic_operation_check(L, op, first, built);
  if (complaint != NULL) return complaint;
  take_common_options(L, built->options, built);
  if (op->path != NULL) {
    push_url(L, built, base_url);
    built->url = lua_tostring(L, -1);
  }
  if (op->push_body != NULL) {
    op->push_body(L, first, built);
    built->body = lua_tolstring(L, -1, &built->body_length);
  }
  return NULL;
}
