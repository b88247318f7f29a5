-- luacheck: globals ngx
--- What ngx_spec.lua runs inside nginx: every case below is to be had at /request/<name> in the light thread of a
--- request, and at /timer/<name> in a timer. The answer is JSON: { ok, what the case has returned or raised }.

local aicore = require "aicore"
local cjson = require "cjson"
local core = require "aicore.core"
local runtime = require "aicore.runtime.ngx"

local app = {}

local cases = {}

-- How often a thread of the pool was asked for, and granted.
local threads = { asked = 0, granted = 0 }
local run_worker_thread = ngx.run_worker_thread
ngx.run_worker_thread = function(...)
  threads.asked = threads.asked + 1
  local ok, result = run_worker_thread(...)
  threads.granted = threads.granted + (ok and 1 or 0)
  return ok, result
end

--- In init_by_lua: the client is made in the master, and used in every worker.
function app.init(url)
  app.url = url
  app.client = app.new_client {}
end

function app.new_client(changes)
  local config = { base_url = app.url, auth_url = app.url, client_id = "me", client_secret = "x", runtime = "ngx" }
  for name, value in pairs(changes) do
    config[name] = value
  end
  return assert(aicore.client(config))
end

-- Cases --------------------------------------------------------------------------------------------

local ONE = "d000000000000001"

--- Every operation, on a deployment of its own.
function cases.life()
  local client, seen = app.client, {}
  local id = assert(client:create("c1")).id
  seen[1] = assert(client:wait(id, "RUNNING", { timeout = 10 })).status
  seen[2] = assert(client:stop(id)).id == id
  seen[3] = assert(client:wait(id, "STOPPED", { timeout = 10 })).status
  seen[4] = client:count { status = "STOPPED" } >= 1
  local found = {}
  for _, deployment in ipairs(assert(client:list())) do
    found[deployment.id] = true
  end
  seen[5] = found[id]
  seen[6] = assert(client:delete(id)).id == id
  seen[7] = assert(client:wait(id, "GONE", { timeout = 10 }))
  return seen
end

