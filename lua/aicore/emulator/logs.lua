-- The log of a deployment: a line for its creation, a line every ten seconds while it runs, a line for its end.
-- Rule: lines are computed from the deployment's times when a request asks; nothing is stored.

local resources = require "aicore.emulator.resources"
local timestamp = require "aicore.model.timestamp"

local logs = {}

local INTERVAL = 10

---@class aicore.emulator.LogQuery
---@field from number  seconds since 1970
---@field to number    seconds since 1970
---@field top integer  lines at most
---@field order "asc"|"desc"

-- The first and the last heartbeat inside the window, no more of them than are asked for.
local function heartbeats(deployment, query)
  local started = deployment.started_at
  if not started then
    return 0, -1
  end
  local stopped = math.min(query.to, deployment.completed_at or query.to)
  local first = math.max(0, math.ceil((query.from - started) / INTERVAL))
  local last = math.floor((stopped - started) / INTERVAL)
  if query.order == "desc" then
    return math.max(first, last - query.top), last
  end
  return first, math.min(last, first + query.top)
end

local function lines_in_order(deployment, query)
  local lines = {}
  local function add(time, message)
    if time and time >= query.from and time <= query.to then
      lines[#lines + 1] = { timestamp = timestamp.precise(time), msg = message, container = "kserve-container" }
    end
  end
  add(deployment.created_at, resources[deployment.resource].word .. " " .. deployment.id .. " scheduled")
  local first, last = heartbeats(deployment, query)
  for i = first, last do
    add(deployment.started_at + i * INTERVAL, i == 0 and "Server started" or "GET /v1/health 200")
  end
  add(deployment.completed_at, deployment.status_message or "Server ended")
  return lines
end

--- The lines inside a window.
---@param deployment aicore.emulator.Deployment
---@param query aicore.emulator.LogQuery
---@return table[]
function logs.lines(deployment, query)
  local lines = lines_in_order(deployment, query)
  local chosen = {}
  for i = 1, math.min(query.top, #lines) do
    chosen[i] = lines[query.order == "desc" and #lines + 1 - i or i]
  end
  return chosen
end

return logs
