-- Many requests in one worker, of which a third vanishes while others wait: nginx drops the light threads of those
-- without a word, and gives their stacks to the next ones.
-- What runs inside is crowd.lua.

-- Which Lua this file runs in says nothing of nginx, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local nginx = require "spec.support.nginx"
local socket = require "socket"

local PATIENCE = 60 -- s, for one answer

describe("a crowd in nginx", function()
  local service, server

  setup(function()
    service = emulator.start { start_time = 0.1, stop_time = 0.1, delete_time = 0.1, latency = 0.02 }
    local init = "init_by_lua_block { require('spec.openresty.crowd').init('%s') }"
    server = nginx.start {
      main = "thread_pool aicore threads=2;",
      http = "lua_check_client_abort on; " .. init:format(service.url),
      locations = [[
        location ~ ^/ask/(\w+)/(\w+) {
          content_by_lua_block { require("spec.openresty.crowd").ask(ngx.var[1], ngx.var[2]) }
        }
        location = /state { content_by_lua_block { require("spec.openresty.crowd").state() } }
      ]],
    }
  end)

  teardown(function()
    server.stop()
    service.stop()
  end)

  local function state()
    return cjson.decode(server.get("/state").body)
  end

  --- What nginx complains of, without those that have vanished.
  local function log()
    local lines = {}
    for line in server.read("error.log"):gmatch "[^\n]+" do
      lines[#lines + 1] = not line:find(" [info] ", 1, true) and line or nil
    end
    return table.concat(lines, "\n", 1, math.min(#lines, 20))
  end

  -- Asking -----------------------------------------------------------------------------------------

  local function ask(path)
    local connection = assert(socket.tcp())
    assert(connection:connect("127.0.0.1", server.port))
    assert(connection:send(("GET %s HTTP/1.0\r\n\r\n"):format(path)))
    connection:settimeout(0)
    return connection
  end

  --- Keeps so many in flight until all were asked; `next_one` gives each: { path, answered(text), vanish_at? }.
  local function run_crowd(size, next_one)
    local flying, count, over = {}, 0, false
    local function fill()
      while count < size and not over do
        local one = next_one()
        over = one == nil
        if one then
          local connection = ask(one.path)
          one.parts, one.give_up_at = {}, socket.gettime() + PATIENCE
          flying[connection], count = one, count + 1
        end
      end
    end
    local function drop(connection)
      connection:close()
      flying[connection], count = nil, count - 1
    end
    local function read(connection, one)
      local part, problem, rest = connection:receive(65536)
      one.parts[#one.parts + 1] = part or rest
      if problem == "closed" then
        drop(connection)
        one.answered(table.concat(one.parts))
      end
    end
    fill()
    while count > 0 do
      local connections = {}
      for connection in pairs(flying) do
        connections[#connections + 1] = connection
      end
      for _, connection in ipairs((socket.select(connections, nil, 0.01))) do
        read(connection, flying[connection])
      end
      local now = socket.gettime()
      for connection, one in pairs(flying) do
        if one.vanish_at and now >= one.vanish_at then
          drop(connection)
        end
        assert(now < one.give_up_at, "no answer")
      end
      fill()
    end
  end

  -- question -> the only right answer
  local RIGHT = { status = "RUNNING", running = "RUNNING", stopped = "timeout", gone = "GONE", teardown = "DELETED" }
  local QUESTIONS = { "status", "running", "stopped", "stopped", "stopped", "gone", "teardown" }

  it("answers everybody who stays, while a third vanishes", function()
    local ids = service.seed { count = 40, status = "RUNNING" }
    service.fault { operation = "login", latency = 0.15, times = 0 }
    service.settings { token_lifetime = 2 } -- so that they log in, too
    local asked, right, wrong = 0, 0, {}
    run_crowd(300, function()
      if asked == 10000 then
        return nil
      end
      asked = asked + 1
      local question = QUESTIONS[math.random(#QUESTIONS)]
      local id = question == "gone" and ("dnobody%09d"):format(asked) or ids[math.random(#ids)]
      return {
        path = ("/ask/%s/%s"):format(question, id),
        vanish_at = asked % 3 == 0 and socket.gettime() + math.random() * 0.4 or nil,
        answered = function(text)
          local expected = ("\r\n\r\n%s of %s"):format(RIGHT[question], id)
          if text:sub(-#expected) == expected then
            right = right + 1
          else
            wrong[#wrong + 1] = ("%s of %s: %s"):format(question, id, text)
          end
        end,
      }
    end)
    assert.equal(nil, wrong[1], #wrong .. " answers were wrong\n" .. log())
    assert.is_true(right >= 6667, right .. " answers") -- some of the others were faster than they vanished
  end)

  it("holds nothing of 20,000 that have vanished", function()
    local id = service.seed { status = "RUNNING" }[1]
    local function abandon(count)
      local before = state().begun
      for _ = 1, count / 200 do
        local connections = {}
        for i = 1, 200 do
          connections[i] = ask("/ask/long/" .. id)
        end
        before = before + 200
        nginx.wait_until(function()
          return state().begun == before
        end, "the beginning of all")
        for _, connection in ipairs(connections) do
          connection:close()
        end
      end
      assert.equal(200, server.get("/ask/running/" .. id).status)
      return state().kilobytes
    end
    local early = abandon(4000)
    local late = abandon(16000)
    assert.is_true(late < early + 1000, ("%d KB after 4,000, %d KB after 20,000"):format(early, late))
  end)
end)
