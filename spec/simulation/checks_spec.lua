--- Every check is seen to bite: a course that holds every promise is falsified in one point, and the check that is
-- meant says so. A check that nothing can break is dead.

local checks = require "spec.simulation.checks"
local courses = require "spec.simulation.course"

-- Ids of a small world: one that runs, one that has stopped, and one of somebody else's.
local RUNS, STOPPED, OTHERS = "d-runs", "d-stopped", "d-others"

local function service(settings)
  local all = { latency = 0.05, start_time = 1, stop_time = 1, delete_time = 1 }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return {
    settings = all,
    faults = {},
    outages = {},
    events = {},
    features = {},
    kind = true,
    patience = 100,
    deployments = {
      { id = RUNS, mine = true, status = "RUNNING", scenario_id = "scenario-mine", age = 1000 },
      { id = STOPPED, mine = true, status = "STOPPED", scenario_id = "scenario-mine", age = 1000 },
      { id = OTHERS, mine = false, status = "RUNNING", scenario_id = "others", age = 1000 },
    },
  }
end

local function run(call, settings)
  call.client, call.at, call.told, call.resource_group = 1, 0, 0, "default"
  call.timeout, call.ample = call.timeout or 300, call.timeout == nil
  local course = courses.run(20, service(settings), { calls = { call }, clients = 1 })
  return course, course.calls[1]
end

local function found(course)
  course.by_id = nil -- what is asked of it is worked out anew
  local names = {}
  for _, breach in ipairs(checks.all(course)) do
    names[breach.check] = breach.text
  end
  return names
end

local function teardown()
  return run { method = "teardown", ids = { RUNS, STOPPED } }
end

--- One that is too short to bring anything about.
local function short(method, ids)
  return run({ method = method, ids = ids or { RUNS, STOPPED }, timeout = 3 }, { stop_time = 1000, delete_time = 1000 })
end

local function wait(goal, id, timeout)
  return run { method = "wait", ids = { id or RUNS }, goal = goal, timeout = timeout }
end

local function request(course, name)
  for _, sent in ipairs(course.requests) do
    if sent.name == name then
      return sent
    end
  end
end

local function copy(from, changes)
  local made = {}
  for name, value in pairs(from) do
    made[name] = value
  end
  for name, value in pairs(changes) do
    made[name] = value
  end
  return made
end

--- The same request once more, so many seconds after it was answered.
local function repeated(course, name, seconds)
  local sent = request(course, name)
  table.insert(course.requests, copy(sent, { at = sent.answered + seconds, answered = sent.answered + seconds }))
end

