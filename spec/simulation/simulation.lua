--- One seed: a service, a task, its course, and what was promised and not kept.

local checks = require "spec.simulation.checks"
local courses = require "spec.simulation.course"
local dice = require "spec.simulation.dice"
local service = require "spec.simulation.service"
local task = require "spec.simulation.task"

local simulation = {}

--- The course of a seed, and the breaches of it. What is raised outside of any call counts as one, too.
---@param seed integer
---@param describe (fun(answer: aicore.emulator.Answer): string)?  for those who want to read the course
---@return simulation.Course? course
---@return simulation.Breach[] breaches
function simulation.run(seed, describe)
  local numbers = dice.new(seed)
  local drawn_service = service.draw(numbers, task.size(numbers))
  local drawn_task = task.draw(numbers, drawn_service)
  local ok, course = xpcall(courses.run, debug.traceback, seed, drawn_service, drawn_task, describe)
  if not ok then
    return nil, { { check = "ran", text = course } }
  end
  return course, checks.all(course)
end

return simulation
