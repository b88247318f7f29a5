-- Waiting until each of some deployments has a status, or is gone; with a live line of how many are in which state.

local clock = require "aicore.runtime.clock"
local progress = require "aicore.cli.progress"
local several = require "aicore.cli.several"

local waiting = {}

--- Counts states by what each wait says of its own deployment.
local function census(ids, update)
  local state_of, work = {}, { total = #ids, left = #ids, failed = 0, states = { ["?"] = #ids } }
  local function move(id, state)
    local states, old = work.states, state_of[id] or "?"
    if old ~= state then
      states[old] = states[old] > 1 and states[old] - 1 or nil
      if state then
        states[state] = (states[state] or 0) + 1
      end
      state_of[id] = state
    end
  end
  return {
    seen = function(seen)
      move(seen.id, seen.status or "?")
      update(work)
    end,
    over = function(id, err)
      move(id, nil)
      work.left = work.left - 1
      work.failed = work.failed + (err and 1 or 0)
      update(work)
    end,
  }
end

--- Waits, prints, tells.
---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@param ids string[]
---@param goal string  one of lifecycle.goals
---@param advise (fun(err: aicore.Error): string?)?  as problems.tell_all's
---@return integer exit
function waiting.run(given, console, client, ids, goal, advise)
  local count = census(ids, progress.new(console, clock.now))
  local outcomes = several.run(ids, #ids, function(id)
    local result, err = client:wait(id, goal, {
      timeout = given.timeout,
      appear = given.appear,
      on_progress = count.seen,
    })
    count.over(id, err)
    return result == true and { id = id, status = goal } or result or nil, err
  end)
  console:settle()
  return several.print(console, given.output, outcomes, nil, advise)
end

return waiting