-- By the check: what makes a course, and what falsifies it.
local FALSE = {
  touched = {
    teardown,
    function(course)
      table.insert(course.truth.effects, { what = "stop", id = OTHERS, request_id = "c1-9", time = course.over })
    end,
  },
  gone = {
    function()
      return short "teardown"
    end,
    function(_, call)
      call.result.failed[RUNS] = nil
      table.insert(call.result.deleted, RUNS)
    end,
  },
  stopped = {
    teardown,
    function(_, call)
      table.insert(call.result.stopped, STOPPED)
    end,
  },
  skipped = {
    teardown,
    function(_, call)
      call.result.deleted = { RUNS }
      table.insert(call.result.skipped, STOPPED)
    end,
  },
  waited = {
    function()
      return wait("RUNNING", RUNS)
    end,
    function(_, call)
      call.goal, call.result = "GONE", true
    end,
  },
  gave_up = {
    function()
      return wait("DEAD", RUNS, 3)
    end,
    function(_, call)
      call.err.kind = "state"
    end,
  },
  deleted = {
    function()
      return run { method = "delete", ids = { STOPPED } }
    end,
    function(_, call)
      call.result.absent = true
    end,
  },
  plain = {
    function()
      return run { method = "delete", ids = { RUNS } }
    end,
    function(_, call)
      call.result = { id = RUNS, message = "done" }
    end,
  },
  listed = {
    function()
      return run { method = "list", filter = { scenario_id = "scenario-mine" } }
    end,
    function(_, call)
      table.remove(call.result)
    end,
  },
  word = {
    teardown,
    function(_, call)
      call.result.deleted, call.result.absent = { RUNS }, { STOPPED }
    end,
  },
  sure = {
    function()
      return run { method = "teardown", filter = { scenario_id = "scenario-mine" } }
    end,
    function(course)
      for i = #course.requests, 1, -1 do
        if course.requests[i].name == "list" then
          return table.remove(course.requests, i)
        end
      end
    end,
  },
  soon = {
    teardown,
    function(course, call)
      call.ended, course.over = call.ended + 20, course.over + 20
    end,
  },
  held_up = {
    teardown,
    function(course)
      repeated(course, "status", 30)
      course.calls[1].ended = course.calls[1].ended + 60
    end,
  },
  refused = {
    function()
      return short("delete_all", { RUNS, STOPPED })
    end,
    function(_, call)
      call.result.failed[STOPPED] = { kind = "state" }
    end,
  },
  mentioned = {
    teardown,
    function(_, call)
      table.remove(call.result.deleted)
    end,
  },
  all_of_them = {
    function()
      return run({ method = "teardown", filter = { scenario_id = "scenario-mine" }, timeout = 3 }, { stop_time = 1000 })
    end,
    function(_, call)
      call.result.failed[RUNS], call.result.unsure = nil, nil
    end,
  },
  raised = {
    teardown,
    function(_, call)
      call.ok, call.result = false, "attempt to index a nil value"
    end,
  },
  in_time = {
    function()
      return short "teardown"
    end,
    function(_, call)
      call.ended = call.ended + 1
    end,
  },
  not_too_early = {
    function()
      return short "teardown"
    end,
    function(_, call)
      call.timeout = 60
    end,
  },
  succeeds = {
    teardown,
    function(_, call)
      call.result.deleted = { RUNS }
      call.result.failed[STOPPED] = { kind = "http" }
    end,
  },
  resends = {
    function()
      return run({ method = "teardown", ids = { RUNS }, timeout = 60 }, { show_time = 500 })
    end,
    function(course)
      repeated(course, "stop", 1)
    end,
  },
  refusals = {
    function()
      return short("teardown", { RUNS })
    end,
    function(course)
      local stop = request(course, "stop")
      stop.answer = { status = 409 }
      course.truth.lives[RUNS].states = { { time = -math.huge, status = "RUNNING" } }
      repeated(course, "stop", 0.5)
    end,
  },
  creates = {
    teardown,
    function(course)
      table.insert(course.truth.effects, { what = "create", id = "d-new", request_id = "c1-9", time = course.over })
    end,
  },
  pace = {
    function()
      return wait("DEAD", RUNS, 60)
    end,
    function(course)
      local last = course.requests[#course.requests - 2]
      table.insert(course.requests, #course.requests - 1, copy(last, { at = last.at + 0.1 }))
    end,
  },
  looks = {
    function()
      return wait("DEAD", RUNS, 60)
    end,
    function(course)
      for _ = 1, 30 do
        repeated(course, "status", 1)
      end
    end,
  },
  needless = {
    teardown,
    function(course)
      repeated(course, "stop", 0.8)
    end,
  },
  hopeless = {
    function()
      return wait("DEAD", RUNS, 300)
    end,
    function(_, call)
      call.ids[1], call.goal = STOPPED, "RUNNING"
    end,
  },
  restless = {
    function()
      return wait("DEAD", RUNS, 400)
    end,
    function(course)
      local sent = request(course, "status")
      for i = 1, 70 do
        table.insert(course.requests, copy(sent, { at = course.over - 1 + i / 100 }))
      end
    end,
  },
  batches = {
    teardown,
    function(course)
      course.truth.lives[STOPPED].states[1].status = "RUNNING"
      for _ = 1, 12 do
        repeated(course, "delete", 1)
      end
    end,
  },
  last_look = {
    function()
      return wait("DEAD", RUNS, 60)
    end,
    function(course)
      for i = #course.requests, 1, -1 do
        if course.requests[i].at > course.over - 5 then
          table.remove(course.requests, i)
        end
      end
    end,
  },
  ended = {
    function()
      return short "teardown"
    end,
    function(_, call)
      call.cancelled = call.ended - 2.5
    end,
  },
  quiet = {
    teardown,
    function(course)
      course.left.requests = 1
    end,
  },
  coroutines = {
    teardown,
    function(course)
      course.left.coroutines = 1
    end,
  },
  callbacks = {
    teardown,
    function(course)
      course.left.callbacks = 1
    end,
  },
  observers = {
    teardown,
    function(course)
      course.callers[1].shared.forgotten = { observers = { [RUNS] = true } }
    end,
  },
}

-- The same check, of a coroutine that waits.
local function wait_for_ever(course)
  local runtime = course.callers[1].runtime
  runtime.run(function()
    runtime.spawn(function()
      course.callers[1].shared.forgotten = { life = runtime.life() }
      runtime.sleep(100)
    end)
    runtime.sleep(1)
  end)
end

describe("a check of the simulation", function()
  for name in pairs(checks.promises) do
    it(("can be broken: %s"):format(name), function()
      local make, falsify = FALSE[name][1], FALSE[name][2]
      local course, call = make()
      assert.same({}, found(course))
      falsify(course, call)
      assert.is_string(found(course)[name])
    end)
  end

  it("can be broken: observers, by a coroutine that waits", function()
    local course = teardown()
    wait_for_ever(course)
    assert.matches("a coroutine", found(course).observers)
  end)
end)
