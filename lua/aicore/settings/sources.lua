--- The sources of settings, in order: the arguments, the environment, a config file, a binding. A source is a list of
-- places, the first of which has precedence. What is wrong with a place is told when it is read, as a place that nobody
-- has to ask may be as it likes. The names are those that SAP's own clients read.
-- No I/O here: `host` brings `getenv(name)` and `read(path)`.

local errors = require "aicore.model.errors"
local schema = require "aicore.settings.schema"

-- An instance of our own: a host that changes the options of the common one changes nothing here.
local json = require("cjson").new()
json.decode_max_depth(64)
json.decode_invalid_numbers(false)

---@class aicore.settings.Place
---@field name string?     nil: each variable is called by its own name
---@field column "name"|"variable"|"in_key"  what in a row says how the setting is called here
---@field record table?    what has the settings; or `text`, the same as JSON
---@field inside (fun(record: table): table?)?  the part of the record that has them
---@field absent string?   why there is no record, if there is none
---@field lacks string?    why a setting is not in it
---@field file string?     of the config file: what errors call it
---@field chosen string?   by what the config file was chosen: it must be there
---@field values table<string, string>?  by setting, once the place was read

--- Its places, and a name where they have several.
---@class aicore.settings.Source: { [integer]: aicore.settings.Place, name: string? }

local sources = {}

local function fail(...)
  return nil, errors.new { kind = "config", message = string.format(...) }
end

local function present(text)
  if text and text:find "%S" then
    return text
  end
end

-- Reading -----------------------------------------------------------------------------------------

--- A place's record, or nil. What is wrong with JSON is not said: cjson would quote it, and there may be secrets in it.
local function open(place)
  local record, called = place.record, place.file or place.name
  if place.text then
    local good, value = pcall(json.decode, place.text)
    if not good or not place.text:find "^%s*{" then
      return fail("%s is not a JSON object", called)
    end
    record = value
  elseif place.chosen then
    return fail("%s cannot be read", called)
  end
  if record and place.inside then
    return place.inside(record)
  end
  return record
end

--- The text at a path ("serviceurls.AI_API_URL"); nil where there is none, or null, or a blank one.
local function text_at(record, path, place)
  local value, walked = record, nil
  for word in path:gmatch "[^.]+" do
    if type(value) ~= "table" then
      return fail("%s in %s: an object expected, got a %s", walked, place.name, type(value))
    end
    value, walked = value[word], walked and walked .. "." .. word or word
    if value == nil or value == json.null then
      return nil
    end
  end
  if type(value) ~= "string" then
    return fail("%s in %s: a string expected, got a %s", walked, place.name, type(value))
  end
  return present(value)
end

--- What a place has, by setting, of all that is looked for.
---@param place aicore.settings.Place
---@return table<string, string>|nil values
---@return aicore.Error? err  of kind "config": it is there, and unusable
function sources.read(place)
  if place.values then
    return place.values
  end
  local record, err = open(place)
  if err then
    return nil, err
  end
  local values = {}
  for _, row in ipairs(record and schema.rows or {}) do
    for path in (row.looked_for and row[place.column] or ""):gmatch "%S+" do
      local text, complaint = text_at(record, path, place)
      if complaint then
        return nil, complaint
      end
      values[row.name] = values[row.name] or text
    end
  end
  if record and place.column == "in_key" and not next(values) then
    return fail("nothing of a service key is in %s", place.name)
  end
  place.values, place.absent = values, not record and place.absent or nil
  return values
end

-- Where they are ----------------------------------------------------------------------------------

--- A service key, which stands in `credentials` where it was copied with what is around it.
local function key_place(name, key)
  local place = { name = name, column = "in_key", absent = "not set", lacks = "without one" }
  place[type(key) == "table" and "record" or "text"] = key
  function place.inside(record)
    return type(record.credentials) == "table" and record.credentials or record
  end
  return place
end

--- The variables as a table.
local function variables(host)
  return setmetatable({}, {
    __index = function(_, name)
      return host.getenv(name)
    end,
  })
end

--- The config file: one that was chosen must be there, the usual one may. A choice by an argument comes first.
local function file_place(arguments, variable, host)
  local path = arguments.config_file or not arguments.profile and variable "AICORE_CONFIG"
  local profile = arguments.profile or variable "AICORE_PROFILE"
  local place = { column = "variable", absent = "no such file", lacks = "not in it" }
  place.chosen = path or profile
  if not path then
    local home = variable "AICORE_HOME" or (variable "HOME" or "") .. "/.aicore"
    path = ("%s/config%s.json"):format(home, profile and "_" .. profile or "")
  end
  place.name, place.file, place.text = path, "the config file " .. path, host.read(path)
  return place
end

--- What VCAP_SERVICES says of the first instance of AI Core: a service key.
local function first_binding(services)
  local instances = type(services.aicore) == "table" and services.aicore or {}
  local first = type(instances[1]) == "table" and instances[1] or {}
  return type(first.credentials) == "table" and first.credentials or nil
end

--- All sources, in order.
---@param arguments aicore.Config
---@param host { getenv: (fun(name: string): string?), read: (fun(path: string): string?) }
---@return aicore.settings.Source[] list  `file`: the place that is the config file
function sources.list(arguments, host)
  local function variable(name)
    return present(host.getenv(name))
  end
  local binding = key_place("VCAP_SERVICES", variable "VCAP_SERVICES")
  binding.inside, binding.absent = first_binding, binding.text and "without aicore" or "not set"
  local file = file_place(arguments, variable, host)
  local given = {
    { name = "arguments", column = "name", record = arguments },
    arguments.service_key and key_place("service_key", arguments.service_key),
  }
  local environment = {
    name = "the environment",
    key_place("AICORE_SERVICE_KEY", variable "AICORE_SERVICE_KEY"),
    { column = "variable", record = variables(host), lacks = "not set" },
  }
  if arguments.profile or arguments.config_file then -- it was chosen: what the environment has is for other days
    return { file = file, given, { file }, environment, { binding } }
  end
  return { file = file, given, environment, { file }, { binding } }
end

return sources
