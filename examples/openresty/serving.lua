-- luacheck: globals ngx
--- GET /serving?scenario=…&model=…: which deployment serves, looked for in the path of each request. What was found is
-- kept for a minute, so nearly all requests are answered without asking AI Core; many at once ask it once.

local service = require "service"

local serving = {}

-- Seconds: who asks for a deployment waits for no longer.
local PATIENCE = 10

local PARAMETERS = { scenario = { "scenario_id", service.text }, model = { "model", service.text } }

--- content_by_lua of /serving. In rewrite_by_lua or access_by_lua it would be the same, with the URL as the upstream's.
function serving.find()
  local wanted, reason = service.filter_of(ngx.req.get_uri_args(), PARAMETERS)
  if not wanted then
    return service.answer(400, { reason = reason })
  end
  local deployment, status
  deployment, status, reason = service.call("find", wanted, { timeout = PATIENCE })
  if deployment then
    return service.answer(200, { id = deployment.id, url = deployment.deploymentUrl })
  end
  -- None that serves is no fault of AI Core's: it may be another minute's.
  if status == 503 then
    ngx.header.retry_after = 30
  end
  service.answer(status, { reason = reason })
end

return serving
