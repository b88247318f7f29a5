#include "operation.h"

#include <string.h>

#include "array.h"
#include "compat.h"
#include "text.h"

/* Of create and update. */
static void push_configuration(lua_State *L, int first, const request *built) {
  const char *id =
      lua_tostring(L, aic_operation_is_about_one(built->operation) ? first + 1 : first);
  if (built->options != 0) aic_parameter_push_raw(L, built->options, "ttl");
  if (built->options != 0 && aic_parameter_fits_ttl(L, lua_gettop(L))) {
    lua_pushfstring(L, "{\"configurationId\":\"%s\",\"ttl\":\"%s\"}", id, lua_tostring(L, -1));
  } else {
    lua_pushfstring(L, "{\"configurationId\":\"%s\"}", id);
  }
}

/* Of configure: its argument is the body. */
static void push_text(lua_State *L, int first, const request *built) {
  (void)built;
  lua_pushvalue(L, first);
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
    if (!aic_parameter_fits_item(L, lua_gettop(L), 0)) {
      luaL_error(L, "batch: an item changed while it was read");
    }
    lua_pushfstring(L, "%s{\"id\":\"%s\",\"targetStatus\":\"%s\"}", i > 1 ? "," : "",
        lua_tostring(L, -1), lua_tostring(L, -2));
    lua_insert(L, -4);
    lua_pop(L, 3);
    luaL_addvalue(&text); /* a buffer wants nothing of ours between itself and its value */
  }
  luaL_addstring(&text, "]}");
  luaL_pushresult(&text);
}

static const reply_shape
    record = {"record", REPLY_OBJECT, "status", LUA_TSTRING, false, false, true},
    records = {"records", REPLY_OBJECT, "resources", LUA_TTABLE, true, true, true},
    configurations = {"configurations", REPLY_OBJECT, "resources", LUA_TTABLE, true, true, false},
    models = {"models", REPLY_OBJECT, "resources", LUA_TTABLE, true, true, false},
    groups = {"groups", REPLY_OBJECT, "resources", LUA_TTABLE, true, true, false},
    quota = {"quota", REPLY_OBJECT, "quotas", LUA_TTABLE, true, true, false},
    accepted = {"accepted", REPLY_OBJECT, "id", LUA_TSTRING, false, false, false},
    items = {"items", REPLY_OBJECT, NULL, LUA_TTABLE, true, true, false},
    lines = {"lines", REPLY_OBJECT, "data", LUA_TTABLE, false, true, false},
    capabilities = {"capabilities", REPLY_OBJECT, "aiApi", LUA_TTABLE, false, false, false},
    number = {NULL, REPLY_COUNT, NULL, LUA_TNUMBER, false, false, false},
    token = {NULL, REPLY_TOKEN, "access_token", LUA_TSTRING, false, false, false};

#define ALL "/lm/{resource}"
#define ONE ALL "/{id}"
#define ID &aic_parameter_id
#define CONFIGURATION &aic_parameter_configuration_id
#define CONFIGURATIONS "/lm/configurations"
#define STOP "{\"targetStatus\":\"STOPPED\"}"
#define DELETE "{\"targetStatus\":\"DELETED\"}" /* SAP's procedure sends this with DELETE */
#define JSON "Content-Type: application/json"
#define MERGE_PATCH "Content-Type: application/merge-patch+json"
#define FORM "Content-Type: application/x-www-form-urlencoded"

/* The columns are the struct's: name, verb, path; arguments, options; the fixed body or what pushes
 * it, and the header that goes along; what comes back; and what sets it apart. */
