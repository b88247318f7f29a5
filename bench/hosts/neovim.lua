-- What waiting costs in Neovim: how late a timer of the editor is while 200 requests are in flight, and what one
-- request costs beyond the same by a blocking call. The emulator's latency is to be 50 ms:
--   bin/aicorectl emulator --deployments 1 --latency 0.05
--   CONTRACT_URL=http://127.0.0.1:PORT \
--     nvim --headless -u NONE -i NONE --cmd 'set runtimepath^=.' -c 'luafile bench/hosts/neovim.lua'

local aicore = require "aicore"
local core = require "aicore.core"

local uv = vim.uv or vim.loop

local ROUNDS, REQUESTS, IN_FLIGHT, SINGLE = 3, 2000, 200, 50
local TICK = 0.005 -- s
local ID = "d000000000000001"

local url = assert(os.getenv "CONTRACT_URL", "CONTRACT_URL is not set")
local client = assert(aicore.client { base_url = url, auth_url = url, client_id = "me", client_secret = "any" })

local function say(...)
  io.stdout:write(string.format(...), "\n")
  io.stdout:flush()
end

--- How late a timer is at most until it is stopped, and how often it ticked.
local function watch_timer()
  local timer, last, latest, ticks = uv.new_timer(), core.now(), 0, 0
  timer:start(TICK * 1000, TICK * 1000, function()
    local now = core.now()
    latest, last, ticks = math.max(latest, now - last - TICK), now, ticks + 1
  end)
  return function()
    timer:close()
    return latest, ticks
  end
end

local function one_round(round)
  local functions = {}
  for i = 1, REQUESTS do
    functions[i] = function()
      assert(client:status(ID))
    end
  end
  local stop, began = watch_timer(), core.now()
  client.runtime.gather(functions, IN_FLIGHT)
  local elapsed = core.now() - began
  local latest, ticks = stop()
  say(
    "round %d: %d requests, %d in flight: %.0f ms, %.0f/s; timer of 5 ms: %d ticks, at most %.1f ms late",
    round,
    REQUESTS,
    IN_FLIGHT,
    elapsed * 1000,
    REQUESTS / elapsed,
    ticks,
    latest * 1000
  )
end

--- The median of how long it takes, in milliseconds.
local function median(fn)
  local times = {}
  for i = 1, SINGLE do
    local began = core.now()
    assert(fn())
    times[i] = core.now() - began
  end
  table.sort(times)
  return times[math.ceil(SINGLE / 2)] * 1000
end

aicore.spawn(function()
  assert(client:status(ID)) -- logs in
  for round = 1, ROUNDS do
    one_round(round)
  end
  local waiting = median(function()
    return client:status(ID)
  end)
  local blocking = median(function()
    return core.status(client.session, ID)
  end)
  say("one after the other: %.2f ms, blocking in C %.2f ms: %.2f ms more", waiting, blocking, waiting - blocking)
  vim.cmd "qa!"
end)
