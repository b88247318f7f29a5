--- Resolves settings from sources that stand in a text, one a line; the first character says which:
-- K AICORE_SERVICE_KEY, V VCAP_SERVICES, F the config file, S the argument service_key, E another variable and
-- A another argument (NAME=value).

local config = require "aicore.settings.resolve"
local errors = require "aicore.model.errors"
local core = require "aicore.core"

--- No secret of a key or a file stands in the message. One that stands elsewhere too, as a file's name, is none.
local function expect_hidden(text, message)
  for kind, rest in text:gmatch "(.)([^\n]*)\n?" do
    for field in rest:gmatch '"(hidden%-[^"\\]+)"' do
      local first = text:find(field, 1, true)
      if ("KVFS"):find(kind, 1, true) and not text:find(field, first + 1, true) then
        assert(not message:find(field, 1, true), message)
      end
    end
  end
end

local function read(text)
  local variables, arguments, file = {}, {}, nil
  for kind, rest in text:gmatch "(.)([^\n]*)\n?" do
    local name, value = rest:match "^([%w_]+)=(.*)$"
    if kind == "K" then
      variables.AICORE_SERVICE_KEY = rest
    elseif kind == "V" then
      variables.VCAP_SERVICES = rest
    elseif kind == "F" then
      file = rest
    elseif kind == "S" then
      arguments.service_key = rest
    elseif kind == "E" and name then
      variables[name] = value
    elseif kind == "A" and name then
      arguments[name] = value
    end
  end
  return variables, arguments, file
end

--- Beside those of the arguments, all credentials that are taken come from one source.
local function expect_whole(origins)
  local source
  for _, origin in ipairs(origins) do
    local name = origin.source:find "^AICORE_" and "the environment" or origin.source
    if origin.setting ~= "resource_group" and name ~= "arguments" and name ~= "service_key" then
      assert(source == nil or source == name, "credentials are mixed")
      source = name
    end
  end
end

---@param text string
return function(text)
  local variables, arguments, file = read(text)
  if config.check(arguments, { complaint = core.check_setting }) then
    return
  end
  local host = {
    folder = function() end,
    getenv = function(name)
      return variables[name]
    end,
    complaint = core.check_setting,
    mode = function() end,
    head = function() end,
    read = function()
      return file
    end,
  }
  local settings, err = config.resolve(arguments, host)
  local origins, trouble = config.origins(arguments, host)
  for _, origin in ipairs(origins or {}) do
    assert(origin.setting and origin.source)
    assert(origin.setting ~= "client_secret" or not origin.value, "a secret is shown")
  end
  expect_whole(origins or {})
  assert(origins or errors.is(trouble) and trouble.kind == "config")
  if not settings then
    assert(errors.is(err) and err.kind == "config")
    expect_hidden(text, tostring(err))
    return
  end
  assert(type(settings.session.base_url) == "string" and settings.session.base_url:find "/v2$")
  -- What is wrong with the values is the core's to say: a string, and no secret in it.
  local made, session = pcall(core.session, settings.session)
  if made then
    session:close()
  else
    assert(type(session) == "string")
    expect_hidden(text, session)
  end
end
