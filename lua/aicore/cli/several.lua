-- One action on each of several deployments, a few at a time; their results in the order of the ids.

local blocking = require "aicore.runtime.blocking"
local errors = require "aicore.model.errors"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local printable = require "aicore.model.printable"
local problems = require "aicore.cli.problems"
local words = require "aicore.model.words"

local several = {}

several.LIMIT = 8 -- at a time

---@class aicore.cli.Outcome
---@field id string
---@field value any
---@field err aicore.Error?

--- Ctrl-C ends those that are left as "cancelled".
---@param ids string[]
---@param limit integer
---@param act fun(id: string): any, aicore.Error?
---@return aicore.cli.Outcome[]
function several.run(ids, limit, act)
  local functions = {}
  for i, id in ipairs(ids) do
    functions[i] = function()
      local value, err = act(id)
      return { id = id, value = value, err = err }
    end
  end
  local outcomes = blocking.gather(functions, limit)
  for i, id in ipairs(ids) do
    local cancelled = { kind = "cancelled", id = id, message = "interrupted before it was done" }
    outcomes[i] = outcomes[i] or { id = id, err = errors.new(cancelled) }
  end
  return outcomes
end

-- "d1: Deployment scheduled.": what the service said, or else what it is now, and of one that has died why.
local function line(outcome)
  local value = outcome.value
  local why = lifecycle.look(value.status) == "bad" and words.about(value)
  local what = value.message or value.status or "accepted"
  return printable(("%s: %s%s"):format(outcome.id, what, why and (" (%s)"):format(why) or ""))
end

-- How the outcomes that have a value are printed, by -o; `text` makes lines of one.
local PRINTERS = {
  ids = function(console, outcomes)
    for _, outcome in ipairs(outcomes) do
      if outcome.value then
        console:print(outcome.id)
      end
    end
  end,
  json = function(console, outcomes)
    local values = json.array {}
    for i, outcome in ipairs(outcomes) do
      values[i] = outcome.value or { id = outcome.id, error = problems.plain(outcome.err) }
    end
    console:print(json.encode(#values == 1 and values[1] or values))
  end,
  table = function(console, outcomes, text)
    for _, outcome in ipairs(outcomes) do
      if outcome.value then
        console:print(text(outcome))
      end
    end
  end,
}

--- Prints results, tells of errors. JSON of one is an object, of several an array.
---@param console aicore.cli.Console
---@param format string?
---@param outcomes aicore.cli.Outcome[]
---@param text (fun(outcome: aicore.cli.Outcome): string)?  nil: a line with what the service said
---@param advise (fun(err: aicore.Error): string?)?  as problems.tell_all's
---@return integer exit
function several.print(console, format, outcomes, text, advise)
  local failures = {}
  for _, outcome in ipairs(outcomes) do
    failures[#failures + 1] = outcome.err
  end
  PRINTERS[format or "table"](console, outcomes, text or line)
  return problems.tell_all(console, failures, advise)
end

return several
