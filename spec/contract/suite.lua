--- What every runtime must do: one list of cases, the same in every host. It runs inside of whatever waits there (a
--- coroutine, a light thread), so it needs no host's library, no io, no os, no busted.
---
--- A runner makes `t`, a table with what differs per host, and calls suite.run(t, say). What `t` has:
---   url              of an emulator that belongs to this run alone
---   victim           of another one, which a case kills
---   kill_victim()    ends that at once
---   admin(method, path, body) -> table|nil   a request to the first one's /_emulator; it may block for a moment
---   runtime          the runtime's name
---   every(seconds, fn) -> stop   a timer of the host that calls fn; nil where there is none

local aicore = require "aicore"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local guard = require "aicore.runtime.guard"

local suite = {}

-- Checks -------------------------------------------------------------------------------------------

local function check(holds, message)
  if not holds then
    error(message or "does not hold", 3)
  end
  return holds
end

local function equal(expected, actual, note)
  if expected ~= actual then
    error(("%sexpected %s, got %s"):format(note and note .. ": " or "", tostring(expected), tostring(actual)), 2)
  end
end

--- A call that must go well.
local function good(result, err)
  if not result then
    error("failed: " .. tostring(err), 2)
  end
  return result
end

--- A call that must fail.
local function bad(kind, result, err)
  if result ~= nil then
    error("did not fail: " .. tostring(result), 2)
  end
  check(errors.is(err), "no error value: " .. tostring(err))
  if err.kind ~= kind then
    error(("%s expected, got %s"):format(kind, tostring(err)), 2)
  end
  return err
end

-- What the cases have in common --------------------------------------------------------------------

local FIRST = "d000000000000001"

-- What does not end by itself takes a minute (latency = 60): what ends within so many seconds was ended.
local SOON = 30

local function connect(t, settings)
  settings = settings or {}
  settings.base_url = settings.base_url or t.url
  settings.auth_url = settings.auth_url or settings.base_url
  if settings.client_id == nil then
    settings.client_id, settings.client_secret = "me", "secret"
  else
    settings.client_id, settings.auth_url = nil, nil -- it brings a token
  end
  settings.runtime = t.runtime
  return good(aicore.client(settings))
end

local function seed(t, deployments)
  return good(t.admin("POST", "/deployments", deployments)).ids
end

local function fault(t, order)
  good(t.admin("POST", "/faults", order))
end

local function requests(t)
  return good(t.admin("GET", "/journal")).requests
end

--- So many functions that do the same; each gets its number.
local function times(count, fn)
  local functions = {}
  for i = 1, count do
    functions[i] = function()
      return fn(i)
    end
  end
  return functions
end

--- A gather that may raise.
local function try_gather(runtime, functions, limit)
  return guard.call(function()
    return runtime.gather(functions, limit)
  end)
end

local FAST = { stop_time = 0.05, delete_time = 0.05, start_time = 0.05, latency = 0, bulk = true }

-- Where nothing is said of pauses between looks.
local AT_ONCE = { stop_time = 0, delete_time = 0, start_time = 0 }

local function reset(t)
  good(t.admin("DELETE", "/faults"))
  good(t.admin("DELETE", "/deployments"))
  good(t.admin("PUT", "/settings", FAST))
  good(t.admin("DELETE", "/journal"))
end

-- The cases ----------------------------------------------------------------------------------------

local CASES = {}

