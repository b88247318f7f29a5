--- What fleets may cost, in requests, looks, bytes and (virtual) seconds. What is no average holds for every jitter.

local client = require "spec.fleet.virtual_client"
local engine = require "aicore.fleet.engine"
local fake_group = require "spec.fleet.fake_group"
local goals = require "aicore.fleet.goals"
local looks = require "aicore.fleet.looks"
local report = require "aicore.fleet.report"
local sends = require "aicore.fleet.sends"

local LATENCY = 0.02
local SEEDS = 10 -- of the jitter

local function looks_of(requests)
  return (requests.status or 0) + (requests.list or 0)
end

--- The largest number that `measure` gives, of all seeds.
local function most(measure)
  local worst = -math.huge
  for seed = 1, SEEDS do
    worst = math.max(worst, measure(seed))
  end
  return worst
end

--- The mean of what `measure` gives, of four times as many seeds: when a change is seen is a matter of chance.
local function mean(measure)
  local sum = 0
  for seed = 1, 4 * SEEDS do
    sum = sum + measure(seed)
  end
  return sum / (4 * SEEDS)
end

local function at_most(limit, value, what)
  assert.is_true(value <= limit, ("%s: %s, at most %s are promised"):format(what, value, limit))
end

--- A teardown of so many, by their ids or by a filter.
local function tear_down(count, settings, options)
  settings.latency = settings.latency or LATENCY
  local c = client.new { settings = settings, seed = options and options.seed }
  local ids = c:seed(count)
  local made = c:run(function()
    return c:teardown(options and options.filter or ids)
  end)
  assert.equal(count, #made.deleted)
  assert.same({}, made.failed)
  assert.is_nil(made.unsure)
  return c, made
end

describe("a teardown costs", function()
  for _, count in ipairs { 1, 4, 100, 101, 1000, 10000 } do
    it(("6 + 3⌈N/100⌉ requests and looks, of %d, by their ids or a filter"):format(count), function()
      for _, filter in ipairs { false, { all = true } } do
        local c = tear_down(count, {}, { filter = filter or nil })
        local requests = c:requests()
        at_most(6 + 3 * math.ceil(count / 100), requests.total - looks_of(requests), "requests")
      end
    end)
  end

  for count, limit in pairs { [1] = 120, [3] = 340, [100] = 120 } do
    it(("%d requests, of %d that take five minutes to stop and five to go"):format(limit, count), function()
      at_most(
        limit,
        most(function(seed)
          return #tear_down(count, { stop_time = 300, delete_time = 300 }, { seed = seed }).sent
        end),
        "requests"
      )
    end)
  end

  it("110 requests, of 1,000 whose phases are spread over 20 to 60 s", function()
    at_most(
      110,
      most(function(seed)
        local c = client.new { settings = { latency = LATENCY }, seed = seed }
        local state = seed
        local function spread(_, name)
          if name == "stop_time" or name == "delete_time" then
            state = state * 16807 % 2147483647
            return 20 + 40 * (state / 2147483647)
          end
        end
        local settings = c.emulator.settings
        settings.stop_time, settings.delete_time = nil, nil
        setmetatable(settings, { __index = spread })
        local ids = c:seed(1000)
        local made = c:run(function()
          return c:teardown(ids)
        end)
        assert.equal(1000, #made.deleted)
        return #c.sent
      end),
      "requests"
    )
  end)

  for phase, limit in pairs { [0.5] = 0.8, [5] = 1.3, [30] = 6 } do
    for _, count in ipairs { 1, 100 } do
      it(("%g s more than two phases of %g s on average, of %d"):format(limit, phase, count), function()
        at_most(
          limit,
          mean(function(seed)
            local _, made = tear_down(count, { stop_time = phase, delete_time = phase }, { seed = seed })
            return made.elapsed - 2 * phase
          end),
          "seconds"
        )
      end)
    end
  end

  it("a megabyte that is read, of 4 among 5,000 others", function()
    local c = client.new { settings = { latency = LATENCY }, bytes = true }
    c:seed(2500)
    local ids = c:seed(4)
    c:seed(2500)
    local made = c:run(function()
      return c:teardown(ids)
    end)
    assert.equal(4, #made.deleted)
    at_most(1e6, c.bytes, "bytes")
  end)

  it("120 requests, of 3,000 of which one makes every batch refused that it is in", function()
    for _, status in ipairs { 400, 422 } do
      local c = client.new { settings = { latency = LATENCY, stop_time = 0.5, delete_time = 0.5 } }
      local ids = c:seed(3000)
      local bad = ids[1234]
      c:fault { operation = "batch", id = bad, status = status, voice = "service", times = 0 }
      c:fault { operation = "stop", id = bad, status = status, voice = "service", times = 0 }
      local made = c:run(function()
        return c:teardown(ids)
      end)
      assert.equal(2999, #made.deleted)
      assert.equal(status, made.failed[bad].status)
      at_most(120, #c.sent, "requests")
    end
  end)

  it("125 requests, of 3,000 of which one is not there and makes every batch refused that it is in", function()
    local c = client.new { settings = { latency = LATENCY, stop_time = 0.5, delete_time = 0.5 } }
    local ids = c:seed(2999)
    ids[3000] = "d-bad"
    c:fault { operation = "batch", id = "d-bad", status = 400, voice = "service", times = 0 }
    local made = c:run(function()
      return c:teardown(ids)
    end)
    assert.equal(2999, #made.deleted)
    assert.same({ "d-bad" }, made.absent)
    at_most(125, #c.sent, "requests")
  end)

  it("340 requests and 7.5 s, of 10,000 that take 2 s to stop and 2 s to go", function()
    local c, made = tear_down(10000, { stop_time = 2, delete_time = 2 }, { filter = { all = true } })
    at_most(340, #c.sent, "requests")
    at_most(7.5, made.elapsed, "seconds")
  end)
end)

describe("a wait costs", function()
  for seconds, limit in pairs { [30] = 25, [300] = 60, [850] = 120 } do
    it(("%d looks over %d s"):format(limit, seconds), function()
      at_most(
        limit,
        most(function(seed)
          local c = client.new { settings = { latency = LATENCY, stop_time = seconds }, seed = seed }
          local id = c:seed(1)[1]
          c:run(function()
            assert(c.caller:in_group({}):stop(id, c.runtime.now() + 60))
            assert.equal("STOPPED", assert(c:wait(id, "STOPPED")).status)
          end)
          return looks_of(c:requests())
        end),
        "looks"
      )
    end)
  end
end)

it("50 calls on overlapping ids in one client repeat no effect", function()
  local c = client.new { settings = { latency = LATENCY } }
  local ids, calls = c:seed(500), {}
  for i = 1, 50 do
    local mine = {}
    for j = 1, 50 do
      mine[j] = ids[(i * 9 + j) % 500 + 1]
    end
    calls[i] = function()
      local made = c:teardown(mine)
      return #made.deleted + #made.absent
    end
  end
  for _, count in ipairs(c:together(calls)) do
    assert.equal(50, count)
  end
  local repeated = 0
  local accepted = {}
  for _, one in ipairs(c.sent) do
    for _, item in ipairs(one.items or {}) do
      local key = item.id .. item.targetStatus
      for _, result in ipairs(one.answer.value.deployments) do
        if result.id == item.id and not result.error then
          repeated = repeated + (accepted[key] and 1 or 0)
          accepted[key] = true
        end
      end
    end
  end
  assert.is_truthy(next(accepted))
  assert.equal(0, repeated)
end)

--- Strings, until Lua has just doubled the table in which it has all of them: then those of a fleet fit into it,
--- however many there were before.
local function fill_string_table()
  local filling, count, grown = nil, 0
  collectgarbage "stop"
  repeat
    local before = collectgarbage "count"
    count = count + 1
    filling = { filling, ("filling %d"):format(count) }
    grown = collectgarbage "count" - before
  until count > 20000 and grown > 100
  collectgarbage "restart"
  return filling
end

it("one that is tracked costs 300 bytes, everything counted", function()
  local filling = fill_string_table()
  local function heap()
    collectgarbage()
    collectgarbage()
    return collectgarbage "count" * 1024
  end
  local count, most_bytes = 10000, 0
  local group = fake_group.new()
  local shared = looks.new(group)
  local before = heap()
  local ids = {}
  for i = 1, count do
    ids[i] = ("d%015x"):format(i)
  end
  local made = report.new { name = "teardown", began = 0, group = group, requests_before = 0 }
  local all = engine.new {
    goal = goals.teardown,
    group = group,
    looks = shared,
    sends = sends.new(group, shared),
    listener = made,
    deadline = 900,
  }
  all:add(ids)
  local function measure()
    most_bytes = math.max(most_bytes, heap() - before)
  end
  measure()
  local function each(act)
    for i = 1, count do
      local place = all:place_of(ids[i])
      if place then
        act(place, ids[i])
      end
    end
    measure()
  end
  local function seen(status, target, at)
    each(function(place, id)
      all:seen(place, { id = id, status = status, targetStatus = target }, "list", at)
    end)
  end
  local function accepted(action, at)
    each(function(place)
      all:sending(place, action, at)
      all:answered(place, action, "accepted", nil, at)
    end)
  end
  seen("RUNNING", "RUNNING", 0)
  accepted("stop", 1)
  seen("STOPPED", "STOPPED", 2)
  accepted("delete", 3)
  seen("STOPPED", "DELETED", 4)
  all:unlisted(5, 5)
  measure()
  each(function(place)
    all:answered(place, "delete", "missing", nil, 6)
  end)
  assert.same({ count, count }, { #made.report.stopped, #made.report.deleted })
  at_most(300, most_bytes / count, "bytes")
  assert.is_table(filling) -- which was there all the time
end)
