--- A caller over the emulated AI Core in this process, for simulations and tests: no sockets, and a virtual clock.
-- It is the client's own caller, call/caller.lua; only the transfers are the emulator's (exchange.lua). So retries,
-- logins, the check of shapes and pages are the real ones.
--
--     local runtime = require("aicore.runtime.virtual").new { start = 1700000000 }
--     local emulator = require("aicore.emulator").new()
--     local caller = require("aicore.emulator.caller").new { emulator = emulator, runtime = runtime }
--     emulator.world:seed({ id = "d-one" }, runtime.now())
--     runtime.run(function()
--       caller:in_group({}):stop("d-one", runtime.now() + 60)
--     end)

local caller = require "aicore.call.caller"
local exchange = require "aicore.emulator.exchange"
local random = require "aicore.emulator.random"

local fake = {}

local TIMEOUT = 60

---@class aicore.emulator.CallerOptions
---@field emulator aicore.emulator.Emulator   several callers may share one
---@field runtime aicore.VirtualRuntime       whose clock shows seconds since 1970
---@field resource_group string?              "default" if not given
---@field timeout number?                     s, a call that says nothing else (60), and each exchange
---@field wall nil|fun(): number              the client's clock, seconds since 1970; nil: the runtime's
---@field token string|function|nil           see call/login.lua; nil: it logs in
---@field client_id string?                   what it logs in with
---@field client_secret string?
---@field on_attempt function?
---@field seed integer?                       of the jitter of its retries (1)

--- A caller of one client.
---@param options aicore.emulator.CallerOptions
---@return aicore.Caller
function fake.new(options)
  local session = exchange.session(options)
  return caller.new {
    session = session,
    start = session.start,
    runtime = options.runtime,
    clock = { wall = options.wall or options.runtime.now, random = random.new(options.seed or 1) },
    timeout = options.timeout or TIMEOUT,
    token = options.token,
    on_attempt = options.on_attempt,
  }
end

return fake
