/* The rules stand in SAP's OpenAPI description of AI Core (version 2.42.0) and are kept here as
 * data. Only ids, words, times and integers pass the checks: so no JSON below needs escaping, and
 * of a query only the '+' of a time zone. */
#include "operation.h"

#include <string.h>

#include "compat.h"

/* ---- checks: is the value at the index fit? ---- */

static bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The string at the index, or NULL. A number does not count as a string here. */
static const char *string_at(lua_State *L, int index, size_t *length) {
  return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, length) : NULL;
}

static bool fit_id(lua_State *L, int index) {
  size_t length;
  const char *text = string_at(L, index, &length);
  if (text == NULL || length < 4 || length > 64) return false;
  for (size_t i = 0; i < length; i++) {
    if (!is_word_byte(text[i]) && text[i] != '.' && text[i] != '-') return false;
  }
  return true;
}

/* Any word: SAP may add states. */
static bool fit_status(lua_State *L, int index) {
  size_t length;
  const char *text = string_at(L, index, &length);
  if (text == NULL || length == 0 || length > 64) return false;
  for (size_t i = 0; i < length; i++) {
    if (!is_word_byte(text[i])) return false;
  }
  return true;
}

/* RFC 3339, as far as its alphabet goes: the service knows the calendar better. */
static bool fit_time(lua_State *L, int index) {
  size_t length;
  const char *text = string_at(L, index, &length);
  if (text == NULL || length < 20 || length > 40 || text[4] != '-' || text[10] != 'T') return false;
  return strspn(text, "0123456789-+:.TZ") == length;
}

static bool fit_ttl(lua_State *L, int index) {
  size_t length;
  const char *text = string_at(L, index, &length);
  if (text == NULL || length < 2 || length > 20) return false;
  return strspn(text, "0123456789") == length - 1 && strchr("mMhHdD", text[length - 1]) != NULL;
}

static bool is_one_of(lua_State *L, int index, const char *one, const char *other) {
  const char *text = string_at(L, index, NULL);
  return text != NULL && (strcmp(text, one) == 0 || strcmp(text, other) == 0);
}

static bool fit_order(lua_State *L, int index) { return is_one_of(L, index, "asc", "desc"); }
static bool fit_select(lua_State *L, int index) { return is_one_of(L, index, "status", "status"); }

static bool is_integer_in(lua_State *L, int index, double low, double high) {
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  const double number = lua_tonumber(L, index);
  return number >= low && number <= high && number == (double)(long)number;
}

static bool fit_top(lua_State *L, int index) { return is_integer_in(L, index, 1, 100000); }
static bool fit_lines(lua_State *L, int index) { return is_integer_in(L, index, 1, 5000); }
static bool fit_skip(lua_State *L, int index) { return is_integer_in(L, index, 0, 1e9); }

