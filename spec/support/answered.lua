-- A caller whose exchanges are answered by the spec, on a clock that only sleeping moves.

local callers = require "aicore.call.caller"
local errors = require "aicore.model.errors"

local answered = {}

--- A transfer that is finished, and has this answer.
function answered.transfer(answer)
  return {
    result = function()
      if errors.is(answer) then
        return nil, answer
      end
      return answer
    end,
    info = function()
      return { status = 200, seconds = 0 }
    end,
  }
end

--- An error as an exchange may give it.
function answered.failed(fields)
  fields.message = fields.message or "no"
  return errors.new(fields)
end

---@class spec.Stage     what a spec sets and looks at
---@field time number
---@field slept number[]
---@field cancelled boolean?  sleeping ends so
---@field closed boolean?     the session is
---@field answers any[]       of the exchanges to come, in their order; an error is one
---@field sent table[]        { name, left, correlation_id, attempt, told }
local Stage = {}
Stage.__index = Stage

function answered.stage()
  return setmetatable({ time = 0, slept = {}, answers = {}, sent = {} }, Stage)
end

--- What stands for core.start.
function Stage:start(name, ...)
  local options = select(select("#", ...), ...)
  self.sent[#self.sent + 1] = { name = name, left = options.timeout, correlation_id = options.correlation_id }
  if name == "login" then
    return answered.transfer { expires_in = 3600 }
  end
  return answered.transfer(table.remove(self.answers, 1))
end

--- A caller; it is the stage's from now on.
---@param options { start: function?, turn: number?, timeout: number?, log_in: boolean? }?
function Stage:connect(options)
  options = options or {}
  self.caller = callers.new {
    start = options.start or function(_, ...)
      return self:start(...)
    end,
    session = {
      set_token = function() end,
      close = function() end,
      closed = function()
        return self.closed
      end,
    },
    runtime = {
      now = function()
        return self.time
      end,
      sleep = function(seconds)
        self.slept[#self.slept + 1] = seconds
        self.time = self.time + seconds
        return not self.cancelled
      end,
      await = function() end,
      apart = function(fn)
        fn()
        return true
      end,
      turn = options.turn,
    },
    clock = {
      random = function()
        return 0.5
      end,
      wall = function()
        return 0
      end,
    },
    timeout = options.timeout or 100,
    token = not options.log_in and "t" or nil,
    on_attempt = function(attempt)
      local last = self.sent[#self.sent]
      last.attempt, last.told = attempt.attempt, attempt.correlation_id
    end,
  }
  return self.caller
end

--- One call of the stage's caller.
function Stage:perform(name, opts, ...)
  local request = assert(self.caller:request(name, opts, ...))
  return self.caller:perform(request, self.caller:deadline(request))
end

--- The operations that were sent.
function Stage:names()
  local list = {}
  for i, one in ipairs(self.sent) do
    list[i] = one.name
  end
  return table.concat(list, " ")
end

return answered
