-- luacheck: globals ngx
--- GET /serving?scenario=…&model=…: which deployment serves, looked for in the path of each request. What was found is
-- kept for a minute, so nearly all requests are answered without asking AI Core; many at once ask it once.

local service = require "service"

local serving = {}

-- Seconds: who asks for a deployment waits for no longer.
local PATIENCE = 10

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

--- content_by_lua of /serving. In rewrite_by_lua or access_by_lua it would be the same, with the URL as the upstream's.
function serving.find()
  local client, err = service.client()
  local query, deployment = ngx.req.get_uri_args(), nil
  local wanted = { scenario_id = text(query.scenario), model = text(query.model) }
  if client then
    deployment, err = client:find(wanted, { timeout = PATIENCE })
  end
  if deployment then
    return service.answer(200, { id = deployment.id, url = deployment.deploymentUrl })
  end
  -- None that serves is no fault of AI Core's: it may be another minute's.
  if err.kind == "state" then
    ngx.header.retry_after = 30
  end
  service.answer(err.kind == "state" and 503 or 502, { reason = tostring(err) })
end

return serving
