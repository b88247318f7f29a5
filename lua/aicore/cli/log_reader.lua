-- Reads a log piece by piece, each line once. The service gives at most 5000 lines from a time on, so the next piece
-- begins at the time of the last line; those of that time that were read already are left out.

local timestamp = require "aicore.model.timestamp"

local log_reader = {}

log_reader.MOST = 5000 -- lines per request

---@class aicore.cli.LogReader
---@field start string?               where the next piece begins; nil: where the service does by itself
---@field seen table<string, integer>  the lines of that time that were read, and how often each
local Reader = {}
Reader.__index = Reader

local function key_of(line)
  return ("%s\0%s\0%s"):format(tostring(line.timestamp), tostring(line.msg), tostring(line.container))
end

--- Keeps those that are new, and remembers where they end. A line that stands twice is two lines: so it is left out
--- only as often as it was read before.
local function take(self, lines)
  local new, read_before, counts, at = {}, self.seen, {}, self.start
  for _, line in ipairs(lines) do
    local key = key_of(line)
    if line.timestamp ~= at then
      at, counts = line.timestamp, {}
    end
    counts[key] = (counts[key] or 0) + 1
    if at ~= self.start or counts[key] > (read_before[key] or 0) then
      new[#new + 1] = line
    end
  end
  if #lines > 0 then
    self.start, self.seen = at, counts
  end
  return new
end

--- The next piece.
---@param client aicore.Client
---@param timeout number?
---@return table[]|nil lines
---@return aicore.Error? err
---@return boolean? more  there may be more already
function Reader:next(client, timeout)
  local lines, err =
    client:logs(self.id, { start = self.start, top = log_reader.MOST, order = "asc", timeout = timeout })
  if not lines then
    return nil, err
  end
  local full = #lines >= log_reader.MOST
  local new = take(self, lines)
  return new, nil, full and #new > 0
end

--- The last lines of all; what comes next are those behind them.
---@param client aicore.Client
---@param count integer
---@param timeout number?
---@return table[]|nil lines
---@return aicore.Error? err
function Reader:last(client, count, timeout)
  local lines, err = client:logs(self.id, { start = self.start, top = count, order = "desc", timeout = timeout })
  if not lines then
    return nil, err
  end
  local forwards = {}
  for i = #lines, 1, -1 do
    forwards[#forwards + 1] = lines[i]
  end
  return take(self, forwards)
end

---@param id string
---@param from number?  seconds since the epoch
---@return aicore.cli.LogReader
function log_reader.new(id, from)
  local start = from and timestamp.format(from) or nil
  return setmetatable({ id = id, start = start, seen = {} }, Reader)
end

return log_reader