static bool fit_ids(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return false;
  const size_t count = lua_rawlen(L, index);
  bool fit = count >= 1 && count <= 1000;
  for (size_t i = 1; fit && i <= count; i++) {
    lua_rawgeti(L, index, (int)i);
    fit = fit_id(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  return fit;
}

/* The field itself: what a metatable would add was not checked. */
static void push_raw(lua_State *L, int table, const char *name) {
  lua_pushstring(L, name);
  lua_rawget(L, table);
}

/* An item of a batch, whose targetStatus and id are pushed. The id is entered into the table at
 * seen, if any, since an id may stand there once. */
static bool fit_item(lua_State *L, int item, int seen) {
  if (lua_type(L, item) != LUA_TTABLE) return false;
  push_raw(L, item, "targetStatus");
  push_raw(L, item, "id");
  const int id = lua_gettop(L);
  if (!is_one_of(L, id - 1, "STOPPED", "DELETED") || !fit_id(L, id)) return false;
  if (seen == 0) return true;
  lua_pushvalue(L, id);
  lua_rawget(L, seen);
  const bool fresh = lua_isnil(L, -1);
  lua_pushvalue(L, id);
  lua_pushboolean(L, 1);
  lua_rawset(L, seen);
  return fresh;
}

static bool fit_items(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return false;
  const size_t count = lua_rawlen(L, index);
  bool fit = count >= 1 && count <= 100;
  lua_newtable(L);
  const int seen = lua_gettop(L);
  for (size_t i = 1; fit && i <= count; i++) {
    lua_rawgeti(L, index, (int)i);
    fit = fit_item(L, seen + 1, seen);
    lua_settop(L, seen);
  }
  lua_pop(L, 1);
  return fit;
}

static bool fit_resource_group(lua_State *L, int index) {
  size_t length;
  const char *text = string_at(L, index, &length);
  return text != NULL && operation_header_safe(text, length);
}

static bool fit_timeout(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  const double number = lua_tonumber(L, index);
  return number > 0 && number <= 1e6;
}

bool operation_header_safe(const char *value, size_t length) {
  for (size_t i = 0; i < length; i++) {
    const unsigned char byte = (unsigned char)value[i];
    if (byte < 0x20 || byte == 0x7F) return false;
  }
  return length > 0;
}

/* ---- parameters ---- */

struct parameter {
  const char *name;  /* in Lua */
  const char *query; /* in the query string; NULL: it goes elsewhere */
  bool (*fit)(lua_State *L, int index);
  const char *expected;
};

#define AN_ID "4 to 64 letters, digits, '_', '.' or '-' expected"

static const parameter ID = {"id", NULL, fit_id, AN_ID};
static const parameter CONFIGURATION_ID = {"configuration_id", NULL, fit_id, AN_ID};
static const parameter ITEMS = {
    "items", NULL, fit_items,
    "1 to 100 of { id = …, targetStatus = \"STOPPED\" or \"DELETED\" } expected, each id once"};

/* Every operation takes these. */
static const parameter common_options[] = {
    {"resource_group", NULL, fit_resource_group, "text without control characters expected"},
    {"timeout", NULL, fit_timeout, "seconds expected, more than 0"},
    {NULL, NULL, NULL, NULL}};

static const parameter no_options[] = {{NULL, NULL, NULL, NULL}};

static const parameter status_options[] = {{"select", "$select", fit_select, "\"status\" expected"},
                                           {NULL, NULL, NULL, NULL}};

static const parameter list_options[] = {
    {"status", "status", fit_status, "a word such as RUNNING expected"},
    {"scenario_id", "scenarioId", fit_id, AN_ID},
    {"configuration_id", "configurationId", fit_id, AN_ID},
    {"executable_ids", "executableIds", fit_ids, "a table of 1 to 1000 ids expected"},
    {"top", "$top", fit_top, "an integer from 1 to 100000 expected"},
    {"skip", "$skip", fit_skip, "an integer from 0 expected"},
    {"select", "$select", fit_select, "\"status\" expected"},
    {NULL, NULL, NULL, NULL}};

static const parameter count_options[] = {
    {"status", "status", fit_status, "a word such as RUNNING expected"},
    {"scenario_id", "scenarioId", fit_id, AN_ID},
    {"configuration_id", "configurationId", fit_id, AN_ID},
    {"executable_ids", "executableIds", fit_ids, "a table of 1 to 1000 ids expected"},
    {NULL, NULL, NULL, NULL}};

static const parameter create_options[] = {
    {"ttl", NULL, fit_ttl, "digits and then m, h or d expected"}, {NULL, NULL, NULL, NULL}};

static const parameter logs_options[] = {
    {"start", "start", fit_time, "an RFC 3339 time expected"},
    {"end", "end", fit_time, "an RFC 3339 time expected"},
    {"top", "$top", fit_lines, "an integer from 1 to 5000 expected"},
    {"order", "$order", fit_order, "\"asc\" or \"desc\" expected"},
    {NULL, NULL, NULL, NULL}};

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
  if (options != 0) push_raw(L, options, "ttl");
  if (options == 0 || !fit_ttl(L, lua_gettop(L))) {
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
    if (!fit_item(L, lua_gettop(L), 0)) luaL_error(L, "batch: an item changed while it was read");
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
                                 .arguments = {&ID},
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
                                 .arguments = {&CONFIGURATION_ID},
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
                                 .arguments = {&ID, &CONFIGURATION_ID},
                                 .options = no_options,
                                 .push_body = push_update,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true},
                                {.name = "stop",
                                 .verb = "PATCH",
                                 .path = DEPLOYMENT,
                                 .arguments = {&ID},
                                 .options = no_options,
                                 .push_body = push_stop,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true},
                                {.name = "delete",
                                 .verb = "DELETE",
                                 .path = DEPLOYMENT,
                                 .arguments = {&ID},
                                 .options = no_options,
                                 .push_body = push_delete,
                                 .content_type = JSON,
                                 .required = "id",
                                 .required_type = LUA_TSTRING,
                                 .changes = true},
                                {.name = "batch",
                                 .verb = "PATCH",
                                 .path = DEPLOYMENTS,
                                 .arguments = {&ITEMS},
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
                                 .arguments = {&ID},
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
  const char *text = string_at(L, index, &length);
  if (text != NULL && length <= 80 && (length == 0 || operation_header_safe(text, length))) {
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
    const char *name = string_at(L, -2, NULL);
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
    push_raw(L, options, option->name);
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
  push_raw(L, options, "timeout");
  built->timeout = lua_tonumber(L, -1);
  push_raw(L, options, "resource_group");
  built->resource_group = lua_tostring(L, -1);
}

const char *operation_build(lua_State *L, const operation *op, int first, request *built) {
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
    if (argument == &ID) built->id = lua_tostring(L, next);
  }
  if (next < top) return lua_pushfstring(L, "%s: too many arguments", op->name);
  const int options = next == top ? next : 0;
  if (options != 0 && !lua_istable(L, options)) {
    return lua_pushfstring(L, "%s: a table of options expected, got %s", op->name,
                           luaL_typename(L, options));
  }
  const char *complaint = options != 0 ? check_options(L, op, options) : NULL;
  if (complaint != NULL) return complaint;

  take_common_options(L, options, built);
  if (op->path != NULL) {
    push_target(L, op, built->id, options);
    built->target = lua_tostring(L, -1);
  }
  if (op->push_body != NULL) {
    op->push_body(L, first, options);
    built->body = lua_tolstring(L, -1, &built->body_length);
  }
  return NULL;
}
