-- aicorectl login: do the settings work? Says which there are and where each comes from, whether they work or not; who
-- logs in where, and until when the token is good. Never a secret.

local clock = require "aicore.runtime.clock"
local columns = require "aicore.text.columns"
local connect = require "aicore.cli.connect"
local duration = require "aicore.text.duration"
local host = require "aicore.settings.host"
local json = require "aicore.text.json"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local resolve = require "aicore.settings.resolve"
local timestamp = require "aicore.model.timestamp"

local command = { summary = "Log in, and say who that is and until when; or why not." }

function command.configure() end

local PATIENCE = 30 -- seconds for a login, if nothing else is said

--- What may be shown of the settings, and where each comes from.
local function settings(given)
  local origins = resolve.origins(connect.arguments(given), host)
  local values, sources = {}, {}
  for _, origin in ipairs(origins) do
    values[origin.setting], sources[origin.setting] = origin.value, origin.source
  end
  return origins, values, sources
end

--- What is known of a login, be it a success or none.
local function record(given, reply)
  local origins, values, sources = settings(given)
  local by_certificate = sources.certificate or sources.certificate_file
  local expires_in = reply and reply.expires_in
  return {
    client_id = values.client_id,
    base_url = values.base_url,
    token_url = by_certificate and values.cert_url or values.auth_url or values.cert_url,
    resource_group = values.resource_group,
    settings = json.array(origins),
    expires_in = expires_in,
    expires_at = expires_in and timestamp.format(clock.wall() + expires_in),
  }
end

local function until_text(shown)
  if not shown.expires_in then
    return "nobody says how long"
  end
  return ("until %s (for %s)"):format(shown.expires_at, duration.format(shown.expires_in))
end

local function print_rows(console, rows)
  for _, line in ipairs(columns.align(rows)) do
    console:print(line)
  end
end

local function print_settings(console, shown)
  local rows = { { "SETTING", "VALUE", "FROM" } }
  for i, origin in ipairs(shown.settings) do
    local value = origin.unusable and "cannot be used" or origin.value or "set, not shown"
    rows[i + 1] = { origin.setting, value, origin.source }
  end
  print_rows(console, rows)
end

local function print_success(console, shown, kind)
  local count = shown[options.noun(kind)]
  print_rows(console, {
    { "Logged in as:", shown.client_id or "?" },
    { "Token good:", until_text(shown) },
    { "Token from:", shown.token_url or "?" },
    { "AI API:", shown.base_url or "?" },
    { "Resource group:", ("%s (%d %s)"):format(shown.resource_group, count, options.noun(kind, count)) },
  })
  console:print ""
end

--- Prints what is known, and tells what is wrong.
local function finish(given, console, shown, err)
  if given.output == "json" then
    shown.error = err and problems.plain(err)
    console:print(json.encode(shown))
  else
    if not err then
      print_success(console, shown, given.kind)
    end
    print_settings(console, shown)
  end
  return err and problems.tell_all(console, { err }) or problems.DONE
end

--- No client can be made: the settings are what a person needs to see.
---@param given table
---@param console aicore.cli.Console
---@param err aicore.Error
---@return integer exit
function command.fail(given, console, err)
  return finish(given, console, record(given), err)
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local timeout = given.timeout or PATIENCE
  local reply, err = client:log_in { timeout = timeout, retry = false } -- why it fails is wanted here
  local count
  if reply then
    count, err = client:count { timeout = timeout }
  end
  local shown = record(given, reply)
  shown[options.noun(given.kind)] = count
  return finish(given, console, shown, not count and err or nil)
end

return command
