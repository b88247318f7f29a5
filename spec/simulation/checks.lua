--- The promises, one function each. A check gets a course and a function broken(text, …), to be called for every
-- breach; it compares what was claimed with what really happened (truth.lua) and with what was sent.

local checks = {}

---@type table<string, fun(course: simulation.Course, broken: fun(text: string, ...))>
checks.promises = {}

for _, module in ipairs { "claims", "reports", "sending", "looks", "needs", "ends" } do
  for name, check in pairs(require("spec.simulation.checks." .. module)) do
    checks.promises[name] = check
  end
end

--- Of the life of a deployment (ensure, rollout, watch). `make mutate` shows that they can be broken.
---@type table<string, fun(course: simulation.Course, broken: fun(text: string, ...))>
checks.of_life = {}

-- What of the promises holds for these, too.
for _, name in ipairs { "raised", "in_time", "ended", "quiet", "coroutines", "observers", "callbacks" } do
  checks.of_life[name] = checks.promises[name]
end
for name, check in pairs(require "spec.simulation.checks.life") do
  checks.of_life[name] = check
end

local function in_order(promises)
  local names = {}
  for name in pairs(promises) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local ORDER = { [checks.promises] = in_order(checks.promises), [checks.of_life] = in_order(checks.of_life) }

---@class simulation.Breach
---@field check string
---@field text string

--- Holds a course against every promise.
---@param course simulation.Course
---@param life boolean?  a task of life.lua
---@return simulation.Breach[] breaches  in the same order every time
function checks.all(course, life)
  local breaches, promises = {}, life and checks.of_life or checks.promises
  for _, name in ipairs(ORDER[promises]) do
    local first = #breaches + 1
    local texts = {}
    promises[name](course, function(text, ...)
      texts[#texts + 1] = text:format(...)
    end)
    table.sort(texts)
    for i, text in ipairs(texts) do
      breaches[first + i - 1] = { check = name, text = text }
    end
  end
  return breaches
end

return checks
