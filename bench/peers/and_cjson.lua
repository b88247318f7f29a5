-- B2: and_cjson.lua COMMAND: runs it, which is a raw loop, and then decodes as often as that has called what it was
-- answered: together about the least that a client in Lua can take on one core.
local cjson = require "cjson"
local core = require "aicore.core"
local lib = require "bench.lib"

local pipe = assert(io.popen(table.concat(arg, " ")))
local calls, wall = pipe:read("*a"):match "^calls=(%d+) wall=(%S+)"
local text = lib.read "bench/records/detailed.json"
local began = core.now()
for _ = 1, calls do
  assert(cjson.decode(text).status == "RUNNING")
end
print(("calls=%d wall=%.9f"):format(calls, wall + core.now() - began))
