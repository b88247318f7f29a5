-- aicorectl login: do the settings work? Says who logs in where, and until when the token is good; never a secret.

local clock = require "aicore.runtime.clock"
local columns = require "aicore.text.columns"
local config = require "aicore.settings.resolve"
local duration = require "aicore.text.duration"
local host = require "aicore.settings.host"
local json = require "aicore.text.json"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local timestamp = require "aicore.model.timestamp"

local command = { summary = "Log in, and say who that is and until when." }

function command.configure() end

local PATIENCE = 30 -- seconds for a login, if nothing else is said

--- What may be shown of the settings, and where each comes from.
local function settings(given)
  local origins = assert(config.origins({ resource_group = given.resource_group, profile = given.profile }, host))
  local values, sources = {}, {}
  for _, origin in ipairs(origins) do
    values[origin.setting], sources[origin.setting] = origin.value, origin.source
  end
  return values, sources
end

local function record(given, reply)
  local values, sources = settings(given)
  local now = clock.wall()
  return {
    client_id = values.client_id,
    base_url = values.base_url,
    token_url = values.cert_url and sources.certificate and values.cert_url or values.auth_url or values.cert_url,
    resource_group = values.resource_group or "default",
    expires_in = reply.expires_in,
    expires_at = reply.expires_in and timestamp.format(now + reply.expires_in),
  }
end

local function until_text(shown)
  if not shown.expires_in then
    return "nobody says how long"
  end
  return ("until %s (for %s)"):format(shown.expires_at, duration.format(shown.expires_in))
end

local function print_table(console, shown, noun)
  local lines = columns.align {
    { "Logged in as:", shown.client_id or "?" },
    { "Token good:", until_text(shown) },
    { "Token from:", shown.token_url or "?" },
    { "AI API:", shown.base_url or "?" },
    { "Resource group:", ("%s (%d %s)"):format(shown.resource_group, shown[noun], noun) },
  }
  for _, line in ipairs(lines) do
    console:print(line)
  end
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
  if not count then
    return problems.tell(console, err)
  end
  local shown = record(given, reply)
  local noun = options.noun(given.kind)
  shown[noun] = count
  if given.output == "json" then
    console:print(json.encode(shown))
  else
    print_table(console, shown, noun)
  end
  return problems.DONE
end

return command
