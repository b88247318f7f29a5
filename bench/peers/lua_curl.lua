-- B1: lua_curl.lua URL CALLS CA: libcurl as Lua-cURL binds it, and cjson: one handle keeps the connection.
local cjson = require "cjson"
local is_new, curl = pcall(require, "lcurl") -- the third; otherwise Debian's lua-curl, 0.3
curl = is_new and curl or require "curl"
local lib = require "bench.lib"
local socket = require "socket"

local parts
local easy = (curl.easy or curl.easy_init)()
easy:setopt(curl.OPT_URL, arg[1] .. "/v2/lm/deployments/d000000000000001")
easy:setopt(curl.OPT_HTTPHEADER, { "Authorization: Bearer " .. lib.token, "AI-Resource-Group: default" })
easy:setopt(curl.OPT_WRITEFUNCTION, function(part)
  parts[#parts + 1] = part
  return #part
end)
if arg[3] ~= "" then
  easy:setopt(curl.OPT_CAINFO, arg[3])
end

lib.measure(tonumber(arg[2]), socket.gettime, function()
  parts = {}
  assert(easy:perform())
  assert(cjson.decode(table.concat(parts)).status == "RUNNING")
end)
