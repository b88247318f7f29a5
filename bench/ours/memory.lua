-- B6: memory.lua URL WIDTH: by how much memory has grown per request when the first answer is there: then all the
-- others are in flight, if the server keeps them waiting.
local lib = require "bench.lib"

local url, width = arg[1], tonumber(arg[2])
local client = lib.client(url, { max_connections = width })
local grown

local function one()
  assert(client:status "d000000000000001")
  grown = grown or lib.memory "RssAnon"
end

local functions = {}
for i = 1, width do
  functions[i] = one
end
assert(client:status "d000000000000001") -- what is loaded late is there
collectgarbage()
local before = lib.memory "RssAnon"
client.runtime.gather(functions, width)
print(("calls=%d memory=%d"):format(width, grown - before))
