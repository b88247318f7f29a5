--- The sources of settings, in order: the arguments, the environment, a config file, a binding. A source is a list of
-- places, the first of which has precedence. What is wrong with a place is told when it is read, as a place that nobody
-- has to ask may be as it likes. The names are those that SAP's own clients read.
-- No I/O here: `host` brings `getenv(name)`, `read(path)` and `folder(path)`.

local bindings = require "aicore.settings.bindings"
local errors = require "aicore.model.errors"
local record = require "aicore.settings.record"
local schema = require "aicore.settings.schema"

---@class aicore.settings.Place
---@field name string?     nil: each variable is called by its own name
---@field column "name"|"variable"|"in_key"  what in a row says how the setting is called here
---@field record table?    what has the settings; or text, the same as JSON; or load, which gets it
---@field text string?
---@field load (fun(): table?, string?)?  nil: there is none; and what is wrong
---@field inside (fun(record: table, place: aicore.settings.Place): table?, string?)?  the part of the record that has
---                         them; nil: none has; and what is wrong
---@field absent string?   why there is no record, if there is none
---@field lacks string?    why a setting is not in it
---@field file string?     of the config file: what errors call it
---@field path string?     of a file that a person may have saved with a secret in it
---@field hint string?     how a person may give it
---@field chosen string?   by what the config file was chosen: it must be there
---@field setting string?  what it is itself, to a person
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

--- A place's record, or nil.
local function open(place)
  local found, complaint = place.record, nil
  if place.text then
    found = record.read(place.text)
    if not found then
      local look = record.look(place.text)
      local called, hint = place.file or place.name, place.hint and "; " .. place.hint or ""
      return fail("%s is not a JSON object%s%s", called, look and ": " .. look or "", hint)
    end
  elseif place.load then
    found, complaint = place.load()
  elseif place.chosen then
    return fail("%s cannot be read: %s", place.file or place.name, place.absent)
  end
  if found and place.inside then
    found, complaint = place.inside(found, place)
  end
  if complaint then
    return fail("%s: %s", place.name, complaint)
  end
  return found
end

--- The text at a path ("serviceurls.AI_API_URL"); nil where there is none, or null, or a blank one.
local function text_at(whole, path, place)
  local value, walked = whole, nil
  for word in path:gmatch "[^.]+" do
    if type(value) ~= "table" then
      return fail("%s in %s: an object expected, got a %s", walked, place.name, type(value))
    end
    value, walked = value[word], walked and walked .. "." .. word or word
    if value == nil then
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
  local found, err = open(place)
  if err then
    return nil, err
  end
  local values = {}
  for _, row in ipairs(found and schema.rows or {}) do
    for path in (row.looked_for and row[place.column] or ""):gmatch "%S+" do
      local text, complaint = text_at(found, path, place)
      if complaint then
        return nil, complaint
      end
      values[row.name] = values[row.name] or text and (row.pem and text or text:gsub("[\r\n]+$", ""))
    end
  end
  if found and place.column == "in_key" and not next(values) then
    return fail("nothing of a service key is in %s", place.name)
  end
  place.values, place.absent = values, not found and place.absent or nil
  return values
end

-- Where they are ----------------------------------------------------------------------------------

local HINT = 'give it by: export AICORE_SERVICE_KEY="$(cat key.json)"'

--- A service key. Instead of it the path of its file will do.
local function key_place(name, key, host, home)
  local place = { name = name, column = "in_key", absent = "not set", lacks = "without one", setting = "service_key" }
  place.inside = record.service_key
  place.hint = name == "AICORE_SERVICE_KEY" and HINT or nil
  local path = type(key) == "string" and record.path(key, home)
  local text = path and host.read(path)
  if text then
    place.text, place.path, place.name = text, path, ("%s=%s"):format(name, path)
  else
    place[type(key) == "table" and "record" or "text"] = key
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

--- A config file may be a service key, as it was downloaded.
local function inside_file(whole, place)
  for name in pairs(whole) do
    if type(name) == "string" and name:find "^AICORE_" then
      return whole
    end
  end
  local key = record.service_key(whole)
  place.column = (key.clientid or key.serviceurls) and "in_key" or place.column
  return key
