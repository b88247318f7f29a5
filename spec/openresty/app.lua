-- luacheck: globals ngx
--- What ngx_spec.lua runs inside nginx: every case below is to be had at /request/<name> in the light thread of a
--- request, and at /timer/<name> in a timer. The answer is JSON: { ok, what the case has returned or raised }.

local aicore = require "aicore"
local cjson = require "cjson"
local core = require "aicore.core"
local runtime = require "aicore.runtime.ngx"

local app = {}

local cases = {}

local ONE = "d000000000000001"

-- How often a thread of the pool was asked for, and granted.
local threads = { asked = 0, granted = 0 }
local run_worker_thread = ngx.run_worker_thread
ngx.run_worker_thread = function(...)
  threads.asked = threads.asked + 1
  local ok, result = run_worker_thread(...)
  threads.granted = threads.granted + (ok and 1 or 0)
  return ok, result
end

function app.new_client(changes)
  local config = { base_url = app.url, auth_url = app.url, client_id = "me", client_secret = "x" }
  for name, value in pairs(changes or {}) do
    config[name] = value
  end
  return assert(aicore.client(config))
end

--- In init_by_lua: the client is made in the master, and used in every worker.
function app.init(url)
  app.url = url
  app.client = app.new_client()
end

--- In init_by_lua: a call that blocks the master before it forks.
function app.call_in_master(url)
  app.url = url
  app.client = app.new_client { runtime = "blocking" }
  app.before_fork = assert(app.client:status(ONE)).status
end

-- Cases --------------------------------------------------------------------------------------------

function cases.status()
  return assert(app.client:status(ONE)).status
end

--- Who has asked, as well.
function cases.worker()
  return { pid = ngx.worker.pid(), before_fork = app.before_fork, status = cases.status() }
end

function cases.many()
  local functions = {}
  for i = 1, 50 do
    functions[i] = cases.status
  end
  return #runtime.gather(functions, 50)
end

--- Of deployments of its own.
function cases.teardown()
  local ids = {}
  for i = 1, 12 do
    ids[i] = assert(app.client:create "conf-1").id
  end
  local report = assert(app.client:teardown(ids, { timeout = 20, appear = 0 }))
  return { deleted = #report.deleted, failed = next(report.failed) and tostring(select(2, next(report.failed))) }
end

--- Two sessions, and one thread for both.
function cases.two_clients()
  local other = app.new_client()
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

--- nginx's own clock stands still while Lua runs.
function cases.sleep()
  local behind = core.now() + 0.05
  while core.now() < behind do
  end
  local slept = runtime.sleep(0.02)
  return slept and core.now() - behind >= 0.02
end

--- In a coroutine of the user's own.
function cases.coroutine()
  return coroutine.wrap(cases.status)()
end

--- Where Lua cannot yield, although the phase may wait.
function cases.require()
  package.loaded.greedy = nil
  package.preload.greedy = function()
    local deployment = app.client:status(ONE)
    return deployment
  end
  local _, said = pcall(require, "greedy")
  return tostring(said)
end

--- Ends the request while one of its light threads makes the call `name`.
local function leave(call)
  ngx.thread.spawn(call)
  ngx.sleep(0.01)
  ngx.exit(200)
end

function cases.left_status()
  leave(cases.status)
end

function cases.left_wait()
  leave(function()
    app.client:wait(ONE, "STOPPED", { timeout = 20 })
  end)
end

-- Between the two cases below: the first one's function is at it; it may end, or has ended.
local held, go_on = require("ngx.semaphore").new(0), require("ngx.semaphore").new(0)

--- To be left by its client while something goes on apart on its behalf.
function cases.left_apart()
  runtime.apart(function()
    held:post()
    go_on:wait(30)
    held:post()
  end)
end

--- Until that goes on.
function cases.until_apart()
  return held:wait(30) == true
end

--- How many of some values on the stack are others after a wait.
local function count_changed(wait, ...)
  wait()
  local changed = 0
  for i = 1, select("#", ...) do
    changed = changed + (select(i, ...) == i and 0 or 1)
  end
  return changed
end

--- Comes when the client of left_apart is gone, and so gets its stack; then that function comes to its end.
function cases.with_its_stack()
  return count_changed(function()
    go_on:post()
    held:wait(30)
  end, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
end

--- A call like the one that was left.
--- Without options, most calls may take two minutes.
function cases.find()
  return assert(app.client:find({ status = "RUNNING" }, { max_age = 0, timeout = 20 })).id
end

function cases.configure()
  local what = { name = "chat", scenario_id = "scen-1", executable_id = "exec-1" }
  return assert(app.client:configure(what, { timeout = 20 })).id
end

function cases.wait()
  return assert(app.client:wait(ONE, "RUNNING", { timeout = 20 })).status
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
    timers = ngx.timer.running_count() + ngx.timer.pending_count(),
    asked = threads.asked,
    granted = threads.granted,
  })
end

--- What calls say in a phase that cannot yield.
function app.complaint()
  local said = {}
  for i, call in ipairs {
    cases.status,
    function()
      local deployments = app.client:list()
      return deployments
    end,
    function()
      local gone = app.client:wait(ONE, "GONE")
      return gone
    end,
    function()
      local report = app.client:teardown(ONE)
      return report
    end,
    function()
      runtime.gather({ cases.status }, 1)
    end,
    function()
      runtime.sleep(1)
    end,
  } do
    said[i] = select(2, pcall(call))
  end
  return cjson.encode(said)
end

return app
