-- aicorectl emulator: an emulated AI Core on a port of this machine.
-- Rules: lua-http is needed to run it, and for nothing else; it is loaded as late as that.
--   check() and run() work without the C module, which there may be for another Lua only: see emulator/start.lua.

local duration = require "aicore.text.duration"
local known = require "aicore.emulator.options"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local printable = require "aicore.model.printable"

local command = { summary = "Serve an emulated AI Core for tests and demos.", offline = true }

--- A reader of whole numbers.
local function whole(most)
  return function(text)
    local value = tonumber(text)
    if not value or not (value >= 0 and value <= most) or value % 1 ~= 0 then
      return nil, ("'%s' is not a whole number from 0 to %.0f"):format(text, most)
    end
    return value
  end
end

--- A reader of times as other commands take them, and of none.
local function time(most)
  return function(text)
    local seconds, problem = tonumber(text), nil
    if not seconds then
      seconds, problem = duration.parse(text)
    end
    if seconds and not (seconds >= 0 and seconds <= most) then
      return nil, ("'%s' is not a time from 0 to %.0f seconds"):format(text, most)
    end
    return seconds, problem
  end
end

local LITERALS = { ["true"] = true, ["false"] = false }

--- "status=503,times=3,operation=stop" -> a fault; of every request if it names no operation.
local function fault(text)
  local fields = { operation = "*" }
  for part in text:gmatch "[^,]+" do
    local name, value = part:match "^([%w_]+)=(.*)$"
    if not name then
      return nil, ("'%s' is not NAME=VALUE"):format(part)
    end
    fields[name] = tonumber(value) or value
    if LITERALS[value] ~= nil then
      fields[name] = LITERALS[value]
    end
  end
  fields.headers = fields.retry_after and { ["retry-after"] = tostring(fields.retry_after) }
  fields.retry_after = nil
  local trial = require("aicore.emulator.faults").new(math.random, require("aicore.emulator.operations").names)
  local _, problem = trial:add(merged(fields))
  if problem then
    return nil, ("'%s': %s"):format(text, problem)
  end
  return fields
end

--- A function that declares a number, which a reader of this kind reads.
local function declaring(reader, argname)
  return function(parser, option, row)
    local default = row.default and tostring(row.default)
    return parser:option(option, row.help, default):argname(argname):convert(reader(row.most))
  end
end

-- How an option is declared, by its kind.
local DECLARE = {
  whole = declaring(whole, "<number>"),
  seconds = declaring(time, "<time>"),
  status = function(parser, option, row)
    local options = require "aicore.cli.options" -- needs the C module
    return options.word(parser, option, row.help, lifecycle.statuses):default(row.default)
  end,
  flag = function(parser, option, row)
    return parser:flag(option, row.help)
  end,
  text = function(parser, option, row)
    return parser:option(option, row.help):argname "<text>"
  end,
  file = function(parser, option, row)
    return parser:option(option, row.help):argname "<file>"
  end,
}

--- Declares the options.
---@param parser table  argparse's
function command.configure(parser)
  for _, row in ipairs(known) do
    DECLARE[row.kind](parser, "--" .. row.name:gsub("_", "-"), row):target(row.name)
  end
  parser
    :option("--fault", "What goes wrong; may be repeated: status=503,times=3,operation=stop.")
    :argname("<name=value,…>")
    :count("*")
    :convert(fault)
end

--- What the options cannot say one by one.
---@param given table
---@return string|nil problem
function command.check(given)
  if (given.tls_cert == nil) ~= (given.tls_key == nil) then
    return "--tls-cert and --tls-key go together"
  end
  if given.client_ca and not given.tls_cert then
    return "--client-ca needs --tls-cert and --tls-key"
  end
  if given.client_secret and not given.client_id then
    return "--client-secret needs --client-id"
  end
  if given.client_id and not given.client_secret and not given.client_ca then
    return "--client-id needs --client-secret (or --client-ca)"
  end
end

local NEEDED = {
  { module = "cjson", name = "lua-cjson" },
  { module = "cqueues", name = "cqueues" },
  { module = "openssl", name = "luaossl" },
  { module = "http.server", name = "lua-http" },
}

local function missing()
  for _, library in ipairs(NEEDED) do
    local ok, problem = pcall(require, library.module)
    if not ok and tostring(problem):find("module '" .. library.module .. "' not found", 1, true) then
      return ("the emulator needs %s, which %s does not find here (try luajit, or luarocks install)"):format(
        library.name,
        package.loaded.jit and "LuaJIT" or _VERSION
      )
    elseif not ok then
      return tostring(problem):match "^[^\n]*"
    end
  end
end

--- Those of the options that are settings.
local function settings_of(given)
  local chosen = { bulk = not given.no_bulk }
  for name in pairs(require("aicore.emulator.settings").new()) do
    if given[name] ~= nil then
      chosen[name] = given[name]
    end
  end
  return chosen
end

local function model_maker(given)
  return function(now)
    local model = require("aicore.emulator").new {
      seed = given.seed,
      client_id = given.client_id,
      client_secret = given.client_secret,
      settings = settings_of(given),
    }
    for _ = 1, given.deployments do
      model.world:seed({ status = given.status }, now)
    end
    for _, one in ipairs(given.fault or {}) do
      assert(model.faults:add(one))
    end
    return model
  end
end

local function quoted(text)
  return text:find "^[%w_./:-]+$" and text or "'" .. text:gsub("'", "'\\''") .. "'"
end

--- What lets a shell's next commands find it.
local function exports(given, url)
  local values = {
    { "AICORE_BASE_URL", url },
    { given.client_ca and "AICORE_CERT_URL" or "AICORE_AUTH_URL", url },
    { "AICORE_CLIENT_ID", given.client_id or "me" },
  }
  if given.client_ca then
    values[4], values[5] = { "AICORE_CERT_FILE_PATH", "CERT.pem" }, { "AICORE_KEY_FILE_PATH", "KEY.pem" }
  else
    values[4] = { "AICORE_CLIENT_SECRET", given.client_secret or "any" }
  end
  local words = { "export" }
  for i, value in ipairs(values) do
    words[i + 1] = value[1] .. "=" .. quoted(value[2])
  end
  return table.concat(words, " ")
end

--- Programs read the one line; a person at a terminal gets another to paste.
local function announcer(given, console)
  return function(url)
    local written, problem = io.stdout:write("listening on ", url, "\n")
    local flushed, lost = io.stdout:flush()
    if not written or not flushed then
      error("the result could not be written: " .. (problem or lost), 0)
    end
    if console and console:is_terminal(1) and console:is_terminal(2) then
      console:note("in another shell:")
      console:note("  " .. exports(given, url))
      if given.tls_cert then
        console:note("  aicorectl --ca-file " .. quoted(given.tls_cert) .. " list")
      end
    end
  end
end

--- Runs until SIGTERM or SIGINT.
---@param given table
---@param console aicore.cli.Console?
---@return integer exit
function command.run(given, console)
  local problem = missing()
  local ok, result
  if not problem then
    ok, result = pcall(require("aicore.emulator.server").run, model_maker(given), given, announcer(given, console))
    problem = not ok and tostring(result)
  end
  if problem then
    io.stderr:write("aicorectl: ", printable(problem, true), "\n")
    return 1
  end
  return result and 130 or 0
end

return command
