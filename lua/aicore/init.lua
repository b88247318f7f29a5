--- require "aicore": stop, delete and watch SAP AI Core deployments.
-- The functions of a client on a default client, which is made of the environment's settings at the first call. No
-- logic here; and nothing else is loaded before it is used, as editors load this when they start.
--
-- A wrong argument raises at the caller's line, and nothing is sent. What the world does wrong comes back as
-- `nil, err`, see aicore.Error: any call may fail with kind config (the first), auth, http, transport, protocol,
-- timeout or cancelled; what else may happen is said with each.
--
-- Times are seconds. The paths are those of the AI API, below the base URL and /v2, as SAP's OpenAPI description of AI
-- Core (2.42.0) has them, and so are the states.

---@class aicore
---@field status fun(id: string, opts: aicore.Options?): table|nil, aicore.Error?    a deployment
---@field stop fun(id: string, opts: aicore.Options?): table|nil, aicore.Error?      while it is RUNNING or PENDING
---@field delete fun(id: string, opts: aicore.Options?): table|nil, aicore.Error?    once it is STOPPED, DEAD or UNKNOWN
---@field list fun(filter: aicore.Filter?): table[]|nil, aicore.Error?               every page
---@field each fun(filter: aicore.Filter?): fun(): table|false|nil, aicore.Error?    page by page
---@field count fun(filter: aicore.Filter?): integer|nil, aicore.Error?
---@field find fun(filter: aicore.Filter?, opts: aicore.FindOptions?): table|nil, aicore.Error?   one that serves
---@field create fun(configuration_id: string, opts: aicore.CreateOptions?): table|nil, aicore.Error?
---@field update fun(id: string, configuration_id: string, opts: aicore.Options?): table|nil, aicore.Error?
---@field configurations fun(filter: aicore.ConfigurationFilter?): table[]|nil, aicore.Error?
---@field configure fun(what: aicore.Configuration, opts: aicore.Options?): table|nil, aicore.Error?
---@field models fun(opts: aicore.Options?): table[]|nil, aicore.Error?             and until when they work
---@field resource_groups fun(opts: aicore.Options?): table[]|nil, aicore.Error?
---@field quota fun(opts: aicore.Options?): aicore.Quota|nil, aicore.Error?          used, limit, and by plan
---@field logs fun(id: string, opts: aicore.LogsOptions?): table[]|nil, aicore.Error?
---@field capabilities fun(opts: aicore.Options?): table|nil, aicore.Error?
---@field stop_all fun(ids: string[], opts: aicore.LongOptions?): aicore.Report      and waits until they have stopped
---@field delete_all fun(ids: string[], opts: aicore.LongOptions?): aicore.Report    and waits until they are gone
---@field wait fun(id: string, goal: string, opts: aicore.LongOptions?): table|true|nil, aicore.WaitError?
---@field ensure fun(what: string|aicore.Configuration, opts: aicore.EnsureOptions?): table|nil, boolean|aicore.Error
---@field rollout fun(id: string, configuration_id: string, opts: aicore.RolloutOptions?): table|nil, aicore.Error?
---@field watch fun(target: aicore.Target, opts: aicore.LongOptions?): fun(): aicore.Change|false|nil, aicore.Error?
---@field teardown fun(target: aicore.Target, opts: aicore.TeardownOptions?): aicore.Report|nil, aicore.Error?
---@field executions aicore   the same functions for executions, which cannot be updated
local aicore = {}

--- A client with settings of its own.
---@param config aicore.Config?
---@return aicore.Client|nil client
---@return aicore.Error? err  of kind "config": what is missing, and where it was looked for
function aicore.client(config)
  return require("aicore.client").new(config)
end

--- Runs a function as a coroutine of the host's event loop (Neovim's, luv's), where all of this waits
--- without blocking.
---@param fn fun()
---@return nil
function aicore.spawn(fn)
  return require("aicore.runtime").spawn(fn)
end

local default

local FUNCTIONS = "status stop delete list each count find create update configurations configure models "
  .. "resource_groups quota logs capabilities stop_all delete_all wait ensure rollout watch teardown"

--- The function of one method, of the default client or of what it has under a name.
local function on_default(name, part)
  return function(...)
    if not default then
      local made, err = aicore.client()
      if not made then
        return nil, err
      end
      default = made
    end
    local client = part and default[part] or default
    return client[name](client, ...)
  end
end

aicore.executions = {}
for name in FUNCTIONS:gmatch "%S+" do
  aicore[name], aicore.executions[name] = on_default(name), on_default(name, "executions")
end

return aicore
