-- luacheck: read_globals ngx
--- The contract inside nginx; see suite.lua, and nginx.lua, which starts this.

local cjson = require "cjson"
local ffi = require "ffi"
local semaphores = require "ngx.semaphore"
local suite = require "spec.contract.suite"

ffi.cdef "int kill(int pid, int signal);"

local KILL = 9

local inside = {}

--- A request to the emulator's admin, over a cosocket: the worker goes on meanwhile.
local function admin(url, method, path, body)
  local host, port = url:match "^http://(.-):(%d+)$"
  local text = body and cjson.encode(body) or ""
  local connection = ngx.socket.tcp()
  assert(connection:connect(host, tonumber(port)))
  assert(connection:send {
    ("%s /_emulator%s HTTP/1.0\r\nhost: %s\r\n"):format(method, path, host),
    ("content-type: application/json\r\ncontent-length: %d\r\n\r\n"):format(#text),
    text,
  })
  local reply = assert(connection:receive "*a")
  connection:close()
  local status, answer = reply:match "^HTTP/%S+ (%d+).-\r\n\r\n(.*)$"
  assert(status and tonumber(status) < 300, reply)
  return answer ~= "" and cjson.decode(answer) or {}
end

local function every(seconds, fn)
  local stopped = false
  assert(ngx.timer.at(0, function()
    while not stopped do
      ngx.sleep(seconds)
      fn()
    end
  end))
  return function()
    stopped = true
  end
end

local function run(say)
  local url = os.getenv "CONTRACT_URL"
  return suite.run({
    runtime = "ngx",
    url = url,
    victim = os.getenv "CONTRACT_VICTIM",
    kill_victim = function()
      ffi.C.kill(tonumber(os.getenv "CONTRACT_VICTIM_PID"), KILL)
    end,
    admin = function(...)
      return admin(url, ...)
    end,
    every = every,
  }, say)
end

local function say(line)
  ngx.say(line)
  ngx.flush(true)
end

--- content_by_lua: runs it in the light thread of this request, which tells how it goes.
function inside.in_request()
  run(say)
end

--- content_by_lua: runs it in a timer, whose lines this request passes on.
function inside.in_timer()
  local lines, told, over = {}, semaphores.new(0), false
  assert(ngx.timer.at(0, function()
    local ok, failure = pcall(run, function(line)
      lines[#lines + 1] = line
      told:post()
    end)
    lines[#lines + 1] = not ok and "not ok - " .. tostring(failure) or nil
    over = true
    told:post()
  end))
  repeat
    told:wait(1)
    while lines[1] do
      say(table.remove(lines, 1))
    end
  until over
end

return inside