local function case(name, fn)
  CASES[#CASES + 1] = { name = name, fn = fn }
end

case("every operation answers", function(t)
  good(t.admin("PUT", "/settings", AT_ONCE))
  seed(t, { id = FIRST, status = "RUNNING" })
  local c = connect(t)
  equal("RUNNING", good(c:status(FIRST)).status)
  equal(FIRST, good(c:stop(FIRST)).id)
  equal("STOPPED", good(c:wait(FIRST, "STOPPED", { timeout = 10 })).status)
  equal(FIRST, good(c:delete(FIRST)).id)
  equal(true, c:wait(FIRST, "GONE", { timeout = 10 }))
  local created = good(c:create "conf-2")
  equal("RUNNING", good(c:wait(created.id, "RUNNING", { timeout = 10 })).status)
  equal(created.id, good(c:update(created.id, "conf-3")).id)
  equal(1, good(c:count {}))
  equal(created.id, good(c:list())[1].id)
  local next_one = c:each() -- Lua 5.1 cannot wait in a for loop's iterator
  equal(created.id, good(next_one()).id)
  equal(nil, next_one())
  check(#good(c:logs(created.id)) > 0, "no logs")
  equal(true, good(c:capabilities()).aiApi.capabilities.bulkUpdates.deployments)
  local stopped = good(c:stop_all({ created.id }, { timeout = 10 }))
  equal(created.id, stopped.stopped[1])
  -- It was created a moment ago: without `appear`, "not found" would mean "not yet" for half a minute.
  local deleted = good(c:delete_all({ created.id }, { timeout = 10, appear = 0 }))
  equal(created.id, deleted.deleted[1])
  c:close()
end)

case("one that serves is found", function(t)
  seed(t, { id = FIRST, status = "RUNNING", model = "gpt-4o" })
  seed(t, { id = "d-dead", status = "DEAD" })
  local c = connect(t)
  for _ = 1, 5 do
    equal(FIRST, good(c:find { model = "gpt-4o" }).id)
  end
  equal(1, requests(t).status, "it is kept")
  check(bad("state", c:find { status = "dead" }).message:find("d-dead is DEAD", 1, true))
  c:close()
end)

case("a configuration is made once", function(t)
  local c = connect(t)
  local what =
    { scenario_id = "scen-1", executable_id = "exec-1", name = 'say "hi"', parameters = { modelName = "mü" } }
  local made = good(c:configure(what))
  equal(true, made.created)
  equal(made.id, good(c:configure(what)).id)
  equal("mü", good(c:configurations { search = 'y "h' })[1].parameterBindings[1].value)
  equal(1, #good(c:configurations {}))
  c:close()
end)

case("one that serves is made, once", function(t)
  local c = connect(t)
  local deployment, created = c:ensure("conf-9", { timeout = 60 })
  equal("RUNNING", good(deployment, created).status)
  equal(true, created)
  deployment, created = c:ensure("conf-9", { timeout = 60 })
  equal(false, good(deployment, created) and created)
  equal(1, requests(t).create)
  c:close()
end)

case("a configuration is rolled out", function(t)
  seed(t, { id = FIRST, status = "RUNNING", configuration_id = "conf-1" })
  local c = connect(t)
  local report = good(c:rollout(FIRST, "conf-2", { timeout = 60 }))
  equal("conf-1", report.previous)
  equal("conf-2", good(c:status(FIRST)).configurationId)
  check(bad("state", c:rollout(FIRST, "dead-conf", { timeout = 60 })).message:find("DEAD", 1, true))
  c:close()
end)

case("what becomes of deployments is told, until the last is gone", function(t)
  seed(t, { id = FIRST, status = "STOPPED" })
  local c, seen = connect(t), {}
  local next_change = c:watch(FIRST, { timeout = 60 }) -- no for loop, as above
  local change = next_change()
  while change do
    seen[#seen + 1] = change.status
    if #seen == 1 then
      good(c:delete(FIRST))
    end
    change = next_change()
  end
  equal("STOPPED", seen[1])
  equal("GONE", seen[#seen])
  seed(t, { id = "d-second", status = "PENDING" })
  equal("PENDING", c:watch({ all = true }, { timeout = 60 })().status)
  local looks, told = 0, 0
  next_change = c:watch({ all = true }, {
    timeout = 60,
    on_progress = function(progress)
      looks = looks + progress.watched
      return true
    end,
  })
  for round = 1, 2 do -- it pauses after each look, and goes on
    while next_change() do
      told = told + 1
    end
    equal(round, looks)
  end
  check(told >= 1)
  c:close()
end)

case("all resource groups are worked in at once", function(t)
  seed(t, { id = FIRST, status = "RUNNING" })
  seed(t, { id = "d-second", status = "RUNNING", resource_group = "team" })
  local c, all = connect(t), { resource_group = "*" }
  equal(2, #good(c:list(all)))
  equal(2, good(c:count(all)))
  local next_one = c:each(all) -- Lua 5.1 cannot wait in a for loop's iterator
  equal("default", good(next_one()).resource_group)
  equal("team", good(next_one()).resource_group)
  equal(nil, next_one())
  local next_change = c:watch(all)
  check(good(next_change()).resource_group ~= good(next_change()).resource_group)
  local report = good(c:teardown({ all = true }, { resource_group = "*", timeout = 60 }))
  equal(2, #report.deleted)
  equal("d-second", report.groups.team.deleted[1])
  equal("number", type(good(c:quota()).used))
  c:close()
end)

case("executions are torn down as deployments are", function(t)
  seed(t, { id = "e-first", resource = "executions", status = "RUNNING" })
  local c = connect(t)
  equal("RUNNING", good(c.executions:status "e-first").status)
  equal("e-first", good(c.executions:teardown("e-first", { timeout = 60 })).deleted[1])
  c:close()
end)

case("what the service refuses is an error value", function(t)
  seed(t, { id = FIRST, status = "RUNNING" })
  local c = connect(t)
  equal(FIRST, bad("state", c:delete(FIRST)).id)
  equal(404, bad("http", c:status "dnotthere00000001").status)
  c:close()
end)

case("a wrong argument raises at the caller's line", function(t)
  local c = connect(t)
  local called, message = pcall(function()
    c:status(7)
  end)
  equal(false, called)
  check(tostring(message):find("suite.lua:", 1, true), tostring(message))
  c:close()
end)

case("503 twice, then it works", function(t)
  seed(t, { id = FIRST })
  fault(t, { operation = "status", status = 503, times = 2 })
  local c = connect(t)
  equal(FIRST, good(c:status(FIRST)).id)
  equal(3, requests(t).status)
  c:close()
end)

for _, bulk in ipairs { true, false } do
  case("tears down a fleet " .. (bulk and "in batches" or "one by one"), function(t)
    good(t.admin("PUT", "/settings", { bulk = bulk }))
    seed(t, { count = 30, status = "RUNNING" })
    seed(t, { count = 10, status = "DEAD" })
    local told = 0
    local c = connect(t)
    local report = good(c:teardown({ all = true }, {
      timeout = 20,
      on_progress = function()
        told = told + 1
      end,
    }))
    equal(40, #report.deleted)
    equal(30, #report.stopped)
    equal(nil, next(report.failed))
    check(told > 1, "on_progress was not called")
    equal(0, good(c:count()))
    c:close()
  end)
end

case("many wait at once, with shared looks", function(t)
  local ids = seed(t, { count = 50, status = "RUNNING" })
  local c = connect(t)
  local functions = times(50, function(i)
    return good(c:wait(ids[i], "STOPPED", { timeout = 20 })).status
  end)
  functions[51] = function()
    return good(c:stop_all(ids, { timeout = 20 }))
  end
  local results = c.runtime.gather(functions, 51)
  for i = 1, 50 do
    equal("STOPPED", results[i])
  end
  check(requests(t).total < 30, requests(t).total .. " requests")
  c:close()
end)

case("200 callers share one login", function(t)
  seed(t, { id = FIRST })
  fault(t, { operation = "login", latency = 0.05, times = 0 })
  local c = connect(t)
  c.runtime.gather(
    times(200, function()
      equal(FIRST, good(c:status(FIRST)).id)
    end),
    200
  )
  equal(1, requests(t).login)
  c:close()
end)

case("200 are in flight at once", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 0 }) -- none is answered: whatever has arrived is in flight
  local functions = times(200, function()
    return bad("cancelled", c:status(FIRST)).kind
  end)
  functions[201] = function()
    repeat
      c.runtime.sleep(0.02)
    until requests(t).status == 1 + 200
    c:close()
  end
  local results = c.runtime.gather(functions, 201)
  for i = 1, 200 do
    equal("cancelled", results[i])
  end
end)

case("no more are in flight than allowed", function(t)
  local c = connect(t)
  local running, most = 0, 0
  c.runtime.gather(
    times(20, function()
      running = running + 1
      most = math.max(most, running)
      c.runtime.sleep(0.005)
      running = running - 1
    end),
    7
  )
  equal(7, most)
  c:close()
end)

case("the host's own timer goes on while 200 are in flight", function(t)
  if not t.every then
    return "this host has none"
  end
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  good(t.admin("PUT", "/settings", { latency = 0.05 }))
  -- A busy machine slows the timer and the answers alike: so ticks are counted per answers, not per second.
  local ticks, answers, began = 0, 0, core.now()
  local stop = t.every(0.005, function()
    ticks = ticks + 1
  end)
  c.runtime.gather(
    times(200, function()
      repeat
        good(c:status(FIRST))
        answers = answers + 1
      until ticks >= 20 or answers >= 8000
    end),
    200
  )
  local elapsed = core.now() - began
  stop()
  t.say(("# %d answers after 50 ms each, 200 at a time: %.0f ms, %d ticks"):format(answers, elapsed * 1000, ticks))
  check(ticks >= 20, ticks .. " ticks in " .. answers .. " answers") -- blocked, there would be one or none
  c:close()
end)

case("a transfer that is cancelled ends, others go on", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 1 })
  local slow = good(core.start(c.caller.session, "status", FIRST))
  equal("timeout", c.runtime.await(c.caller.session, slow, core.now() + 0.05))
  local quick = good(core.start(c.caller.session, "status", FIRST))
  slow:cancel()
  equal(true, slow:finished())
  local _, err = slow:result()
  equal("cancelled", err.kind)
  equal(nil, c.runtime.await(c.caller.session, quick))
  equal(FIRST, good(quick:result()).id)
  c:close()
end)

case("all who wait for the same transfer wake", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  good(t.admin("PUT", "/settings", { latency = 0.2 })) -- long after the first has given up, on a busy machine, too
  local shared = good(core.start(c.caller.session, "status", FIRST))
  local results = c.runtime.gather(
    times(5, function(i)
      return tostring((c.runtime.await(c.caller.session, shared, i == 1 and core.now() + 0.001 or nil)))
    end),
    5
  )
  equal("timeout", results[1])
  for i = 2, 5 do
    equal("nil", results[i])
  end
  c:close()
end)

case("a client that is closed ends what is in flight", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 0 })
  local began = core.now()
  local functions = times(20, function()
    local result, err = c:status(FIRST)
    return bad("cancelled", result, err) and "ended"
  end)
  functions[21] = function()
    c.runtime.sleep(0.05)
    c:close()
  end
  local results = c.runtime.gather(functions, 21)
  for i = 1, 20 do
    equal("ended", results[i])
  end
  check(core.now() - began < SOON, "it took long")
  good(t.admin("DELETE", "/faults"))
  local other = connect(t) -- gets the same descriptors
  equal(FIRST, good(other:status(FIRST)).id)
  other:close()
end)

-- A client that is closed, at every moment -----------------------------------------------------------

-- call -> how it ends on a client that is closed. Those that begin with a list give no report.
local function ends_cancelled(result, err)
  return bad("cancelled", result, err)
end

local function reports_cancelled(report)
  equal(true, good(report).cancelled)
  equal("cancelled", report.failed[FIRST].kind)
end

local ENDS = {
  status = function(c)
    ends_cancelled(c:status(FIRST))
  end,
  create = function(c)
    ends_cancelled(c:create "conf-1")
  end,
  list = function(c)
    ends_cancelled(c:list())
  end,
  each = function(c)
    local no, err = c:each()()
    equal(false, no)
    equal("cancelled", err.kind)
  end,
  count = function(c)
    ends_cancelled(c:count { older_than = 1 })
  end,
  log_in = function(c)
    ends_cancelled(c:log_in())
  end,
  wait = function(c)
    ends_cancelled(c:wait(FIRST, "STOPPED"))
  end,
  stop_all = function(c)
    reports_cancelled(c:stop_all { FIRST })
  end,
  delete_all = function(c)
    reports_cancelled(c:delete_all { FIRST })
  end,
  teardown = function(c)
    reports_cancelled(c:teardown(FIRST))
  end,
  teardown_filter = function(c)
    ends_cancelled(c:teardown { all = true })
  end,
}

--- Runs all of these beside what closes the client, and sees that whatever waits here goes on afterwards.
local function close_during(t, c, close)
  local began, functions = core.now(), {}
  for name, call in pairs(ENDS) do
    functions[#functions + 1] = function()
      local ok, failure = guard.traced(function()
        call(c)
      end)
      check(ok, name .. ": " .. tostring(failure))
    end
  end
  functions[#functions + 1] = function()
    close()
    c:close()
  end
  c.runtime.gather(functions, #functions)
  check(core.now() - began < SOON, "it took long")
  c.runtime.sleep(0.01)
  good(t.admin("DELETE", "/faults"))
  local other = connect(t) -- gets the same descriptors
  good(other:count())
  other:close()
end

case("a client that is closed before a call ends it, whichever it is", function(t)
  local c = connect(t)
  c:close()
  for name, call in pairs(ENDS) do
    local ok, failure = guard.traced(function()
      call(c)
    end)
    check(ok, name .. ": " .. tostring(failure))
  end
  equal(0, requests(t).total)
end)

--- Waits until the service has got so many requests of a kind.
local function until_asked(t, c, operation, count)
  repeat
    c.runtime.sleep(0.01)
  until (requests(t)[operation] or 0) >= count
end

case("a client that is closed during its login ends all calls", function(t)
  seed(t, { id = FIRST, status = "RUNNING" })
  fault(t, { operation = "login", latency = 60, times = 0 })
  local c = connect(t)
  close_during(t, c, function()
    until_asked(t, c, "login", 1)
  end)
end)

case("a client that is closed while its service answers nothing ends all calls", function(t)
  seed(t, { id = FIRST, status = "RUNNING" })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "*", latency = 60, times = 0 })
  close_during(t, c, function()
    until_asked(t, c, "list", 1)
  end)
end)

case("a client that is closed while its calls pause before they are repeated ends them", function(t)
  seed(t, { id = FIRST, status = "RUNNING" })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "*", status = 429, headers = { ["retry-after"] = "50" }, times = 0 })
  close_during(t, c, function()
    until_asked(t, c, "total", 3) -- the login, that one, and whatever was first
  end)
end)

case("a client that is closed between two looks ends what waits, and its report says what was done", function(t)
  good(t.admin("PUT", "/settings", { stop_time = 600 }))
  seed(t, { id = FIRST, status = "RUNNING" })
  local gone, c = seed(t, { status = "STOPPED" })[1], connect(t)
  local report, left
  local began = core.now()
  c.runtime.gather({
    function()
      bad("cancelled", c:wait(FIRST, "STOPPED"))
    end,
    function()
      local function on_progress(progress)
        left = progress.left
      end
      report = good(c:teardown({ FIRST, gone }, { appear = 0, on_progress = on_progress }))
    end,
    function()
      repeat
        c.runtime.sleep(0.01)
      until left == 1
      c:close()
    end,
  }, 3)
  check(core.now() - began < SOON, "it took long")
  equal(true, report.cancelled)
  equal(gone, report.deleted[1])
  equal("cancelled", report.failed[FIRST].kind)
end)

case("a client that is closed by a callback ends the call that has called it", function(t)
  seed(t, { id = FIRST, status = "RUNNING" })
  for name, call in pairs {
    wait = function(c, opts)
      bad("cancelled", c:wait(FIRST, "STOPPED", opts))
    end,
    teardown = function(c, opts)
      reports_cancelled(c:teardown(FIRST, opts))
    end,
    stop_all = function(c, opts)
      reports_cancelled(c:stop_all({ FIRST }, opts))
    end,
  } do
    local c = connect(t)
    local ok, failure = guard.traced(function()
      call(c, {
        on_progress = function()
          c:close()
        end,
      })
    end)
    check(ok, name .. ": " .. tostring(failure))
  end
  local c
  c = connect(t, {
    on_attempt = function()
      c:close()
    end,
  })
  bad("cancelled", c:status(FIRST))
  reports_cancelled(c:teardown(FIRST))
  c = connect(t, {
    client_id = false,
    token = function()
      c:close()
      return "a token"
    end,
  })
  bad("cancelled", c:status(FIRST))
end)

case("a client that is closed between two pages ends the list", function(t)
  good(t.admin("PUT", "/settings", { page_cap = 2 }))
  seed(t, { count = 5, status = "RUNNING" })
  local c = connect(t)
  local next_one = c:each()
  good(next_one())
  good(next_one())
  c:close()
  local no, err = next_one()
  equal(false, no)
  equal("cancelled", err.kind)
  good(t.admin("PUT", "/settings", { page_cap = 0 }))
end)

case("a client that is closed before a list makes sure that all are gone says so", function(t)
  seed(t, { count = 5, status = "STOPPED" })
  local c = connect(t)
  local report = good(c:teardown({ all = true }, {
    on_progress = function(progress)
      if progress.left == 0 then
        c:close()
      end
    end,
  }))
  equal(5, #report.deleted)
  equal(true, report.unsure)
  equal(true, report.cancelled)
end)

case("a client that the host's own timer closes ends what waits", function(t)
  if not t.every then
    return "this host has none"
  end
  seed(t, { id = FIRST, status = "RUNNING" })
  fault(t, { operation = "status", latency = 60, times = 0 })
  local c = connect(t)
  local stop = t.every(0.05, function()
    c:close()
  end)
  bad("cancelled", c:status(FIRST))
  bad("cancelled", c:wait(FIRST, "STOPPED"))
  stop()
end)

case("a call ends at its deadline", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 0 })
  local began = core.now()
  bad("timeout", c:status(FIRST, { timeout = 0.1 }))
  local elapsed = core.now() - began
  check(elapsed > 0.09 and elapsed < SOON, ("after %.3f s"):format(elapsed))
  bad("timeout", c:wait(FIRST, "STOPPED", { timeout = 0.1 }))
  c:close()
end)

case("an error in the user's callback reaches the user, and the client lives on", function(t)
  good(t.admin("PUT", "/settings", AT_ONCE))
  local ids = seed(t, { count = 5, status = "RUNNING" })
  local c = connect(t)
  local function raise()
    error("oh", 0)
  end
  for _, call in ipairs {
    function()
      c:wait(ids[1], "STOPPED", { on_progress = raise, timeout = 10 })
    end,
    function()
      c:teardown(ids, { on_progress = raise, timeout = 10 })
    end,
  } do
    local called, message = guard.call(call)
    equal(false, called)
    equal("oh", message)
  end
  equal(5, #good(c:teardown(ids, { timeout = 20 })).deleted)
  c:close()
end)

case("an error of one ends the others, and is raised again", function(t)
  local runtime = connect(t).runtime
  local ended, begun = 0, 0
  local functions = times(6, function(i)
    begun = begun + 1
    if i == 3 then
      runtime.sleep(0.01)
      error({ code = 7 }, 0)
    end
    local slept = runtime.sleep(60)
    ended = ended + (slept and 0 or 1)
  end)
  local called, failure = try_gather(runtime, functions, 4)
  equal(false, called)
  equal(7, failure.code)
  equal(4, begun)
  equal(3, ended)
end)

case("and ends what is in flight", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 0 })
  local kinds = {}
  local called, failure = try_gather(c.runtime, {
    function()
      local _, err = c:status(FIRST)
      kinds[1] = err.kind
    end,
    function() -- of a gather within
      c.runtime.gather({
        function()
          local _, err = c:status(FIRST)
          kinds[2] = err.kind
        end,
      }, 1)
    end,
    function()
      c.runtime.sleep(0.03)
      error("oh", 0)
    end,
  }, 3)
  equal(false, called)
  equal("oh", failure)
  equal("cancelled", kinds[1])
  equal("cancelled", kinds[2])
  c:close()
end)

-- A function of its own: what is in its variables is not held any more when it has returned.
local function run_some(c, held)
  local function wait()
    c.runtime.sleep(0.001)
    c.runtime.gather({
      function()
        return held
      end,
    }, 1)
  end
  held[1] = wait
  c.runtime.gather({ wait, wait }, 2)
end

-- A function of its own, too: who looks holds what is there until its variables are used for something else.
local function is_empty(held)
  return held[1] == nil
end

case("of what a gather has run nothing is held", function(t)
  local c, held = connect(t), setmetatable({}, { __mode = "v" })
  run_some(c, held)
  for _ = 1, 300 do -- a loop lets go of its timers in turns to come
    c.runtime.sleep(0.01)
    if package.loaded.jit then
      package.loaded.jit.flush() -- what it has compiled refers to the functions that it has seen called
    end
    collectgarbage()
    if is_empty(held) then
      break
    end
  end
  equal(true, is_empty(held))
  c:close()
end)

case("gathers within a gather are concurrent", function(t)
  local runtime = connect(t).runtime
  local inside, most = 0, 0
  local results, cancelled = runtime.gather(
    times(3, function(i)
      local inner = runtime.gather(
        times(3, function(j)
          inside = inside + 1
          most = math.max(most, inside)
          runtime.sleep(0.03)
          inside = inside - 1
          return 10 * i + j
        end),
        3
      )
      return inner[1] + inner[2] + inner[3]
    end),
    3
  )
  equal(36, results[1])
  equal(96, results[3])
  equal(false, cancelled)
  equal(9, most)
end)

case("await's deadline is a time on the runtime's clock, and what has finished is not late", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 1 })
  local slow = good(core.start(c.caller.session, "status", FIRST))
  equal("timeout", c.runtime.await(c.caller.session, slow, c.runtime.now()), "now")
  equal("timeout", c.runtime.await(c.caller.session, slow, c.runtime.now() - 1), "before")
  local deadline = c.runtime.now() + 0.02
  for _ = 1, 2 do -- absolute: the second wait gets what the first has left, nothing
    equal("timeout", c.runtime.await(c.caller.session, slow, deadline))
    check(c.runtime.now() >= deadline, "too early")
  end
  equal(false, slow:finished()) -- who gave up waiting has not ended it
  local quick = good(core.start(c.caller.session, "status", FIRST))
  equal(nil, c.runtime.await(c.caller.session, quick))
  equal(nil, c.runtime.await(c.caller.session, quick, c.runtime.now() - 1))
  equal(FIRST, good(quick:result()).id)
  slow:cancel()
  equal(nil, c.runtime.await(c.caller.session, slow, c.runtime.now() - 1))
  c:close()
