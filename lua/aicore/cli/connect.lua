-- The client that the options ask for; every exchange is told to -v and moves the live line.

local aicore = require "aicore"
local exchanges = require "aicore.cli.exchanges"

local connect = {}

---@param options table
---@param console aicore.cli.Console
---@return aicore.Client|nil client
---@return aicore.Error? err
function connect.open(options, console)
  local client, err = aicore.client {
    runtime = "blocking",
    resource_group = options.resource_group,
    profile = options.profile,
    ca_file = options.ca_file,
    on_attempt = function(record)
      if options.verbose then
        console:note(exchanges.line(record))
      end
      console:refresh()
    end,
  }
  for _, warning in ipairs(client and client.warnings or {}) do
    console:note("aicorectl: " .. warning)
  end
  return client and client[options.kind] or client, err
end

return connect
