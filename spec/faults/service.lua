--- The fault matrix's server (server.lua) as a child process, and its control connection.

local child = require "spec.support.child"
local cjson = require "cjson"
local socket = require "socket"

local service = {}

-- Paths meant for another Lua would lead LuaJIT to libraries that it cannot load.
local CLEAN = package.loaded.jit and "" or "env -u LUA_PATH -u LUA_CPATH -u LUA_PATH_5_4 -u LUA_CPATH_5_4 "

---@class spec.FaultService
---@field url string  http
---@field secure_url string?  https, where there is a certificate
---@field secure_http1_url string?  the same without HTTP/2
---@field order fun(order: table): table
---@field stop fun()

--- Starts it.
---@param certificate string?
---@param key string?
---@return spec.FaultService
function service.start(certificate, key)
  local process = child.start(("%sluajit spec/faults/server.lua %s %s"):format(CLEAN, certificate or "", key or ""))
  local ports = cjson.decode((assert(process.line, "the fault server did not start")))
  local control = assert(socket.connect("127.0.0.1", math.floor(ports.control)))
  control:setoption("tcp-nodelay", true)
  control:settimeout(20)
  return {
    url = ("http://127.0.0.1:%d"):format(ports.http),
    secure_url = ports.https and ("https://localhost:%d"):format(ports.https),
    secure_http1_url = ports.https1 and ("https://localhost:%d"):format(ports.https1),
    order = function(order)
      assert(control:send(cjson.encode(order) .. "\n"))
      return cjson.decode((assert(control:receive "*l")))
    end,
    stop = function()
      control:close()
      process:stop()
    end,
  }
end

return service
