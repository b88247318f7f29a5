-- luacheck: globals ngx
--- What the endpoint's other files share: one client per worker, whose every exchange is counted, and answers in JSON.

local aicore = require "aicore"
local cjson = require "cjson"
local metrics = require "metrics"

local service = {}

local client

--- The client; or nil and the reason, if the settings do not suffice for one.
---@return aicore.Client|nil
---@return aicore.Error? err
function service.client()
  if client then
    return client
  end
  local made, err = aicore.client { on_attempt = metrics.note }
  client = made
  return made, err
end

--- The filter that a query asks for. What is not understood must not widen it: nil refuses it.
---@param query table<string, string|true|table>  as ngx.req.get_uri_args() reads it
---@param parameters table<string, { [1]: string, [2]: fun(value: string): any }>  the filter's field, and its value
---@return aicore.Filter|nil
---@return string? reason
function service.filter_of(query, parameters)
  local filter = {}
  for name, value in pairs(query) do
    local parameter = parameters[name]
    if not parameter or type(value) ~= "string" then
      return nil, "not understood: " .. name
    end
    local field, read = parameter[1], parameter[2]
    filter[field] = read(value)
    if filter[field] == nil then
      return nil, ("not understood: %s=%s"):format(name, value)
    end
  end
  return filter
end

--- A text that says something.
---@param value string
---@return string?
function service.text(value)
  return value ~= "" and value or nil
end

--- Calls a method of the client. It raises where the filter makes no sense, which is a mistake of who asks.
---@param method string
---@param ... any
---@return any|nil result
---@return integer? status  that an answer has then
---@return string? reason
function service.call(method, ...)
  local able, problem = service.client()
  if not able then
    return nil, 502, tostring(problem)
  end
  local sensible, result, err = pcall(able[method], able, ...)
  if not sensible then
    return nil, 400, (tostring(result):gsub("^.-:%d+: ", ""))
  elseif not result then
    return nil, err.kind == "state" and 503 or 502, tostring(err)
  end
  return result
end

--- Answers.
---@param status integer
---@param body table
function service.answer(status, body)
  ngx.status = status
  ngx.print(cjson.encode(body), "\n")
end

return service
