-- The client that the options ask for; every exchange is told to -v, or else that they have failed for a while, and
-- moves the live line.

local aicore = require "aicore"
local clock = require "aicore.runtime.clock"
local exchanges = require "aicore.cli.exchanges"
local outage = require "aicore.cli.outage"
local retry = require "aicore.call.retry"

local connect = {}

--- What the options say of the settings.
---@param options table
---@return aicore.Config
function connect.arguments(options)
  return { resource_group = options.resource_group, profile = options.profile, ca_file = options.ca_file }
end

---@param options table
---@param console aicore.cli.Console
---@return aicore.Client|nil client
---@return aicore.Error? err
function connect.open(options, console)
  local arguments = connect.arguments(options)
  arguments.runtime = "blocking"
  local hear = outage.new(clock.now, math.min(retry.MOST_ASKED, options.timeout or math.huge))
  function arguments.on_attempt(record)
    local trouble = hear(record)
    if options.verbose then
      console:note(exchanges.line(record))
    elseif trouble then
      console:note("aicorectl: " .. trouble)
    end
    console:refresh()
  end
  local client, err = aicore.client(arguments)
  for _, warning in ipairs(client and client.warnings or {}) do
    console:note("aicorectl: " .. warning)
  end
  return client and client[options.kind] or client, err
end

return connect
