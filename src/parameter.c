#include "parameter.h"

#include <string.h>

#include "compat.h"
#include "text.h"

#define DIGITS "0123456789"
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "_"

/* Is it a text of so many of these characters? */
static bool is_made_of(lua_State *L, int index, const char *alphabet, size_t least, size_t most) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  return text != NULL && length >= least && length <= most && strspn(text, alphabet) == length;
}

/* Of each call, so by hand: strspn makes a table of its alphabet first. */
static bool fit_id(lua_State *L, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  if (text == NULL || length < 4 || length > 64) return false;
  while ((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') ||
         (*text >= 'A' && *text <= 'Z') || *text == '_' || *text == '.' || *text == '-') {
    text++;
    length--;
  }
  return length == 0;
}
/* Any word: SAP may add states. */
static bool fit_status(lua_State *L, int index) { return is_made_of(L, index, WORD, 1, 64); }
/* RFC 3339, as far as its alphabet goes: the service knows the calendar better. */
static bool fit_time(lua_State *L, int index) {
  if (!is_made_of(L, index, DIGITS "-+:.TZ", 20, 40)) return false;
  const char *text = lua_tostring(L, index);
  return text[4] == '-' && text[10] == 'T';
}

bool aic_parameter_fits_ttl(lua_State *L, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  if (text == NULL || length < 2 || length > 20) return false;
  return strspn(text, DIGITS) == length - 1 && strchr("mMhHdD", text[length - 1]) != NULL;
}

/* Its length in characters does not count, but in bytes. */
static bool fit_search(lua_State *L, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  return text != NULL && length <= 80 && aic_text_is_header_safe(text, length);
}

/* An object as far as its ends tell; Lua has written it. */
static bool fit_body(lua_State *L, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  return text != NULL && length >= 2 && strlen(text) == length && text[0] == '{' &&
         text[length - 1] == '}';
}

static bool is_one_of(lua_State *L, int index, const char *one, const char *other) {
  const char *text = aic_text_at(L, index, NULL);
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
  const size_t count = (size_t)lua_rawlen(L, index);
  bool fit = count >= 1 && count <= 1000;
  for (size_t i = 1; fit && i <= count; i++) {
    lua_rawgeti(L, index, (int)i);
    fit = fit_id(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  return fit;
}

void aic_parameter_push_raw(lua_State *L, int table, const char *name) {
  lua_pushstring(L, name);
  lua_rawget(L, table);
}

bool aic_parameter_fits_item(lua_State *L, int item, int seen) {
  if (lua_type(L, item) != LUA_TTABLE) return false;
  aic_parameter_push_raw(L, item, "targetStatus");
  aic_parameter_push_raw(L, item, "id");
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
  const size_t count = (size_t)lua_rawlen(L, index);
  bool fit = count >= 1 && count <= 100;
  lua_newtable(L);
  const int seen = lua_gettop(L);
  for (size_t i = 1; fit && i <= count; i++) {
    lua_rawgeti(L, index, (int)i);
    fit = aic_parameter_fits_item(L, seen + 1, seen);
    lua_settop(L, seen);
  }
  lua_pop(L, 1);
  return fit;
}

static bool fit_resource_group(lua_State *L, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  return text != NULL && aic_text_is_group(text, length);
}

static bool fit_correlation_id(lua_State *L, int index) {
  size_t length;
  const char *text = aic_text_at(L, index, &length);
  return text != NULL && length <= 256 && aic_text_is_header_safe(text, length);
}

const char *aic_parameter_resource_word(lua_State *L, int index) {
  const char *text = aic_text_at(L, index, NULL);
  if (text == NULL) return NULL;
  if (strcmp(text, aic_executions) == 0) return aic_executions;
  return strcmp(text, aic_deployments) == 0 ? aic_deployments : NULL;
}

static bool fit_resource(lua_State *L, int index) {
  return aic_parameter_resource_word(L, index) != NULL;
}

static bool fit_timeout(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  const double number = lua_tonumber(L, index);
  return number > 0 && number <= 1e6;
}

#define AN_ID "4 to 64 letters, digits, '_', '.' or '-' expected"
#define A_WORD "a word such as RUNNING expected"
#define A_TIME "an RFC 3339 time expected"
#define A_LIST_OF_IDS "a table of 1 to 1000 ids expected"
#define A_TOP "an integer from 1 to 100000 expected"
#define A_SKIP "an integer from 0 expected"
#define STATUS_ONLY "\"status\" expected"

const char aic_deployments[] = "deployments", aic_executions[] = "executions";

const parameter aic_parameter_id = {"id", NULL, fit_id, AN_ID, NULL};
const parameter aic_parameter_configuration_id = {"configuration_id", NULL, fit_id, AN_ID, NULL};
const parameter aic_parameter_body = {
    "body", NULL, fit_body, "a JSON object as text expected", NULL};
const parameter aic_parameter_items = {"items", NULL, fit_items,
    "1 to 100 of { id = …, targetStatus = \"STOPPED\" or \"DELETED\" } expected, each id once",
    NULL};

const parameter aic_common_options[] = {
    [OPTION_RESOURCE_GROUP] = {"resource_group", NULL, fit_resource_group, GROUP_TEXT, NULL},
    [OPTION_TIMEOUT] = {"timeout", NULL, fit_timeout,
        "seconds expected, more than 0 and at most 1e6", NULL},
    [OPTION_RESOURCE] = {"resource", NULL, fit_resource,
        "\"deployments\" or \"executions\" expected", NULL},
    [OPTION_CORRELATION_ID] = {"correlation_id", NULL, fit_correlation_id,
        "1 to 256 bytes, none of them a control character, expected", NULL},
    [OPTIONS_END] = {.name = NULL}};

const parameter aic_status_options[] = {
    {"select", "$select", fit_select, STATUS_ONLY, NULL}, {.name = NULL}};

const parameter aic_filter_options[] = {{"status", "status", fit_status, A_WORD, NULL},
    {"scenario_id", "scenarioId", fit_id, AN_ID, NULL},
    {"configuration_id", "configurationId", fit_id, AN_ID, NULL},
    {"executable_ids", "executableIds", fit_ids, A_LIST_OF_IDS, NULL},
    {"execution_schedule_id", "executionScheduleId", fit_id, AN_ID, aic_executions},
    {.name = NULL}};

const parameter aic_page_options[] = {{"top", "$top", fit_top, A_TOP, NULL},
    {"skip", "$skip", fit_skip, A_SKIP, NULL}, {"select", "$select", fit_select, STATUS_ONLY, NULL},
    {.name = NULL}};

const parameter aic_configurations_options[] = {{"scenario_id", "scenarioId", fit_id, AN_ID, NULL},
    {"executable_ids", "executableIds", fit_ids, A_LIST_OF_IDS, NULL},
    {"search", "$search", fit_search, "a text of 1 to 80 bytes expected", NULL},
    {"top", "$top", fit_top, A_TOP, NULL}, {"skip", "$skip", fit_skip, A_SKIP, NULL},
    {.name = NULL}};

const parameter aic_create_options[] = {
    {"ttl", NULL, aic_parameter_fits_ttl, "digits and then m, h or d expected", aic_deployments},
    {.name = NULL}};

const parameter aic_logs_options[] = {{"start", "start", fit_time, A_TIME, NULL},
    {"end", "end", fit_time, A_TIME, NULL},
    {"top", "$top", fit_lines, "an integer from 1 to 5000 expected", NULL},
    {"order", "$order", fit_order, "\"asc\" or \"desc\" expected", NULL}, {.name = NULL}};