end)

case("gather returns by index what the functions returned, also nil and false", function(t)
  local runtime = connect(t).runtime
  local functions = times(5, function(i)
    runtime.sleep((5 - i) * 0.002)
    if i ~= 2 then
      return i ~= 4 and i or false, "no second result"
    end
  end)
  local results, cancelled = runtime.gather(functions, 5)
  equal(1, results[1])
  equal(nil, results[2])
  equal(3, results[3])
  equal(false, results[4])
  equal(5, results[5])
  equal(false, cancelled)
end)

case("the functions of a gather may add others, which run beside them", function(t)
  local runtime = connect(t).runtime
  local functions, beside = {}, false
  functions[1] = function()
    runtime.sleep(0.002) -- so that whoever gathers has seen a list of one
    functions[2] = function()
      beside = true
      return "second"
    end
    repeat -- until that has run: the limit lets both run at once
      runtime.sleep(0.002)
    until beside
    return "first"
  end
  local results, cancelled = runtime.gather(functions, 2)
  equal("first", results[1])
  equal("second", results[2])
  equal(false, cancelled)
end)

case("a gather ends when nothing is left of what was added, and keeps to its limit", function(t)
  local runtime = connect(t).runtime
  local functions, running, most = {}, 0, 0
  local function add()
    local index = #functions + 1
    functions[index] = function()
      running = running + 1
      most = math.max(most, running)
      for _ = 1, 2 do -- two for each, until there are sixty
        if #functions < 60 then
          add()
        end
      end
      if index % 3 > 0 then -- some do not wait at all
        runtime.sleep(0.001)
      end
      running = running - 1
      return index
    end
  end
  add()
  local results = runtime.gather(functions, 4)
  for i = 1, 60 do
    equal(i, results[i])
  end
  equal(4, most)
end)

