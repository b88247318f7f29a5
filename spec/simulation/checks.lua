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

local names = {}
for name in pairs(checks.promises) do
  names[#names + 1] = name
end
table.sort(names)

-- Of the life of a deployment: what is promised of every call, and what of these.
local LIFE = { "raised", "in_time", "ended", "quiet", "coroutines", "observers", "callbacks" }
for name, check in pairs(require "spec.simulation.checks.life") do
  checks.promises[name], LIFE[#LIFE + 1] = check, name
end
table.sort(LIFE)

---@class simulation.Breach
---@field check string
---@field text string

--- Holds a course against every promise.
---@param course simulation.Course
---@param life boolean?  a task of life.lua
---@return simulation.Breach[] breaches  in the same order every time
function checks.all(course, life)
  local breaches = {}
  for _, name in ipairs(life and LIFE or names) do
    local first = #breaches + 1
    local texts = {}
    checks.promises[name](course, function(text, ...)
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
