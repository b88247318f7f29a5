-- B1: lua_http.lua URL CALLS CA: lua-http and cjson, streams on one kept connection. http.request would connect anew.
local cjson = require "cjson"
local cqueues = require "cqueues"
local http_client = require "http.client"
local http_headers = require "http.headers"
local http_tls = require "http.tls"
local lib = require "bench.lib"

local scheme, host, port = arg[1]:match "^(%w+)://([^:]+):(%d+)"
local options = { host = host, port = tonumber(port), tls = scheme == "https" }
if options.tls then
  options.ctx = http_tls.new_client_context()
  options.ctx:getStore():add(arg[3])
  options.ctx:setVerify(require("openssl.ssl.context").VERIFY_PEER)
end
local connection = assert(http_client.connect(options, 10))
local authority = host .. ":" .. port

lib.measure(tonumber(arg[2]), cqueues.monotime, function()
  local headers = http_headers.new()
  headers:append(":method", "GET")
  headers:append(":scheme", scheme)
  headers:append(":authority", authority)
  headers:append(":path", "/v2/lm/deployments/d000000000000001")
  headers:append("authorization", "Bearer " .. lib.token)
  headers:append("ai-resource-group", "default")
  local stream = assert(connection:new_stream())
  assert(stream:write_headers(headers, true, 10))
  assert(assert(stream:get_headers(10)):get ":status" == "200")
  local body = assert(stream:get_body_as_string(10))
  assert(cjson.decode(body).status == "RUNNING")
end)
