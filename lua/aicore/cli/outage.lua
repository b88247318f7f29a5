-- What a person should hear while something takes long: that requests of a kind have failed for a while, or that the
-- service asks to wait, and how. It is said once, until one of the kind has succeeded. Pure but for the clock, which is
-- passed in.

local duration = require "aicore.text.duration"

local outage = {}

local PATIENCE = 5 -- seconds

-- Answers of these kinds are none; of the others the status says it.
local TROUBLE = { transport = true, timeout = true, protocol = true, auth = true }

local function is_trouble(record)
  local status = record.status or 0
  return record.error ~= nil and (TROUBLE[record.error] or status >= 500 or status == 429)
end

--- A function that takes what on_attempt gets, and gives a line where there is something to say.
---@param now fun(): number
---@param longest number  what asks to wait for longer than that, in seconds, ends the command at once, which says so
---@return fun(record: table): string?
function outage.new(now, longest)
  local since, told = {}, {}
  return function(record)
    local name = record.operation
    if not is_trouble(record) then
      since[name], told[name] = nil, nil
      return nil
    end
    since[name] = since[name] or now()
    local seconds, pause = now() - since[name], record.retry_after or 0
    pause = pause <= longest and pause or 0
    if told[name] or math.max(seconds, pause) < PATIENCE then
      return nil
    end
    told[name] = true
    local how = (record.status or 0) > 0 and ("HTTP %d"):format(record.status) or record.error
    if seconds < PATIENCE then
      return ("%s has failed (%s): the service asks to wait %s"):format(name, how, duration.format(pause))
    end
    return ("%s has failed for %s (%s), and is tried again"):format(name, duration.format(seconds), how)
  end
end

return outage