end

--- What chooses the config file.
local function choice(arguments, variable)
  local argument = arguments.config_file and "config_file" or arguments.profile and "profile"
  return argument or variable "AICORE_CONFIG" and "AICORE_CONFIG" or "AICORE_PROFILE"
end

--- The config file: one that was chosen must be there, the usual one may. A choice by an argument comes first. What is
--- no path is not quoted: somebody may have given the key itself.
local function file_place(arguments, variable, host)
  local path = arguments.config_file or not arguments.profile and variable "AICORE_CONFIG"
  local profile = arguments.profile or variable "AICORE_PROFILE"
  local is_usual = profile == nil or profile == "default"
  local place = { column = "variable", absent = "no such file", lacks = "not in it", inside = inside_file }
  place.chosen, place.setting = path or arguments.profile or not is_usual, "config_file"
  if not path then
    local home = variable "AICORE_HOME" or (variable "HOME" or "") .. "/.aicore"
    path = ("%s/config%s.json"):format(home, is_usual and "" or "_" .. profile)
  end
  local text, why = host.read(path)
  path = text and path or record.path(path, variable "HOME")
  if not path then
    place.name = choice(arguments, variable)
    function place.load()
      return nil, "not a path; a service key itself is given by AICORE_SERVICE_KEY"
    end
    return place
  end
  if not text then
    text, why = host.read(path)
  end
  place.name, place.file, place.path, place.text = path, "the config file " .. path, path, text
  place.absent = why or place.absent
  return place
end

--- What Cloud Foundry has bound, as a variable or as a file with the same text.
local function cloud_foundry_place(chosen, variable, host)
  local text, path = variable "VCAP_SERVICES", variable "VCAP_SERVICES_FILE_PATH"
  local place = { name = "VCAP_SERVICES", column = "in_key", text = text, lacks = "without one", setting = "binding" }
  if not text and path then
    place.name, place.chosen = "VCAP_SERVICES_FILE_PATH", true
    place.text, place.absent = host.read(path)
    place.absent = place.absent or not place.text and "no such file" or nil
  end
  place.absent = place.absent or (text or path) and "without aicore" or "not set"
  function place.inside(services)
    return bindings.of_cloud_foundry(services, chosen)
  end
  return place
end

--- What Kubernetes has bound.
local function kubernetes_place(chosen, variable, host)
  local root = variable "SERVICE_BINDING_ROOT"
  local place = { name = "SERVICE_BINDING_ROOT", column = "in_key", lacks = "without one", setting = "binding" }
  place.absent = root and "without aicore" or "not set"
  function place.load()
    if root then
      return bindings.of_kubernetes(root, host, chosen)
    end
  end
  return place
end

--- All sources, in order.
---@param arguments aicore.Config
---@param host table  as host.lua
---@return aicore.settings.Source[] list  `file`: the place that is the config file
function sources.list(arguments, host)
  local function variable(name)
    return present(host.getenv(name))
  end
  local chosen = arguments.instance or variable "AICORE_INSTANCE"
  local file, home = file_place(arguments, variable, host), variable "HOME"
  local cloud_foundry = { cloud_foundry_place(chosen, variable, host) }
  local kubernetes = { kubernetes_place(chosen, variable, host) }
  local given = {
    { name = "arguments", column = "name", record = arguments },
    arguments.service_key and key_place("service_key", arguments.service_key, host, home),
  }
  local environment = {
    name = "the environment",
    key_place("AICORE_SERVICE_KEY", variable "AICORE_SERVICE_KEY", host, home),
    { column = "variable", record = variables(host), lacks = "not set" },
  }
  if arguments.profile or arguments.config_file then -- it was chosen: what the environment has is for other days
    return { file = file, given, { file }, environment, cloud_foundry, kubernetes }
  end
  return { file = file, given, environment, { file }, cloud_foundry, kubernetes }
end

return sources