case("what a function of an inner gather adds to the outer one runs beside it, too", function(t)
  local runtime = connect(t).runtime
  local outer, beside = {}, false
  outer[1] = function()
    local inner = runtime.gather({
      function()
        runtime.sleep(0.002)
        outer[2] = function()
          beside = true
          return "outer"
        end
        repeat
          runtime.sleep(0.002)
        until beside
        return "inner"
      end,
    }, 1)
    return inner[1]
  end
  local results = runtime.gather(outer, 2)
  equal("inner", results[1])
  equal("outer", results[2])
end)

case("many added one by one are no trouble", function(t)
  local runtime = connect(t).runtime
  local functions = {}
  local function add()
    local index = #functions + 1
    functions[index] = function()
      if index < 1000 then
        add()
      end
      if index % 100 == 0 then
        runtime.sleep(0.001)
      end
      return index
    end
  end
  add()
  local results = runtime.gather(functions, 300)
  for i = 1, 1000 do
    equal(i, results[i])
  end
end)

case("after an error nothing is begun, whether it was there or is added", function(t)
  local runtime = connect(t).runtime
  local begun = 0
  local function count()
    begun = begun + 1
  end
  local called, failure = try_gather(runtime, {
    function()
      error("oh", 0)
    end,
    count,
    count,
  }, 2)
  equal(false, called)
  equal("oh", failure)
  local functions
  functions = {
    function()
      equal(false, runtime.sleep(60))
      functions[#functions + 1] = count
      runtime.sleep(60)
      error "a later error, which nobody gets"
    end,
    function()
      runtime.sleep(0.01)
      error("first", 0)
    end,
  }
  called, failure = try_gather(runtime, functions, 10)
  equal(false, called)
  equal("first", failure)
  equal(0, begun)
end)

case("in a gather that has been ended, every wait ends at once, and a new gather begins nothing", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", latency = 60, times = 1 })
  local runtime, begun, said, results, cancelled = c.runtime, 0, {}, nil, nil
  local called, failure = try_gather(runtime, {
    function()
      runtime.gather( -- one after the other: the second of them must not begin
        times(2, function()
          begun = begun + 1
          said[1] = runtime.sleep(60)
        end),
        1
      )
      said[2] = runtime.sleep(60)
      local transfer = good(core.start(c.caller.session, "status", FIRST))
      said[3] = runtime.await(c.caller.session, transfer)
      transfer:cancel()
      said[4] = runtime.await(c.caller.session, transfer) or "finished"
      results, cancelled = runtime.gather(
        times(2, function()
          begun = begun + 1
        end),
        2
      )
    end,
    function()
      runtime.sleep(0.01)
      error("oh", 0)
    end,
  }, 2)
  equal(false, called)
  equal("oh", failure)
  equal(1, begun)
  equal(false, said[1])
  equal(false, said[2])
  equal("cancelled", said[3])
  equal("finished", said[4])
  equal(0, #results)
  equal(true, cancelled)
  c:close()
end)

case("many that do not wait at all are no trouble", function(t)
  local runtime = connect(t).runtime
  local results = runtime.gather(
    times(2000, function(i)
      return i
    end),
    3
  )
  equal(2000, #results)
  equal(0, #(runtime.gather({}, 3)))
end)

case("sleep sleeps as long as it says", function(t)
  local runtime = connect(t).runtime
  for _, seconds in ipairs { 0, 0.001, 0.0205 } do
    local began = core.now()
    equal(true, runtime.sleep(seconds))
    check(core.now() - began >= seconds, "too short")
  end
end)

case("connections that are lost are told, or made again", function(t)
  seed(t, { id = FIRST })
  local c = connect(t)
  good(c:status(FIRST))
  fault(t, { operation = "status", drop = "during", times = 20 })
  local results = c.runtime.gather(
    times(20, function()
      return bad("transport", c:status(FIRST, { retry = false }))
    end),
    20
  )
  equal(20, #results)
  equal(FIRST, good(c:status(FIRST)).id)
  c:close()
end)

case("a server that is gone in the middle is an error, at once", function(t)
  local c = connect(t, { base_url = t.victim })
  good(c:capabilities())
  local began = core.now()
  local functions = times(50, function()
    local err
    repeat -- until it is gone
      local answer
      answer, err = c:capabilities { retry = false }
    until not answer or core.now() - began > SOON
    return bad("transport", nil, err)
  end)
  functions[51] = function()
    c.runtime.sleep(0.03)
    t.kill_victim()
  end
  equal(51, 1 + #c.runtime.gather(functions, 51))
  bad("transport", c:capabilities { timeout = 0.2 })
  check(core.now() - began < SOON, "it took long")
  c:close()
end)

-- Running them -------------------------------------------------------------------------------------

--- Runs all cases, and says what came of them in TAP's words.
---@param t table                 see above
---@param say fun(line: string)
---@return integer failed
function suite.run(t, say)
  t.say = say
  local failed = 0
  for i, one in ipairs(CASES) do
    local note
    local ok, failure = guard.traced(function()
      reset(t)
      note = one.fn(t)
    end)
    local skipped = ok and note and " # SKIP " .. note or ""
    say(("%s %d - %s%s"):format(ok and "ok" or "not ok", i, one.name, skipped))
    if not ok then
      failed = failed + 1
      say("# " .. failure:gsub("\n", "\n# "))
    end
  end
  say("1.." .. #CASES)
  return failed
end

return suite
