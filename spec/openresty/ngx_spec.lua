-- runtime/ngx in a real nginx: what is of nginx alone. What every host must do stands in spec/contract/suite.lua.
-- What runs inside is app.lua.

-- Which Lua this file runs in says nothing of nginx, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local nginx = require "spec.support.nginx"

local LATENCY = 0.05
local POOL = "thread_pool aicore threads=2;"

local LOCATIONS = [[
  location ~ ^/request/(\w+) { content_by_lua_block { require("spec.openresty.app").in_request(ngx.var[1]) } }
  location ~ ^/timer/(\w+) { content_by_lua_block { require("spec.openresty.app").in_timer(ngx.var[1]) } }
  location ~ ^/background/(\w+)(/.*) {
    content_by_lua_block { require("spec.openresty.app").in_background(ngx.var[1], ngx.var[2]) }
  }
  location = /state { content_by_lua_block { require("spec.openresty.app").state() } }
]]

describe("nginx", function()
  local service, server

  setup(function()
    service = emulator.start { start_time = 0.1, stop_time = 0.1, delete_time = 0.1 }
  end)

  teardown(function()
    service.stop()
  end)

  before_each(function()
    service.clear_faults()
    service.clear_deployments()
    service.seed { id = "d000000000000001", status = "RUNNING" }
    service.settings { latency = LATENCY }
    service.clear_journal()
  end)

  after_each(function()
    if server then
      server.stop()
      server = nil
    end
  end)

  local function start(options)
    options = options or {}
    local init = ("init_by_lua_block { require('spec.openresty.app').%s('%s') }\n"):format(
      options.init or "init",
      service.url
    )
    server = nginx.start {
      workers = options.workers,
      listen = options.workers and "reuseport", -- every worker gets its share
      main = options.main or POOL,
      http = init .. (options.http or ""),
      locations = LOCATIONS .. (options.locations or ""),
    }
  end

  local function decode(text)
    local answer = cjson.decode(text)
    assert.is_true(answer.ok, tostring(answer.result))
    return answer.result
  end

  local function result(path)
    local reply = assert(server.get(path))
    assert.equal(200, reply.status, server.read "error.log")
    return decode(reply.body)
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

  --- The service has got so many requests of a kind: they are in flight, or were.
  local function wait_until_sent(operation, count)
    nginx.wait_until(function()
      return (service.requests()[operation] or 0) >= count
    end, operation)
  end

  -- How it waits -----------------------------------------------------------------------------------

  for name, main in pairs { ["with a thread pool"] = POOL, ["without a thread pool"] = "" } do
    it("sleeps in a thread if there is one, and ends when nothing is in flight: " .. name, function()
      start { main = main }
      assert.equal(50, result "/request/many")
      wait_until_quiet()
      local seen = state()
      assert.is_true(seen.asked > 0)
      assert.equal(main ~= "", seen.granted > 0)
    end)

    for _, where in ipairs { "/request/", "/timer/" } do
      it(("waits for two clients, and in coroutines: %s, %s"):format(where, name), function()
        start { main = main }
        assert.equal(20, result(where .. "two_clients"))
        assert.equal("RUNNING", result(where .. "coroutine"))
        assert.is_true(result(where .. "sleep"))
      end)
    end
  end

  it("goes on where no timer is to be had", function()
    start {
      http = "lua_max_running_timers 1;",
      locations = [[
        location = /hog { content_by_lua_block { ngx.timer.at(0, function() ngx.sleep(60) end) ngx.print("hogs") } }
      ]],
    }
    assert.equal("hogs", server.get("/hog").body)
    assert.equal("RUNNING", result "/request/status")
  end)

  it("waits with lua_code_cache off", function()
    start { http = "lua_code_cache off;" }
    assert.equal("RUNNING", result "/request/status")
    assert.equal("RUNNING", result "/request/status")
  end)

  -- Where it cannot --------------------------------------------------------------------------------

  it("says what to do in a phase that cannot wait, at the user's line, and sends nothing", function()
    start {
      http = "init_worker_by_lua_block { init_worker = require('spec.openresty.app').complaint() }",
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
    local said = {
      init_worker = server.get("/init_worker").body,
      header_filter = server.get("/header_filter").headers.said,
      set = server.get("/set").body,
    }
    for phase, text in pairs(said) do
      local complaints = cjson.decode(text)
      assert.equal(6, #complaints)
      for _, complaint in ipairs(complaints) do
        assert.matches("spec/openresty/app.lua:%d+: aicore cannot wait in nginx's phase '" .. phase .. "'", complaint)
        assert.matches("ngx.timer.at", complaint, 1, true)
      end
    end
    assert.equal(0, service.requests().total or 0)
  end)

  it("says what to do inside of require", function()
    start()
    assert.equal("RUNNING", result "/request/status")
    assert.matches("spec/openresty/app.lua:%d+: aicore cannot wait here %(inside of require", result "/request/require")
    assert.equal("RUNNING", result "/request/status")
    wait_until_quiet()
  end)

  -- Requests that end early ------------------------------------------------------------------------

  it("serves on when clients go away", function()
    start { http = "lua_check_client_abort on;" }
    assert.equal("RUNNING", result "/request/status")
    for i = 1, 5 do
      local gone = server.ask "/request/status"
      wait_until_sent("status", i + 1)
      gone.close()
    end
    assert.equal("RUNNING", result "/request/status")
    wait_until_quiet()
  end)

  for name, operation in pairs { find = "list", configure = "configurations" } do
    it("goes on for those that wait for the same when a client goes away: " .. name, function()
      start { http = "lua_check_client_abort on;" }
      assert.equal("RUNNING", result "/request/status")
      service.settings { latency = 1 }
      local before = service.requests()[operation] or 0
      local gone, others = server.ask("/request/" .. name), {}
      wait_until_sent(operation, before + 1)
      for i = 1, 3 do
        others[i] = server.ask("/request/" .. name)
      end
      state() -- which comes after them
      gone.close()
      for i = 1, 3 do
        assert.is_string(decode(others[i].answer()))
      end
      service.settings { latency = LATENCY }
      wait_until_quiet()
    end)
  end

  it("leaves the stack alone of a client that is gone, which is another one's by now", function()
    start { http = "lua_check_client_abort on;" }
    local gone = server.ask "/request/left_apart"
    assert.is_true(result "/request/until_apart")
    gone.close()
    nginx.wait_until(function()
      return server.read("error.log"):find("client prematurely closed connection", 1, true)
    end, "the end of the request")
    assert.equal(0, result "/request/with_its_stack")
    assert.is_nil(server.read("error.log"):match "%[error%][^\n]*")
  end)

  it("serves on when a request exits around its light threads", function()
    start()
    assert.equal("RUNNING", result "/request/status")
    assert.equal(200, server.get("/request/left_status").status)
    assert.equal("RUNNING", result "/request/status")
    wait_until_quiet()
  end)

  for name, path in pairs { ["logs in"] = "left_status", ["looks for all who wait"] = "left_wait" } do
    it("serves on when a request exits that just now " .. name, function()
      start()
      if path == "left_wait" then
        assert.equal("RUNNING", result "/request/status") -- there is a token
      end
      assert.equal(200, server.get("/request/" .. path).status)
      assert.equal("RUNNING", result "/request/wait")
      wait_until_quiet()
    end)
  end

  -- Processes --------------------------------------------------------------------------------------

  --- The sockets of a process that lead to the service, by their inodes.
  local function connections(pid)
    local remote, found = {}, {}
    local suffix = (":%04X"):format(service.port)
    for line in io.lines "/proc/net/tcp" do
      local address, inode = line:match "^%s*%d+: %S+ (%S+) 01 %S+ %S+ %S+%s+%d+%s+%d+ (%d+)"
      if address and address:sub(-5) == suffix then
        remote[inode] = true
      end
    end
    local listing = assert(io.popen(("ls -l /proc/%d/fd"):format(pid)))
    for inode in listing:read("*a"):gmatch "socket:%[(%d+)%]" do
      found[inode] = remote[inode]
    end
    listing:close()
    return found
  end

  --- What each of the workers has answered, by pid.
  local function ask_workers(count)
    local answers, seen = {}, 0
    nginx.wait_until(function()
      local answer = result "/request/worker"
      if not answers[answer.pid] then
        answers[answer.pid], seen = answer, seen + 1
      end
      return seen == count
    end, "every worker")
    return answers
  end

  it("has connections of its own in every worker, from one client made in the master", function()
    start { workers = 2 }
    local owner = {}
    for pid, answer in pairs(ask_workers(2)) do
      assert.equal("RUNNING", answer.status)
      local own = connections(pid)
      assert.is_not_nil(next(own))
      for inode in pairs(own) do
        assert.is_nil(owner[inode])
        owner[inode] = pid
      end
    end
    assert.same({}, connections(server.pid))
  end)

  it("keeps one connection in a worker that asks again and again", function()
    start()
    for _ = 1, 5 do
      assert.equal("RUNNING", result "/request/status")
    end
    local pid = tonumber(server.get("/pid").body)
    local first = next(connections(pid))
    assert.is_not_nil(first)
    assert.same({ [first] = true }, connections(pid))
  end)

  it("forks: workers and master go on with a client that has been used before", function()
    start { workers = 2, init = "call_in_master" }
    local masters = connections(server.pid)
    assert.is_not_nil(next(masters))
    for pid, answer in pairs(ask_workers(2)) do
      assert.equal("RUNNING", answer.before_fork)
      assert.equal("RUNNING", answer.status)
      local own = connections(pid)
      assert.is_not_nil(next(own))
      for inode in pairs(own) do
        assert.is_nil(masters[inode])
      end
    end
    assert.same(masters, connections(server.pid))
    server.reload() -- the master calls once more, and the workers that end leave it alone
    for _, answer in pairs(ask_workers(2)) do
      assert.equal("RUNNING", answer.before_fork)
      assert.equal("RUNNING", answer.status)
    end
  end)

  it("finishes what is in flight when it is reloaded", function()
    start()
    assert.equal("RUNNING", result "/request/status")
    service.fault { operation = "status", latency = 1, times = 1 }
    local asked = server.ask "/request/status"
    wait_until_sent("status", 2)
    server.reload()
    assert.equal("RUNNING", result "/request/status")
    assert.equal("RUNNING", decode(asked.answer()))
  end)

  for name, main in pairs { ["with a thread pool"] = POOL, ["without a thread pool"] = "" } do
    it("finishes what is in flight when it quits gracefully: " .. name, function()
      start { main = main }
      assert.equal("begun", server.get("/background/teardown" .. server.folder .. "/result").body)
      local asked = server.ask "/request/teardown"
      wait_until_sent("create", 12)
      server.signal "QUIT"
      assert.same({ deleted = 12 }, decode(asked.answer()))
      server.wait()
      assert.same({ deleted = 12 }, decode(server.read "result"))
    end)
  end
end)
