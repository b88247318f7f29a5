-- luacheck: read_globals ngx
--- What nginx.lua measures inside of nginx.

local aicore = require "aicore"
local core = require "aicore.core"

local inside = {}

local ID = "d000000000000001"

local client

--- init_by_lua
function inside.init(url)
  client = assert(aicore.client {
    base_url = url,
    auth_url = url,
    client_id = "me",
    client_secret = "x",
    runtime = "ngx",
  })
end

--- Makes so many requests, one after the other, and says how long each took, in seconds.
function inside.one_by_one(count)
  for _ = 1, count do
    local began = core.now()
    assert(client:status(ID))
    ngx.say(core.now() - began)
  end
end

--- Keeps so many in flight for so many seconds, and says how many were answered.
function inside.flood(in_flight, seconds)
  assert(client:status(ID)) -- there is a token
  local over, answered, functions = core.now() + seconds, 0, {}
  for i = 1, in_flight do
    functions[i] = function()
      while core.now() < over do
        assert(client:status(ID))
        answered = answered + 1
      end
    end
  end
  client.runtime.gather(functions, in_flight)
  ngx.say(answered)
end

return inside
