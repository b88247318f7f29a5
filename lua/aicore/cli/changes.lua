-- Changes of deployments as they come, a line for each.

local clock = require "aicore.runtime.clock"
local columns = require "aicore.text.columns"
local json = require "aicore.text.json"
local problems = require "aicore.cli.problems"
local statuses = require "aicore.cli.statuses"

local changes = {}

local LONGEST, SHORTEST = 9, 8 -- status words; ids, and names of resource groups

local function time_of_day()
  return os.date("!%H:%M:%SZ", math.floor(clock.wall()))
end

local function pad(text, length)
  return text .. (" "):rep(length - #text)
end

-- "12:00:00Z   d748fdae9f88a9b0   PENDING     RUNNING     for RUNNING"; of all resource groups, with the group's name
local function row_of(change)
  local aim = change.target and change.target ~= change.status and "for " .. change.target or ""
  local row = { time_of_day(), pad(change.id, SHORTEST), pad(change.before or "", LONGEST) }
  row[4], row[5] = pad(change.status, LONGEST), aim
  if change.resource_group then
    table.insert(row, 2, pad(change.resource_group, SHORTEST))
  end
  return row
end

local PRINTERS = {
  table = function(console, change)
    local line = columns.align({ row_of(change) }, function(text, _, column)
      local status = change.resource_group and 5 or 4
      return console:paint(column == status and statuses.colour(change.status) or nil, text)
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

-- An error of this kind ends the watch, which tells it.
local FINAL = { auth = true, config = true }

--- A function that tells why a look has failed: the same trouble once, until it is over.
local function telling_trouble(console, is_everywhere)
  local told
  return function(progress)
    local err = progress.err
    local trouble = err and not FINAL[err.kind] and err.kind .. err.message or nil
    if trouble and trouble ~= told then
      local where = is_everywhere and err.resource_group and ("resource group %s: "):format(err.resource_group) or ""
      console:note(("aicorectl: %s%s; it goes on looking"):format(where, tostring(err)))
    end
    told = trouble
  end
end

--- Shows them, until all are gone, the time is over, or Ctrl-C.
---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@param target string[]|aicore.Filter
---@param listed { is_new: (fun(change: aicore.Change): boolean), errs: table<string, aicore.Error> }?  what a list has
---       shown and told before: which changes are news, and which resource groups it could not read
---@return integer exit
function changes.follow(given, console, client, target, listed)
  local printer, failed = PRINTERS[given.output or "table"], {}
  local opts = {
    timeout = given.timeout,
    appear = given.appear,
    on_progress = telling_trouble(console, given.all_resource_groups),
  }
  console.streaming = true
  for change, err in client:watch(target, opts) do
    if change and (not listed or listed.is_new(change)) then
      printer(console, change)
      if console:flush() then
        return problems.FAILED
      end
    elseif err and err.kind == "cancelled" then
      return problems.INTERRUPTED
    elseif err and not (listed and listed.errs[err.resource_group]) then
      failed[#failed + 1] = problems.tell(console, err)
      console:flush()
    end
  end
  return failed[1] or problems.DONE
end

return changes
