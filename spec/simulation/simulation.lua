--- One seed: a service, a task, its course, and what was promised and not kept.

local checks = require "spec.simulation.checks"
local courses = require "spec.simulation.course"
local dice = require "spec.simulation.dice"
local life = require "spec.simulation.life"
local plots = require "spec.simulation.plots"
local service = require "spec.simulation.service"
local task = require "spec.simulation.task"

local simulation = {}

--- Whether there is a plot is not drawn by the dice that draw the rest.
local PLOT_SEED = 1000003

local LISTS = { "deleted", "absent", "stopped", "skipped" }

--- The course of a seed, and the breaches of it. What is raised outside of any call counts as one, too.
---@param seed integer
---@param describe (fun(answer: aicore.emulator.Answer): string)?  for those who want to read the course
---@return simulation.Course? course
---@return simulation.Breach[] breaches
function simulation.run(seed, describe)
  local numbers = dice.new(seed)
  local drawn_service = service.draw(numbers, task.size(numbers))
  local drawn_task = task.draw(numbers, drawn_service)
  plots.draw(dice.new(PLOT_SEED + seed), drawn_service, drawn_task)
  local ok, course = xpcall(courses.run, debug.traceback, seed, drawn_service, drawn_task, describe)
  if not ok then
    return nil, { { check = "ran", text = course } }
  end
  return course, checks.all(course)
end

--- Numbers of their own, lest the other tasks change.
local OF_LIFE = 2 ^ 20

--- The same of a seed's task of life.lua: ensure, rollout, watch.
---@param seed integer
---@param describe (fun(answer: aicore.emulator.Answer): string)?
---@return simulation.Course? course
---@return simulation.Breach[] breaches
function simulation.live(seed, describe)
  local numbers = dice.new(OF_LIFE + seed)
  local drawn_service = life.service(numbers, service.draw(numbers, numbers:integer(1, 12)))
  local drawn_task = life.draw(numbers, drawn_service)
  local ok, course = xpcall(courses.run, debug.traceback, OF_LIFE + seed, drawn_service, drawn_task, describe)
  if not ok then
    return nil, { { check = "ran", text = course } }
  end
  return course, checks.all(course, true)
end

local MODULUS = 2 ^ 31 - 1

--- A number that stands for the course: what was sent, when, and how it was answered, and what came of the calls. It is
--- the same in every Lua.
---@param course simulation.Course
---@return integer
function simulation.digest(course)
  local digest = 0
  local function add(text)
    for i = 1, #text do
      digest = (digest * 31 + text:byte(i)) % MODULUS
    end
  end
  for _, request in ipairs(course.requests) do
    local status = request.answer and request.answer.status or 0
    add(("%d %s %s %.6f %d"):format(request.client, request.name, tostring(request.id), request.at, status))
  end
  for _, call in ipairs(course.calls) do
    add(("%.6f %s"):format(call.ended or 0, call.err and call.err.kind or type(call.result)))
    for _, list in ipairs(type(call.result) == "table" and call.result.deleted and LISTS or {}) do
      add(table.concat(call.result[list], " "))
    end
  end
  return digest
end

return simulation
