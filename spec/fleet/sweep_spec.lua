--- The teardown of all that a filter finds: which list proves that it was all of them. The lists are what a story says,
-- the engines do what it says; on a virtual clock.

local errors = require "aicore.model.errors"
local fake_group = require "spec.fleet.fake_group"
local pages = require "aicore.call.pages"
local report = require "aicore.fleet.report"
local sweep = require "aicore.fleet.sweep"
local virtual = require "aicore.runtime.virtual"

-- The client's clock, and the service's: that shows another time.
local START, AHEAD = 1700000000, 5000

local function stamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

describe("a sweep", function()
  local runtime, listed, engines, latency, shown, dated, closed_at

  before_each(function()
    runtime = virtual.new { start = START }
    listed, engines, latency, dated, closed_at = {}, {}, 0, true, nil
  end)

  --- A record that was created so many seconds before the call began, by the service's clock (after: less than 0).
  local function record(id, age, fields)
    local made = { id = id, status = "RUNNING", createdAt = stamp(START + AHEAD - (age or 100)) }
    for name, value in pairs(fields or {}) do
      made[name] = value
    end
    return made
  end

  -- A caller whose n-th list is shown[n], the last one again and again: records (and `odd`, `count`; `breaks`: the
  -- error of its second page), or an error.
  local caller = {
    read = function(_, request)
      return pages.read(function(_, skip)
        if latency > 0 then
          runtime.sleep(latency)
        end
        if skip then
          local broken = shown[math.min(#listed, #shown)].breaks
          return not broken and { count = 0, resources = {} } or nil, broken
        end
        listed[#listed + 1] = runtime.now() - START
        local list = shown[math.min(#listed, #shown)]
        if errors.is(list) then
          return nil, list
        end
        local page = {}
        for i, one in ipairs(list) do
          page[i] = one
        end
        request.date = dated and runtime.now() + AHEAD or nil
        return { count = list.count or #page, resources = page }, nil, list.odd
      end, {})
    end,
    pause = function(_, seconds)
      return runtime.sleep(math.max(0, seconds)) and not (closed_at and runtime.now() >= closed_at)
    end,
  }

  --- Sweeps. `work(ids, number)` is what the n-th engine does, for the seconds that it returns; it may end as
  --- cancelled. Returns the report and the sweep.
  local function run(lists, options)
    options, shown = options or {}, lists
    local group = fake_group.new()
    group.runtime = runtime
    caller.runtime = runtime
    return runtime.run(function()
      local began = runtime.now()
      local listener = report.new { name = "teardown", began = began, group = group, requests_before = 0 }
      local swept = sweep.new {
        caller = caller,
        request = { options = {} },
        belongs = options.belongs,
        began = began,
        deadline = began + (options.deadline or 900),
        listener = listener,
      }
      local at, err
      swept.records, at, err = swept:find()
      if err then
        return nil, err
      end
      local function make_engine(ids)
        local made = { ids = ids, number = #engines + 1, cancelled = false }
        engines[made.number] = made
        function made.run(self, known, seen_at)
          self.held, self.known, self.seen_at = setmetatable({ known }, { __mode = "v" }), known, seen_at
          known = nil -- luacheck: ignore 311 (as an engine does)
          local act = options.work or function() end
          runtime.sleep(act(self, listener) or 0)
        end
        return made
      end
      swept:run(make_engine, at)
      return listener.report, swept
    end)
  end

  local function deleted(listener, ids)
    for _, id in ipairs(ids) do
      listener:settled(id, "deleted")
    end
  end

  --- The first engine deletes all, in so many seconds.
  local function takes(seconds)
    return function(self, listener)
      deleted(listener, self.ids)
      return seconds
    end
  end

  it("of nothing is proved by a second list, two seconds after the first", function()
    local made = run { {} }
    assert.is_nil(made.unsure)
    assert.same({ 0, 2 }, listed)
    assert.equal(0, #engines)
  end)

  it("is proved by a list, two seconds after the last one was gone", function()
    local made = run({ { record "d-one", record "d-two" }, {} }, { work = takes(5) })
    assert.is_nil(made.unsure)
    assert.same({ 0, 7 }, listed)
    assert.same({ "d-one", "d-two" }, engines[1].ids)
    assert.same({ "d-one", "d-two" }, made.deleted)
  end)

  it("holds nothing of what it has handed over while that is worked on", function()
    run({ { record "d-one" }, {} }, {
      work = function(self, listener)
        self.known = nil
        collectgarbage()
        collectgarbage()
        assert.is_nil(self.held[1])
        deleted(listener, self.ids)
      end,
    })
    assert.equal(1, #engines)
  end)

  it("hands on what was seen, and when, and of that only what a fleet needs", function()
    run({ { record("d-one", 100, { targetStatus = "RUNNING", modifiedAt = stamp(START), details = {} }) }, {} })
    assert.equal(START, engines[1].seen_at)
    assert.same({ { id = "d-one", status = engines[1].known[1].status, targetStatus = "RUNNING" } }, engines[1].known)
  end)

  it("hands on when one that has ended was modified: it may run again", function()
    local dead = record("d-dead", 100, { status = "DEAD", modifiedAt = stamp(START) })
    run({ { dead, record("d-one", 100, { modifiedAt = stamp(START) }) }, {} })
    assert.equal(stamp(START), engines[1].known[1].modifiedAt)
    assert.is_nil(engines[1].known[2].modifiedAt)
  end)

  it("takes on what the proof still shows, and then has to prove again", function()
    local first, missed = record "d-one", record "d-missed"
    local made = run({ { first }, { missed }, {} }, { work = takes(5) })
    assert.is_nil(made.unsure)
    assert.same({ 0, 7, 14 }, listed)
    assert.same({ "d-missed" }, engines[2].ids)
    assert.same({ "d-one", "d-missed" }, made.deleted)
    assert.equal(0, made.newer)
  end)

  it("takes back what was told of one that stands", function()
    local one = record "d-one"
    local made = run({ { one }, { one }, {} }, {
      work = function(self, listener)
        if self.number == 2 then
          assert.same({}, listener.report.deleted)
        end
        deleted(listener, self.ids)
      end,
    })
    assert.is_nil(made.unsure)
    assert.equal(2, #engines)
    assert.same({ "d-one" }, made.deleted)
  end)

  it("does not take on what has failed", function()
    local one = record "d-one"
    local made = run({ { one } }, {
      work = function(_, listener)
        listener:failed("d-one", "timeout", { status = "RUNNING" })
        return 5
      end,
    })
    assert.equal(1, #engines)
    assert.is_nil(made.unsure)
    assert.equal("timeout", made.failed["d-one"].kind)
  end)

  it("asks for what belongs only", function()
    local lists = { { record "d-mine", record "d-other" }, { record "d-other" } }
    local made = run(lists, {
      belongs = function(one)
        return one.id ~= "d-other"
      end,
      work = takes(1),
    })
    assert.same({ "d-mine" }, engines[1].ids)
    assert.is_nil(made.unsure)
    assert.equal(1, #engines)
  end)

  it("counts the records that are odd", function()
    local made = run({ { record "d-one", odd = 2 }, { odd = 3 } }, { work = takes(1) })
    assert.equal(3, made.odd)
  end)

  describe("leaves what is newer alone", function()
    -- Seconds between the start and a creation, by the service's clock.
    local CREATED = { [-100] = false, [-1] = false, [0] = true, [0.5] = true, [3] = true, [100] = true }
    for created, is_newer in pairs(CREATED) do
      it(("created at %+g s: %s"):format(created, is_newer and "newer" or "taken on"), function()
        local late = record("d-late", -created)
        if created % 1 ~= 0 then
          late.createdAt = late.createdAt:gsub("Z$", ".500000Z")
        end
        local made = run({ { record "d-one" }, { late }, { is_newer and late or nil } }, { work = takes(1) })
        assert.equal(is_newer and 1 or 0, made.newer)
        assert.equal(is_newer and 1 or 2, #engines)
        assert.is_nil(made.unsure)
      end)
    end

    it("also where the first list shows it, and that took its time", function()
      latency = 10
      local made = run({ { record "d-one", record("d-new", -5) } }, { work = takes(1), deadline = 100 })
      assert.same({ "d-one" }, engines[1].ids)
      assert.equal(1, made.newer)
    end)

    it("where the service shows no clock: all that the first list did not show", function()
      dated = false
      local made = run({ { record "d-one" }, { record "d-one", record "d-old" }, { record "d-old" } }, {
        work = takes(1),
      })
      assert.same({ { "d-one" }, { "d-one" } }, { engines[1].ids, engines[2].ids })
      assert.equal(1, made.newer)
      assert.is_true(made.unsure) -- they may be newer
    end)

    it("and is not sure of what a list showed, without a clock, that could not be read to its end", function()
      dated = false
      local half = { record "d-hidden", breaks = errors.new { kind = "http", status = 503, message = "busy" } }
      local made = run({ { record "d-one" }, half, {} }, { work = takes(1) })
      assert.same({ 1, true }, { made.newer, made.unsure })
    end)

    it("and is sure, also where the service shows no clock, if there is none", function()
      dated = false
      assert.is_nil(run({ { record "d-one" }, {} }, { work = takes(1) }).unsure)
    end)

    it("but for one that it has taken on before", function()
      local one = record("d-one", 100)
      local again = record("d-one", -50) -- whatever it says of itself now
      run({ { one }, { again }, {} }, { work = takes(1) })
      assert.equal(2, #engines)
    end)
  end)

  describe("is not sure", function()
    local BUSY = errors.new { kind = "http", status = 503, message = "busy" }

    it("where no list can be had until the deadline, and asks later and later", function()
      local made = run({ { record "d-one" }, BUSY }, { work = takes(5), deadline = 60 })
      assert.is_true(made.unsure)
      assert.same({ 0, 7, 8, 10, 14, 22, 32, 42, 52 }, listed)
      assert.same({ "d-one" }, made.deleted)
    end)

    it("no longer where one can be had in time", function()
      local made = run({ { record "d-one" }, BUSY, BUSY, {} }, { work = takes(5), deadline = 60 })
      assert.is_nil(made.unsure)
      assert.same({ 0, 7, 8, 10 }, listed)
    end)

    it("where lists are never complete", function()
      local halves = { { record "d-one" } }
      for i = 1, 30 do
        halves[i + 1] = { record("d-new" .. i, -1), count = 5 }
      end
      local made = run(halves, { work = takes(1), deadline = 20 })
      assert.is_true(made.unsure)
    end)

    it("where there is no time for the proof", function()
      local made = run({ { record "d-one" }, {} }, { work = takes(59), deadline = 60 })
      assert.is_true(made.unsure)
      assert.same({ 0 }, listed)
    end)

    it("where it was ended: by an engine, or at a list", function()
      local made = run({ { record "d-one" }, {} }, {
        work = function(self)
          self.cancelled = true
        end,
      })
      assert.is_true(made.unsure)
      assert.same({ 0 }, listed)
      listed, engines = {}, {}
      local swept
      made, swept = run(
        { { record "d-one" }, errors.new { kind = "cancelled", message = "closed" } },
        { work = takes(1) }
      )
      assert.is_true(made.unsure)
      assert.is_true(swept.cancelled)
      assert.equal(2, #listed)
    end)

    it("where the client is closed before the next list", function()
      closed_at = START + 2
      local made, swept = run({ { record "d-one" }, {} }, { work = takes(1) })
      assert.is_true(made.unsure)
      assert.is_true(swept.cancelled)
      assert.same({ 0 }, listed)
    end)

    it("where the host ends its naps", function()
      local made = run({ { record "d-one" }, {} }, {
        work = function(self, listener)
          deleted(listener, self.ids)
          local thread = coroutine.running()
          runtime.at(runtime.now() + 1, function()
            runtime.cancel(thread)
          end)
        end,
      })
      assert.is_true(made.unsure)
      assert.same({ 0 }, listed)
    end)
  end)

  it("has nothing to report where the first list cannot be had", function()
    local made, err = run { errors.new { kind = "auth", status = 403, message = "no" } }
    assert.is_nil(made)
    assert.equal("auth", err.kind)
  end)
end)
