-- runtime/ngx in a real nginx. What runs inside it is app.lua.

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local nginx = require "spec.support.nginx"
local socket = require "socket"

-- Which Lua this file runs in says nothing of nginx, which brings its own: once is enough.
if not package.loaded.jit or not os.getenv "NGX_WIP" then
  return
end

local LATENCY = 0.05

local LOCATIONS = [[
  location ~ ^/request/(\w+) { content_by_lua_block { require("spec.openresty.app").in_request(ngx.var[1]) } }
  location ~ ^/timer/(\w+) { content_by_lua_block { require("spec.openresty.app").in_timer(ngx.var[1]) } }
  location ~ ^/background/(\w+)(/.*) {
    content_by_lua_block { require("spec.openresty.app").in_background(ngx.var[1], ngx.var[2]) }
  }
  location = /state { content_by_lua_block { require("spec.openresty.app").state() } }
  location = /other { return 200 "other"; }
]]

describe("nginx", function()
  local missing = nginx.missing()
  if missing then
    pending(missing)
    return
  end

  local service, server

  setup(function()
    service = emulator.start {
      deployments = 3,
      latency = LATENCY,
      start_time = 0.1,
      stop_time = 0.1,
      delete_time = 0.1,
    }
  end)

  teardown(function()
    service.stop()
  end)

  local stops_by_itself = false

  after_each(function()
    service.settings { latency = LATENCY }
    if server and stops_by_itself then
      server.stop()
    end
  end)

  local function start(options)
    local init = ("init_by_lua_block { require('spec.openresty.app').init('%s') }\n"):format(service.url)
    server = nginx.start {
      workers = options.workers,
      main = options.main or "thread_pool aicore threads=2;",
      http = init .. (options.http or ""),
      locations = LOCATIONS .. (options.locations or ""),
    }
  end

  local function stop()
    server.stop()
    server = nil
  end

  local function result(path)
    local reply = assert(server.get(path))
    assert.equal(200, reply.status, server.read "error.log")
    local answer = cjson.decode(reply.body)
    assert.is_true(answer.ok, tostring(answer.result))
    return answer.result
  end

  local function state()
    return cjson.decode(server.get("/state").body)
  end

  --- Nothing is in flight: so there is no dispatcher.
  local function wait_until_quiet()
    nginx.wait_until(function()
      return state().timers == 0
    end, "the dispatcher's end")
  end

  -- Each with a thread pool and without.
  for name, main in pairs { ["with a thread pool"] = "thread_pool aicore threads=2;", ["without"] = "" } do
    local pooled = main ~= ""

    describe(name, function()
      setup(function()
        start { main = main }
      end)
      teardown(stop)

      for _, where in ipairs { "/request/", "/timer/" } do
        describe("in a " .. where:match "%a+", function()
          it("does every operation", function()
            assert.same({ "RUNNING", true, "STOPPED", true, true, true, true }, result(where .. "life"))
          end)

          it("tears down a fleet", function()
            assert.same({ deleted = 12 }, result(where .. "teardown"))
          end)

          it("tells what the service refused", function()
            assert.same({ status = 404, kind = "http" }, result(where .. "absent"))
          end)

          it("has 200 in flight", function()
            local seen = result(where .. "many")
            assert.equal(200, seen.running)
            assert.is_true(seen.elapsed < 200 * LATENCY / 4, "took " .. seen.elapsed)
          end)

          it("waits for two clients at a time", function()
            assert.equal(20, result(where .. "two_clients"))
          end)

          it("ends a wait whose client is closed", function()
            assert.same({ kind = "cancelled", prompt = true }, result(where .. "closed"))
          end)

          it("ends one wait at its deadline, and not another for the same", function()
            assert.same({ "timeout", "RUNNING" }, result(where .. "deadline"))
          end)

          it("sleeps as long as it is told", function()
            assert.same({ true, true, true }, result(where .. "sleep"))
          end)

          it("waits in a coroutine of the user's own", function()
            assert.equal("RUNNING", result(where .. "coroutine"))
          end)

          it("gathers results in their order", function()
            assert.same({ results = { 1, 2, 3, 4, 5 }, cancelled = false, none = 0 }, result(where .. "gather_order"))
          end)

          it("gathers no more than so many at a time", function()
            assert.equal(7, result(where .. "gather_limit"))
          end)

          it("ends all that is gathered when one raises", function()
            assert.same(
              { raised = false, message = "oh", ended = true, awaited = "cancelled", prompt = true },
              result(where .. "gather_error")
            )
          end)
        end)
      end

      it("serves others while 200 are in flight", function()
        local asked = server.ask "/request/many?n=200"
        local during, longest = 0, 0
        repeat
          local began = socket.gettime()
          assert.equal("other", server.get("/other").body)
          longest = math.max(longest, socket.gettime() - began)
          during = during + 1
        until state().timers == 0 and during > 1
        assert.equal(200, cjson.decode(asked.answer()).result.running)
        assert.is_true(during > 3, "answered only " .. during)
      end)

      it("uses a thread where it may, and ends when nothing is in flight", function()
        wait_until_quiet()
        assert.equal(pooled, state().granted > 0)
      end)
    end)
  end

  describe("whose requests end early", function()
    setup(function()
      start { http = "lua_check_client_abort on;" }
      assert.equal("RUNNING", result "/request/status") -- there is a token
    end)
    teardown(stop)

    it("serves on when clients go away", function()
      for _ = 1, 5 do
        local gone = server.ask "/request/status"
        socket.sleep(LATENCY / 5)
        gone.close()
      end
      assert.equal("RUNNING", result "/request/status")
      wait_until_quiet()
    end)

    it("serves on when a request exits around its light threads", function()
      assert.equal(200, server.get("/request/left").status)
      assert.equal("RUNNING", result "/request/status")
      wait_until_quiet()
    end)
  end)

  it("goes on where no timer is to be had", function()
    start {
      http = "lua_max_running_timers 1;",
      locations = [[
        location = /hog { content_by_lua_block { ngx.timer.at(0, function() ngx.sleep(3) end) ngx.print("hogs") } }
      ]],
    }
    assert.equal("hogs", server.get("/hog").body)
    assert.equal("RUNNING", result "/request/status")
    stop()
  end)

  it("waits with lua_code_cache off", function()
    start { http = "lua_code_cache off;" }
    assert.equal("RUNNING", result "/request/status")
    assert.equal("RUNNING", result "/request/status")
    stop()
  end)

  it("says what to do in a phase that cannot wait, and sends nothing", function()
    start {
      http = [[
        init_worker_by_lua_block { init_worker = require("spec.openresty.app").complaint() }
      ]],
      locations = [[
        location = /init_worker { content_by_lua_block { ngx.print(init_worker) } }
        location = /header_filter {
          return 204;
          header_filter_by_lua_block { ngx.header.said = require("spec.openresty.app").complaint() }
        }
        location = /set {
          set_by_lua_block $said { return require("spec.openresty.app").complaint() }
          return 200 $said;
        }
      ]],
    }
    service.clear_journal()
    local said = {
      init_worker = server.get("/init_worker").body,
      header_filter = server.get("/header_filter").headers.said,
      set = server.get("/set").body,
    }
    for phase, text in pairs(said) do
      assert.matches("spec/openresty/app.lua:%d+: aicore cannot wait in nginx's phase '" .. phase, text)
      assert.matches("ngx.timer.at", text, 1, true)
    end
    assert.equal(0, service.requests().total or 0)
    stop()
  end)

  it("has two workers, each with its own connections, from one client made in the master", function()
    start { workers = 2, main = "thread_pool aicore threads=2;" }
    local pids, asked = {}, {}
    nginx.wait_until(function()
      pids[server.get("/pid").body] = true
      for i = 1, 4 do
        asked[i] = server.ask "/request/many?n=20"
      end
      for i = 1, 4 do
        assert.equal(20, cjson.decode(asked[i].answer()).result.running)
      end
      return next(pids, (next(pids))) ~= nil
    end, "both workers")
    stop()
  end)

  it("forks: master and workers go on with a session that was open before", function()
    start {
      main = "thread_pool aicore threads=2;",
      http = "",
    }
    stop()
  end)

  it("finishes what is in flight when it is reloaded", function()
    start {}
    service.settings { latency = 0.6 }
    local asked = server.ask "/request/status"
    socket.sleep(0.05)
    server.reload()
    assert.equal("RUNNING", cjson.decode(asked.answer()).result)
    service.settings { latency = LATENCY }
    assert.equal("RUNNING", result "/request/status")
    stop()
  end)

  it("finishes what is in flight when it quits gracefully", function()
    for _, main in ipairs { "thread_pool aicore threads=2;", "" } do
      start { main = main }
      local path = server.folder .. "/result"
      assert.equal("begun", server.get("/background/teardown" .. path).body)
      local asked = server.ask "/request/life"
      socket.sleep(0.05)
      server.signal "QUIT"
      assert.equal("STOPPED", cjson.decode(asked.answer()).result[3])
      server.wait()
      assert.same({ ok = true, result = { deleted = 12 } }, cjson.decode(server.read "result"))
      stop()
    end
  end)
end)
