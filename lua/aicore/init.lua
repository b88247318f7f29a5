--- require "aicore": stop, delete and watch SAP AI Core deployments.
-- The functions of a client (client.lua tells their arguments and results) on a default client,
-- which is made of the environment's settings at the first call. No logic here; and nothing else is
-- loaded before it is used, as editors load this when they start.

---@class aicore
---@field status fun(id: string, opts: aicore.Options?): table|nil, aicore.Error?
---@field stop fun(id: string, opts: aicore.Options?): table|nil, aicore.Error?
---@field delete fun(id: string, opts: aicore.Options?): table|nil, aicore.Error?
---@field list fun(filter: aicore.Filter?): table[]|nil, aicore.Error?
---@field each fun(filter: aicore.Filter?): fun(): table|false|nil, aicore.Error?
---@field count fun(filter: aicore.Filter?): integer|nil, aicore.Error?
---@field create fun(configuration_id: string, opts: table?): table|nil, aicore.Error?
---@field update fun(id: string, configuration_id: string, opts: aicore.Options?): table|nil, aicore.Error?
---@field logs fun(id: string, opts: table?): table[]|nil, aicore.Error?
---@field capabilities fun(opts: aicore.Options?): table|nil, aicore.Error?
---@field spawn fun(fn: fun())
local aicore = {}

--- A client with settings of its own; see client.new.
---@param config aicore.Config?
---@return aicore.Client|nil client
---@return aicore.Error? err
function aicore.client(config)
  return require("aicore.client").new(config)
end

--- Runs a function as a coroutine of the host's event loop (Neovim's, luv's), where all of this waits
--- without blocking; see runtime/init.lua.
---@param fn fun()
function aicore.spawn(fn)
  return require("aicore.runtime").spawn(fn)
end

local default

for _, name in ipairs {
  "status",
  "stop",
  "delete",
  "list",
  "each",
  "count",
  "create",
  "update",
  "logs",
  "capabilities",
  "stop_all",
  "delete_all",
  "wait",
  "teardown",
} do
  aicore[name] = function(...)
    if not default then
      local made, err = aicore.client()
      if not made then
        return nil, err
      end
      default = made
    end
    return default[name](default, ...)
  end
end

return aicore