/* clang-format off */
const operation aic_operations[] = {
  {"status", "GET",    ONE, {ID}, {aic_status_options}, .shape = &record},
  {"list",   "GET",    ALL, {0},  {aic_filter_options, aic_page_options}, .shape = &records},
  {"count",  "GET",    ALL "/$count", {0}, {aic_filter_options}, .shape = &number},
  {"create", "POST",   ALL, {CONFIGURATION}, {aic_create_options}, NULL, push_configuration, JSON,
   .shape = &accepted, .changes = true, .not_idempotent = true, .once = true},
  {"update", "PATCH",  ONE, {ID, CONFIGURATION}, {0}, NULL, push_configuration, JSON,
   .shape = &accepted, .changes = true, .only = aic_deployments},
  {"stop",   "PATCH",  ONE, {ID}, {0}, STOP,   NULL, JSON, .shape = &accepted, .changes = true},
  {"delete", "DELETE", ONE, {ID}, {0}, DELETE, NULL, JSON, .shape = &accepted, .changes = true},
  {"batch",  "PATCH",  ALL, {&aic_parameter_items}, {0}, NULL, push_batch, MERGE_PATCH,
   .shape = &items, .changes = true, .not_idempotent = true},
  {"logs",   "GET",    ONE "/logs", {ID}, {aic_logs_options}, .shape = &lines},
  {"configurations", "GET", CONFIGURATIONS, {0}, {aic_configurations_options}, .shape = &configurations},
  {"configure", "POST", CONFIGURATIONS, {&aic_parameter_body}, {0}, NULL, push_text, JSON,
   .shape = &accepted, .changes = true, .not_idempotent = true, .once = true},
  {"models", "GET", "/lm/scenarios/foundation-models/models", .shape = &models},
  {"resource_groups", "GET", "/admin/resourceGroups", .shape = &groups, .no_resource_group = true},
  {"quota",  "GET",    "/admin/resourceQuota/deployments", .shape = &quota, .no_resource_group = true},
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

/* What came instead of the expected. Only a number and a readable text are repeated. */
static const char *complain(lua_State *L, const operation *op, const parameter *about, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  if (text != NULL && length <= 80 && aic_text_is_printable(text, length)) {
    return lua_pushfstring(
        L, "%s: %s: %s, got \"%s\"", op->name, about->name, about->expected, text);
  }
  if (lua_type(L, index) == LUA_TNUMBER) {
    return lua_pushfstring(
        L, "%s: %s: %s, got %f", op->name, about->name, about->expected, lua_tonumber(L, index));
  }
  return lua_pushfstring(L, "%s: %s: %s, got %s", op->name, about->name, about->expected,
      text != NULL ? "unprintable text" : luaL_typename(L, index));
}

/* Is it that one of the common options? */
static bool is_common(const parameter *option, int which) {
  return option == &aic_common_options[which];
}

static const parameter *find_option(const operation *op, const char *name) {
  const parameter *const lists[] = {op->options[0], op->options[1], aic_common_options};
  for (size_t i = 0; i < COUNT(lists); i++) {
    for (const parameter *option = lists[i]; option != NULL && option->name != NULL; option++) {
      if (strcmp(option->name, name) != 0) continue;
      const bool idle = is_common(option, OPTION_RESOURCE) && !aic_operation_has_resource(op);
      return idle ? NULL : option;
    }
  }
  return NULL;
}

/* The string on top, which is copied to an index: the table of options may change. */
static const char *keep(lua_State *L, int index) {
  lua_pushvalue(L, -1);
  lua_replace(L, index);
  return lua_tostring(L, index);
}

/* Notes an option, whose value is on top; texts are kept at the index kept and the next one. */
static void note_option(lua_State *L, const parameter *option, int kept, request *built) {
  if (option->query != NULL) built->has_query = true;
  if (is_common(option, OPTION_RESOURCE)) built->resource = aic_parameter_resource_word(L, -1);
  if (is_common(option, OPTION_TIMEOUT)) built->timeout = lua_tonumber(L, -1);
  if (is_common(option, OPTION_RESOURCE_GROUP)) built->resource_group = keep(L, kept);
  if (is_common(option, OPTION_CORRELATION_ID)) built->correlation_id = keep(L, kept + 1);
}

/* Checks every option, and leaves two values on the stack; or a complaint on top. */
static const char *check_options(lua_State *L, const operation *op, int options, request *built) {
  const parameter *bound = NULL; /* an option that only one resource has */
  lua_pushnil(L);
  const int kept = lua_gettop(L), value = kept + 3;
  lua_pushnil(L);
  lua_pushnil(L);
  while (lua_next(L, options) != 0) {
    const char *name = aic_text_at(L, -2, NULL);
    if (name == NULL) {
      return lua_pushfstring(
          L, "%s: the names of options are strings, got a %s", op->name, luaL_typename(L, -2));
    }
    const parameter *known = find_option(op, name);
    if (known == NULL) return lua_pushfstring(L, "%s: unknown option '%s'", op->name, name);
    if (!known->fit(L, value)) return complain(L, op, known, value);
    if (known->only != NULL) bound = known;
    note_option(L, known, kept, built);
    lua_pop(L, 1);
  }
  const char *asked = built->resource;
  if (bound != NULL && bound->only != asked) {
    return lua_pushfstring(L, "%s: %s: only %s have it, got resource = \"%s\"", op->name,
        bound->name, bound->only, asked);
  }
  if (op->only == NULL || op->only == asked) return NULL;
  return lua_pushfstring(
      L, "%s: only %s have it, got resource = \"%s\"", op->name, op->only, asked);
}

const char *aic_operation_check(lua_State *L, const operation *op, int first, request *built) {
  int top = lua_gettop(L);
  while (top >= first && lua_isnil(L, top)) top--; /* "no options" is often said as nil */
  const request empty = {.operation = op, .resource = aic_deployments};
  *built = empty;
  luaL_checkstack(L, 16, NULL);
  int next = first;
  for (size_t i = 0; i < COUNT(op->arguments) && op->arguments[i] != NULL; i++, next++) {
    const parameter *argument = op->arguments[i];
    if (next > top) {
      return lua_pushfstring(
          L, "%s: %s: %s, got nil", op->name, argument->name, argument->expected);
    }
    if (!argument->fit(L, next)) return complain(L, op, argument, next);
    if (argument == ID) built->id = lua_tostring(L, next);
  }
  if (next < top) return lua_pushfstring(L, "%s: too many arguments", op->name);
  if (next > top) return NULL;
  built->options = next;
  if (lua_istable(L, next)) return check_options(L, op, next, built);
  return lua_pushfstring(
      L, "%s: a table of options expected, got %s", op->name, luaL_typename(L, next));
}

/* Appends the text with everything escaped that means something in a query, or that is no ASCII. */
static void add_escaped(luaL_Buffer *text, const char *value) {
  static const char plain[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:,";
  for (; *value != '\0'; value++) {
    if (strchr(plain, *value) != NULL) {
      luaL_addlstring(text, value, 1);
    } else {
      const unsigned char byte = (unsigned char)*value;
      const char escaped[3] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
      luaL_addlstring(text, escaped, sizeof escaped);
    }
  }
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
    const char *value = lua_tostring(L, -1); /* which stays on the stack below the buffer */
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    add_escaped(&text, value);
    luaL_pushresult(&text);
  }
  lua_remove(L, -2);
}

/* Pushes the URL without a query: the words of the request stand in the path for their names. */
static void push_path(lua_State *L, const request *built, const char *base_url) {
  luaL_Buffer url;
  luaL_buffinit(L, &url);
  luaL_addstring(&url, base_url);
  const char *at = built->operation->path;
  for (const char *brace = strchr(at, '{'); brace != NULL; brace = strchr(at, '{')) {
    luaL_addlstring(&url, at, (size_t)(brace - at));
    luaL_addstring(&url, brace[1] == 'i' ? built->id : built->resource);
    at = strchr(brace, '}') + 1;
  }
  luaL_addstring(&url, at);
  luaL_pushresult(&url);
}

/* Appends these options to the URL on top; returns what separates the next one. */
static const char *append_query(
    lua_State *L, const parameter *list, int options, const char *separator) {
  for (const parameter *option = list; option != NULL && option->name != NULL; option++) {
    if (option->query == NULL) continue;
    aic_parameter_push_raw(L, options, option->name);
    if (!option->fit(L, lua_gettop(L))) { /* nil; the others were checked before */
      lua_pop(L, 1);
      continue;
    }
    escape_value(L);
    lua_pushfstring(
        L, "%s%s%s=%s", lua_tostring(L, -2), separator, option->query, lua_tostring(L, -1));
    lua_replace(L, -3);
    lua_pop(L, 1);
    separator = "&";
  }
  return separator;
}

const char *aic_operation_build(
    lua_State *L, const operation *op, int first, const char *base_url, request *built) {
  const char *complaint = aic_operation_check(L, op, first, built);
  if (complaint != NULL) return complaint;
  if (op->path != NULL) {
    push_path(L, built, base_url);
    const char *separator = "?";
    for (size_t i = 0; built->has_query && i < COUNT(op->options); i++) {
      separator = append_query(L, op->options[i], built->options, separator);
    }
    built->url = lua_tostring(L, -1);
  }
  built->body = op->body;
  if (op->push_body != NULL) {
    op->push_body(L, first, built);
    built->body = lua_tostring(L, -1);
  }
  return NULL;
}
