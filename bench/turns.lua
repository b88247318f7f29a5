--- Runs the contestants of a row in turns, each a process of its own. The machine may be busy with other things: those
-- that are compared run within the same second, and each round begins with another one.

local servers = require "bench.servers"

local turns = { quick = os.getenv "QUICK" == "1" } -- a quick run: one round, a tenth of the calls

local MOST = turns.quick and 1 or tonumber(os.getenv "ROUNDS") or math.huge -- rounds

--- Runs a command and reads its last line, "name=value name=value …".
local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1", "r"))
  local text = pipe:read "*a"
  local ok = pipe:close()
  local values = {}
  for name, value in (text:match "([^\n]*)\n?$" or ""):gmatch "([%w_]+)=([%d%.e+-]+)" do
    values[name] = tonumber(value)
  end
  if not ok or not next(values) then
    error(("failed: %s\n%s"):format(command, text:sub(-2000)), 0)
  end
  return values
end

--- The command, with $NAME replaced; what a value brings is replaced, too.
local function fill(command, values)
  local found
  repeat
    command, found = command:gsub("%$([%l_][%l%d_]*)", function(name)
      return assert(values[name], "no value of $" .. name .. " in: " .. command)
    end)
  until found == 0
  return command
end

--- Those that can run here and now.
local function present(row, values)
  local all = {}
  for _, contestant in ipairs(row.run) do
    local here = not (turns.quick and contestant.slow)
      and (not contestant.needs or os.execute(("{ %s; } >/dev/null 2>&1"):format(fill(contestant.needs, values))))
    all[#all + 1] = here and contestant or nil
  end
  row.run = all
end

--- Starts the row's servers and runs all of it. Leaves in `row.run` those that have run.
---@param row table     see rows.lua
---@param setup table<string, string>  values for the commands
---@return table<string, number>[][] runs  of each contestant
function turns.run(row, setup)
  local calls = row.calls and (turns.quick and math.max(4, math.floor(row.calls / 10)) or row.calls)
  local values, started = setmetatable({ calls = calls }, { __index = setup }), {}
  for name, server in pairs(row.servers or {}) do
    started[name] = servers.start(server)
    values[name], values[name .. "_ca"] = started[name].url, started[name].ca or ""
  end
  present(row, values)
  local runs, rounds = {}, math.min(MOST, row.rounds)
  for round = 1, rounds do
    for i = 1, #row.run do
      local at = (i + round) % #row.run + 1
      local contestant = row.run[at]
      runs[at] = runs[at] or {}
      if round <= (contestant.rounds or rounds) then
        table.insert(runs[at], run(fill((row.env or "") .. " " .. contestant[2], values)))
      end
    end
  end
  for _, server in pairs(started) do
    servers.stop(server)
  end
  return runs
end

return turns