function cases.teardown()
  local ids = {}
  for i = 1, 12 do
    ids[i] = assert(app.client:create("c1")).id
  end
  local report = assert(app.client:teardown(ids, { timeout = 20 }))
  return { deleted = #report.deleted, failed = next(report.failed) and tostring(select(2, next(report.failed))) }
end

function cases.absent()
  local deployment, err = app.client:status "d00000000000beef"
  return { deployment = deployment, status = err.status, kind = err.kind }
end

local function many(count, act)
  local functions = {}
  for i = 1, count do
    functions[i] = act
  end
  local began = core.now()
  local results = runtime.gather(functions, count)
  return results, core.now() - began
end

--- As many as are asked for (?n=) at a time; the client opens its connections before.
function cases.many()
  local n = tonumber(ngx.var and ngx.get_phase() ~= "timer" and ngx.var.arg_n or 200)
  local function status()
    return assert(app.client:status(ONE)).status
  end
  local results, elapsed = many(n, status)
  local running = 0
  for _, result in pairs(results) do
    running = running + (result == "RUNNING" and 1 or 0)
  end
  return { running = running, elapsed = elapsed }
end

function cases.status()
  return assert(app.client:status(ONE)).status
end

--- How long one takes, in the middle of so many, in ms.
function cases.overhead()
  local times = {}
  for i = 1, 100 do
    local began = core.now()
    assert(app.client:status(ONE))
    times[i] = (core.now() - began) * 1000
  end
  table.sort(times)
  return { p50 = times[50], p99 = times[99] }
end

function cases.two_clients()
  local other = app.new_client {}
  local clients, functions = { app.client, other }, {}
  for i = 1, 20 do
    functions[i] = function()
      return assert(clients[i % 2 + 1]:status(ONE)).status
    end
  end
  local results = runtime.gather(functions, 20)
  other:close()
  return #results
end

function cases.closed()
  local client = app.new_client {}
  assert(client:status(ONE))
  local began = core.now()
  local results = runtime.gather({
    function()
      local _, err = client:status(ONE, { retry = false })
      return err and err.kind
    end,
    function()
      runtime.sleep(0.01)
      client:close()
    end,
  }, 2)
  return { kind = results[1], prompt = core.now() - began < 2.5 }
end

-- The runtime's own promises, as spec/runtime/blocking_spec.lua has them.

function cases.gather_order()
  local functions = {}
  for i = 1, 5 do
    functions[i] = function()
      runtime.sleep((6 - i) * 0.002)
      return i
    end
  end
  local results, cancelled = runtime.gather(functions, 5)
  return { results = results, cancelled = cancelled, none = #runtime.gather({}, 3) }
end

function cases.gather_limit()
  local running, most, functions = 0, 0, {}
  for i = 1, 20 do
    functions[i] = function()
      running = running + 1
      most = math.max(most, running)
      runtime.sleep(0.001)
      running = running - 1
    end
  end
  runtime.gather(functions, 7)
  return most
end

function cases.gather_error()
  local ended, awaited, began = nil, nil, core.now()
  local raised, message = pcall(runtime.gather, {
    function()
      ended = runtime.sleep(60) == false
    end,
    function()
      local deployment, err
      repeat
        deployment, err = app.client:status(ONE)
      until not deployment
      awaited = err.kind
    end,
    function() -- one gather in another
      runtime.gather({
        function()
          runtime.sleep(60)
        end,
      }, 1)
    end,
    function()
      runtime.sleep(0.03)
      error("oh", 0)
    end,
    function()
      error "never begun"
    end,
  }, 4)
  return { raised = raised, message = message, ended = ended, awaited = awaited, prompt = core.now() - began < 5 }
end

--- One who waits for a transfer gives up; another who waits for the same does not.
function cases.deadline()
  local client = app.client
  assert(client:status(ONE)) -- there is a token
  local transfer = assert(core.start(client.session, "status", ONE))
  local results = runtime.gather({
    function()
      return runtime.await(client.session, transfer, core.now() + 0.005)
    end,
    function()
      return runtime.await(client.session, transfer) or transfer:result().status
    end,
  }, 2)
  return results
end

function cases.sleep()
  local began = core.now()
  local long = began + 0.02
  while core.now() < long do -- nginx's own clock stands still meanwhile
  end
  local slept = runtime.sleep(0.02)
  return { slept, core.now() - long >= 0.02, core.now() - long < 0.2 }
end

--- Waits in a coroutine of the user's own.
function cases.coroutine()
  local co = coroutine.wrap(function()
    return assert(app.client:status(ONE)).status
  end)
  return co()
end

--- The request ends while one of its light threads waits.
function cases.left()
  ngx.thread.spawn(function()
    app.client:status(ONE)
  end)
  ngx.sleep(0.01)
  ngx.exit(200)
end

-- Where they run -----------------------------------------------------------------------------------

local function answer(ok, result)
  return cjson.encode { ok = ok, result = ok and result or tostring(result) }
end

--- content_by_lua: runs the case here.
function app.in_request(name)
  ngx.print(answer(pcall(cases[name])))
end

--- content_by_lua: runs it in a timer, and waits for that.
function app.in_timer(name)
  local done, text = require("ngx.semaphore").new(0), nil
  assert(ngx.timer.at(0, function()
    text = answer(pcall(cases[name]))
    done:post()
  end))
  assert(done:wait(30))
  ngx.print(text)
end

--- content_by_lua: a timer that outlives the request and writes a file.
function app.in_background(name, path)
  assert(ngx.timer.at(0, function()
    local text = answer(pcall(cases[name]))
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end))
  ngx.print "begun"
end

--- content_by_lua: what goes on in this worker; the timer of a dispatcher is counted as running.
function app.state()
  ngx.print(cjson.encode {
    pid = ngx.worker.pid(),
    timers = ngx.timer.running_count() + ngx.timer.pending_count(),
    asked = threads.asked,
    granted = threads.granted,
  })
end

--- What a call says in a phase that cannot yield.
function app.complaint()
  local _, said = pcall(function()
    local status = app.client:status(ONE)
    return status
  end)
  return tostring(said)
end

return app
