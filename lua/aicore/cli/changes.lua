-- Changes of deployments as they come, a line for each.

local clock = require "aicore.runtime.clock"
local columns = require "aicore.text.columns"
local json = require "aicore.text.json"
local problems = require "aicore.cli.problems"
local statuses = require "aicore.cli.statuses"

local changes = {}

local LONGEST, SHORTEST = 9, 8 -- status words, ids

local function time_of_day()
  return os.date("!%H:%M:%SZ", math.floor(clock.wall()))
end

-- "12:00:00Z   d748fdae9f88a9b0   PENDING     RUNNING     for RUNNING"
local function row_of(change)
  local aim = change.target and change.target ~= change.status and "for " .. change.target or ""
  local before = change.before or ""
  return {
    time_of_day(),
    change.id .. (" "):rep(SHORTEST - #change.id),
    before .. (" "):rep(LONGEST - #before),
    change.status .. (" "):rep(LONGEST - #change.status),
    aim,
  }
end

local PRINTERS = {
  table = function(console, change)
    local line = columns.align({ row_of(change) }, function(text, _, column)
      return console:paint(column == 4 and statuses.colour(change.status) or nil, text)
    end)[1]
    console:print((line:gsub(" +$", "")))
  end,
  json = function(console, change)
    console:print(json.line(change))
  end,
  ids = function(console, change)
    console:print(change.id)
  end,
}

--- Shows them, until all are gone, the time is over, or Ctrl-C.
---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@param target string[]|aicore.Filter
---@param is_new (fun(change: aicore.Change): boolean)?  which ones are shown; nil: all
---@return integer exit
function changes.follow(given, console, client, target, is_new)
  local printer = PRINTERS[given.output or "table"]
  console.streaming = true
  for change, err in client:watch(target, { timeout = given.timeout, appear = given.appear }) do
    if not change then
      return err.kind == "cancelled" and problems.INTERRUPTED or problems.tell(console, err)
    elseif not is_new or is_new(change) then
      printer(console, change)
      if console:flush() then
        return problems.FAILED
      end
    end
  end
  return problems.DONE
end

return changes
