-- A call in the clothes of HTTP: what a request asks for.
-- Rule: here it is only read; whether it makes sense, is decided where it is carried out.

local json = require "aicore.emulator.json"
local parameters = require "aicore.emulator.parameters"
local routes = require "aicore.emulator.routes"

local http = {}

---@class aicore.emulator.Request
---@field method string
---@field path string   without the query
---@field query string  without the question mark
---@field headers table<string, string>  names in lower case
---@field body string
---@field certificate boolean|nil  the client has shown a certificate that was verified

local function media_type_of(headers)
  local media_type = (headers["content-type"] or ""):match "^%s*([^;%s]+)"
  return media_type and media_type:lower()
end

--- The call that a request makes.
---@param request aicore.emulator.Request
---@return aicore.emulator.Call
function http.read(request)
  local body = request.body ~= "" and json.decode(request.body) or nil
  local route = routes.find(request.method, request.path, body)
  return {
    operation = route and route.operation,
    methods = route and route.methods,
    resource = route and route.resource,
    id = route and route.id,
    method = request.method,
    target = request.path,
    guarded = request.path:find "^/v2/" ~= nil,
    group = request.headers["ai-resource-group"] or "",
    parameters = parameters.parse(request.query),
    media_type = media_type_of(request.headers),
    body = body,
    text = request.body,
    authorization = request.headers.authorization,
    certificate = request.certificate,
  }
end

return http
