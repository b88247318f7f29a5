-- The contract in a real nginx, see suite.lua; the part inside is nginx_inside.lua.
--   luajit spec/contract/nginx.lua request|timer|request-without-threads|timer-without-threads
local nginx = require "spec.support.nginx"
local outside = require "spec.contract.outside"

local place, without = (arg[1] or ""):match "^(%l+)(.*)$"
if (place ~= "request" and place ~= "timer") or (without ~= "" and without ~= "-without-threads") then
  io.stderr:write "nginx.lua: request or timer, with or without -without-threads, expected\n"
  os.exit(2)
end

local server = nginx.start {
  main = "env CONTRACT_URL; env CONTRACT_VICTIM; env CONTRACT_VICTIM_PID;\n"
    .. (without == "" and "thread_pool aicore threads=2;" or ""),
  locations = ([[
    lua_http10_buffering off; # every line at once
    location = /contract { content_by_lua_block { require("spec.contract.nginx_inside").in_%s() } }
  ]]):format(place),
}

local failed, complete = 0, false
local heard, failure = pcall(function()
  for line in server.ask("/contract").lines() do
    outside.say(line)
    failed = failed + (line:find "^not ok" and 1 or 0)
    complete = complete or line:find "^1%.%." ~= nil
  end
end)
if not heard or not complete then
  outside.say("not ok - it ended early: " .. tostring(failure))
  outside.say("# " .. server.read("error.log"):gsub("\n", "\n# "))
end
server.stop()
os.exit(heard and complete and failed == 0 and 0 or 1)
