-- What -v tells of every exchange: method, path, status, time, attempt, request id. Never a header or a body.

local exchanges = {}

-- The AI API, as data; {id} is the deployment's.
local REQUESTS = {
  login = "POST /oauth/token",
  status = "GET /v2/lm/deployments/{id}",
  list = "GET /v2/lm/deployments",
  count = "GET /v2/lm/deployments/$count",
  create = "POST /v2/lm/deployments",
  update = "PATCH /v2/lm/deployments/{id}",
  stop = "PATCH /v2/lm/deployments/{id}",
  delete = "DELETE /v2/lm/deployments/{id}",
  batch = "PATCH /v2/lm/deployments",
  logs = "GET /v2/lm/deployments/{id}/logs",
  capabilities = "GET /v2/lm/meta",
}

--- One line.
---@param record table  what on_attempt gets
---@return string
function exchanges.line(record)
  local request = REQUESTS[record.operation]:gsub("{id}", record.id or "")
  return ("%s: %s, %.0f ms, attempt %d%s"):format(
    request,
    record.status and record.status > 0 and ("HTTP %d"):format(record.status) or record.error or "no answer",
    (record.seconds or 0) * 1000,
    record.attempt,
    record.request_id and ", request " .. record.request_id or ""
  )
end

return exchanges
