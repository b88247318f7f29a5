-- What a command works towards that is about one deployment, with a live line of what that is doing.

local clock = require "aicore.runtime.clock"
local progress = require "aicore.cli.progress"
local several = require "aicore.cli.several"

local goal = {}

--- Runs it; its options are those of the command that all such have.
---@param given table
---@param console aicore.cli.Console
---@param id string                     until its own is known
---@param act fun(opts: table): any, any, any
---@return aicore.cli.Outcome outcome   and what act() returned besides, as `more` and `rest`
function goal.run(given, console, id, act)
  local update, more, rest = progress.new(console, clock.now), nil, nil
  local outcomes = several.run({ id }, 1, function()
    local value
    value, more, rest = act {
      timeout = given.timeout,
      on_progress = function(seen)
        update { total = 1, left = 1, states = { [seen.status or "?"] = 1 } }
      end,
    }
    return value, not value and more or nil
  end)
  console:settle()
  outcomes[1].more, outcomes[1].rest = more, rest
  return outcomes[1]
end

return goal
