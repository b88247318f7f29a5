-- How far a long piece of work is: a bar that moves on a terminal, or else a line every few seconds.
-- Pure but for the console and the clock, which are passed in.

local duration = require "aicore.text.duration"
local lifecycle = require "aicore.model.lifecycle"
local printable = require "aicore.model.printable"

local progress = {}

local PLAIN_INTERVAL = 5 -- seconds between two lines that are not on a terminal
local BAR = 20 -- characters

---@class aicore.cli.Work  how far it is
---@field total integer
---@field left integer
---@field failed integer?  of those that are not left
---@field states table<string, integer>  how many of those left are in which state

-- "RUNNING 300, STOPPING 20"
local function states_text(states)
  local names, parts = {}, {}
  for name in pairs(states) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = ("%s %d"):format(name == "?" and "not seen yet" or name, states[name])
  end
  return table.concat(parts, ", ")
end

-- How much of a teardown is behind those in a state: half of it is over when they have stopped.
local TEARDOWN = { stopping = 0.25, ended = 0.5 }

--- The share of all the work that is done, from 0 to 1.
local function share_of(work, goal)
  local done = work.total - work.left - (work.failed or 0)
  for state, count in pairs(goal == "teardown" and work.states or {}) do
    done = done + count * (TEARDOWN[lifecycle.phase(state)] or 0)
  end
  return work.total > 0 and done / work.total or 1
end

-- "12/s, 40s left"; "for 3s" before anything is done, when there is no rate yet.
local function pace_text(done, share, elapsed)
  if share == 0 or share == 1 or elapsed <= 0 then
    return "for " .. duration.format(elapsed)
  end
  local left = duration.format(math.ceil(elapsed / share * (1 - share)))
  local rate = done / elapsed
  return (rate > 0 and (rate < 10 and "%.1f/s, " or "%.0f/s, "):format(rate) or "") .. left .. " left"
end

local function bar_text(share)
  local full = math.floor(share * BAR)
  return ("[%s%s]"):format(("#"):rep(full), ("."):rep(BAR - full))
end

--- One line of how far the work is.
---@param work aicore.cli.Work
---@param elapsed number  s
---@param options { bar: boolean?, goal: string? }
---@return string
function progress.line(work, elapsed, options)
  local failed = work.failed or 0
  local done, share = work.total - work.left - failed, share_of(work, options.goal)
  local parts = { ("%d of %d done (%d%%)"):format(done, work.total, math.floor(share * 100)) }
  parts[#parts + 1] = failed > 0 and ("%d failed"):format(failed) or nil
  parts[#parts + 1] = pace_text(done, work.left > 0 and share or 1, elapsed)
  parts[#parts + 1] = work.left > 0 and states_text(work.states) or nil
  return printable((options.bar and bar_text(share) .. " " or "") .. table.concat(parts, "; "))
end

--- Something that takes an aicore.cli.Work, or an aicore.FleetProgress, as often as there is one.
---@param console aicore.cli.Console
---@param now fun(): number
---@param goal string?  "teardown", where there are two steps to go
---@return fun(work: aicore.cli.Work) update
function progress.new(console, now, goal)
  local began, told, latest = now(), now(), nil
  if console:is_live() then
    console.live = function()
      return latest and progress.line(latest, now() - began, { bar = true, goal = goal }):sub(1, console:width() - 1)
    end
  end
  return function(work)
    latest = work
    if console:is_live() then
      console:refresh()
    elseif now() - told >= PLAIN_INTERVAL then
      told = now()
      console:note(progress.line(work, told - began, { goal = goal }))
    end
  end
end

return progress
