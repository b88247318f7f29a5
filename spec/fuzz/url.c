/* Arguments -> a request. The input: a byte for the operation, then a line per positional argument,
 * then the line "{", then per option a line with its name and one with its value. A value's first
 * character is its type (fuzz.h); "i…" is a list of items for a batch, "id:targetStatus,…". */
#include "fuzz.h"
#include "operation.h"
#include "text.h"

static size_t count_operations(void) {
  size_t count = 0;
  while (aic_operations[count].name != NULL) count++;
  return count;
}

/* The list of strings on top becomes a list of items. */
static void make_items(lua_State *L) {
  const int count = (int)lua_rawlen(L, -1);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    const char *colon = memchr(text, ':', length);
    const size_t id = colon != NULL ? (size_t)(colon - text) : length;
    lua_newtable(L);
    lua_pushlstring(L, text, id);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, colon != NULL ? colon + 1 : "STOPPED");
    lua_setfield(L, -2, "targetStatus");
    lua_rawseti(L, -3, i);
    lua_pop(L, 1);
  }
}

static void push_argument(lua_State *L, const char *line, size_t length) {
  if (length == 0 || line[0] != 'i') {
    push_value(L, line, length);
    return;
  }
  lua_pushliteral(L, "l");
  lua_pushlstring(L, line + 1, length - 1);
  lua_concat(L, 2);
  push_value(L, lua_tostring(L, -1), length);
  lua_remove(L, -2);
  make_items(L);
}

/* Pushes the arguments; the first one gets the index 1. */
static void push_arguments(lua_State *L, input *in) {
  const char *line;
  size_t length;
  while (lua_gettop(L) < 4 && take_line(in, &line, &length)) {
    if (length != 1 || line[0] != '{') {
      push_argument(L, line, length);
      continue;
    }
    lua_newtable(L);
    while (take_line(in, &line, &length)) {
      lua_pushlstring(L, line, length);
      if (!take_line(in, &line, &length)) length = 0;
      push_argument(L, line, length);
      lua_rawset(L, -3);
    }
  }
}

static const char BASE[] = "https://api.example.com/v2";

static void judge_url(const request *built) {
  EXPECT(strncmp(built->url, BASE, strlen(BASE)) == 0);
  const char *target = built->url + strlen(BASE);
  EXPECT((strncmp(target, "/lm/", 4) == 0 || strncmp(target, "/admin/", 7) == 0));
  EXPECT(
      strspn(target, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/?&=$,:%") ==
      strlen(target));
  for (const char *at = target; (at = strchr(at, '%')) != NULL; at++)
    EXPECT(strspn(at + 1, "0123456789ABCDEF") >= 2);
  if (built->id != NULL) EXPECT(strstr(target, built->id) != NULL);
  if (aic_operation_has_resource(built->operation)) {
    EXPECT(strncmp(target + 4, built->resource, strlen(built->resource)) == 0);
  }
  /* It says the same to libcurl: the same server, and the path that was meant. */
  CURLU *parsed = curl_url();
  char *host = NULL, *path = NULL;
  EXPECT(curl_url_set(parsed, CURLUPART_URL, built->url, 0) == CURLUE_OK);
  EXPECT(curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK);
  EXPECT(curl_url_get(parsed, CURLUPART_PATH, &path, 0) == CURLUE_OK);
  EXPECT(strcmp(host, "api.example.com") == 0 &&
         (strncmp(path, "/v2/lm/", 7) == 0 || strncmp(path, "/v2/admin/", 10) == 0));
  EXPECT(strncmp(path + 3, target, strlen(path + 3)) == 0);
  curl_free(host);
  curl_free(path);
  curl_url_cleanup(parsed);
}

/* The body is JSON that says what the arguments said. */
static void judge_body(lua_State *L, const operation *op, const request *built) {
  static const char CHECK[] =
      "local json, name, resource, first, second = ...\n"
      "if name == 'configure' then return assert(json == first) end\n"
      "local body = require 'cjson'.decode(json)\n"
      "if name == 'create' then assert(body.configurationId == first)\n"
      "elseif name == 'update' then assert(body.configurationId == second)\n"
      "elseif name == 'batch' then assert(#body[resource] == #first)\n"
      "  for i, item in ipairs(first) do assert(body[resource][i].id == item.id\n"
      "    and body[resource][i].targetStatus == item.targetStatus) end\n"
      "else assert(body.targetStatus) end";
  EXPECT(luaL_loadstring(L, CHECK) == LUA_OK);
  lua_pushstring(L, built->body);
  lua_pushstring(L, op->name);
  lua_pushstring(L, built->resource);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  call(L, 5, 0);
}

static int build(lua_State *L) {
  const operation *op = lua_touserdata(L, lua_upvalueindex(1));
  request checked, built;
  const int top = lua_gettop(L);
  const bool wrong = aic_operation_check(L, op, 1, &checked) != NULL;
  lua_settop(L, top);
  const char *complaint = aic_operation_build(L, op, 1, BASE, &built);
  EXPECT(wrong == (complaint != NULL));
  if (complaint != NULL) {
    EXPECT(strncmp(complaint, op->name, strlen(op->name)) == 0);
    return 0;
  }
  if (op->path != NULL) judge_url(&built);
  if (op->push_body != NULL) judge_body(L, op, &built);
  EXPECT(built.timeout >= 0 && built.timeout <= 1e6);
  if (built.resource_group != NULL) {
    EXPECT(aic_text_is_header_safe(built.resource_group, strlen(built.resource_group)));
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  input in = {(const char *)data, size};
  const operation *op = &aic_operations[take_choice(&in, count_operations())];
  push_arguments(L, &in);
  lua_pushlightuserdata(L, (void *)(size_t)op);
  lua_pushcclosure(L, build, 1);
  lua_insert(L, 1);
  call(L, lua_gettop(L) - 1, 0);
  lua_settop(L, 0);
  return 0;
}
