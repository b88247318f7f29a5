-- What -v tells of every exchange: method, path, status, time, attempt, request id. Never a header or a body.

local operations = require "aicore.call.operations"
local printable = require "aicore.model.printable"

local exchanges = {}

-- A login has no path of its own: its whole URL is a setting.
local LOGIN_PATH = "/oauth/token"

local function path_of(operation, record)
  if not operation.path then
    return LOGIN_PATH
  end
  local values = { id = record.id or "", resource = record.resource or "deployments" }
  return "/v2" .. operation.path:gsub("{(%l+)}", values)
end

--- One line.
---@param record table  what on_attempt gets
---@return string
function exchanges.line(record)
  local operation = operations[record.operation]
  return ("%s %s: %s, %.0f ms, attempt %d%s"):format(
    operation.verb,
    path_of(operation, record),
    record.status and record.status > 0 and ("HTTP %d"):format(record.status) or record.error or "no answer",
    (record.seconds or 0) * 1000,
    record.attempt,
    record.request_id and ", request " .. printable(record.request_id) or ""
  )
end

return exchanges
