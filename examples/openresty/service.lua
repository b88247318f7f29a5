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

--- Answers.
---@param status integer
---@param body table
function service.answer(status, body)
  ngx.status = status
  ngx.print(cjson.encode(body), "\n")
end

return service
