--- What happens next, over a service that is a table and on a virtual clock.

local engine = require "aicore.fleet.engine"
local fake = require "spec.fleet.fake_group"
local goals = require "aicore.fleet.goals"
local looks = require "aicore.fleet.looks"
local sends = require "aicore.fleet.sends"

describe("an engine", function()
  local group, shared, posted

  local function start_anew()
    group = fake.new()
    group.times = { stop = 2, delete = 2 }
    shared = looks.new(group)
    posted = sends.new(group, shared)
  end

  before_each(start_anew)

  --- Takes down what becomes of each.
  local function listener()
    local made = { lists = {}, stops = {}, failures = {}, changes = 0, records = {} }
    function made:settled(id, list, record)
      assert(not self.lists[id] and not self.failures[id], "settled twice")
      self.lists[id], self.records[id] = list or "done", record
    end
    function made:stopped(id)
      self.stops[id] = (self.stops[id] or 0) + 1
    end
    function made:failed(id, reason, s, err, refusal)
      assert(not self.lists[id] and not self.failures[id], "settled twice")
      self.failures[id] = { reason = reason, status = s.status, err = err, refusal = refusal }
    end
    function made:changed()
      self.changes = self.changes + 1
    end
    return made
  end

  local function new(goal, ids, options)
    local all = { goal = goal, group = group, looks = shared, sends = posted, listener = listener(), deadline = 900 }
    for name, value in pairs(options or {}) do
      all[name] = value
    end
    local made = engine.new(all):add(ids)
    return made, all.listener
  end

  --- Works until it is over. Returns what the listener has heard.
  local function run(goal, ids, options, known, at)
    local made, heard
    group.runtime.run(function()
      made, heard = new(goal, ids, options)
      made:run(known, at)
    end)
    assert.equal(0, made.open)
    assert.equal(0, #shared:observers())
    return heard, made
  end

  it("brings all to their end, and says what became of each", function()
    group:fill(5)
    group.records.d00002.status, group.records.d00003 = "STOPPED", nil
    local heard = run(goals.teardown, { "d00001", "d00002", "d00003", "d00004", "d00005" })
    local deleted =
      { d00001 = "deleted", d00002 = "deleted", d00003 = "absent", d00004 = "deleted", d00005 = "deleted" }
    assert.same(deleted, heard.lists)
    assert.same({ d00001 = 1, d00004 = 1, d00005 = 1 }, heard.stops)
    assert.same({}, heard.failures)
    assert.is_nil(next(group.records))
  end)

  -- What one goal sends is told to all that have the deployment.
  it("fails by a refusal that is final only where it would send the same", function()
    for _, answer in ipairs { "invalid", "denied" } do
      for goal, fails in pairs { [goals.delete] = true, [goals.reach "GONE"] = false, [goals.stop] = false } do
        start_anew()
        local made, heard = new(goal, { "d00001" })
        made:seen(1, { id = "d00001", status = "STOPPED" }, "get", 0)
        for at = 1, 11, 10 do
          if made.open > 0 then
            made:sending(1, "delete", at)
            made:answered(1, "delete", answer, { kind = "http" }, at + 1)
          end
        end
        assert.equal(fails, heard.failures.d00001 ~= nil, answer)
      end
    end
  end)

  it("takes an update to another configuration for nobody's but its goal's", function()
    for detail, action in pairs { one = "update", other = false } do
      start_anew()
      local mine = new(goals.reach "RUNNING", { "d00001" }, { detail = "one" })
      mine:sending(1, "update", 1, detail)
      assert.equal(action, mine.beliefs.situation[1].action or false)
      mine:answered(1, "update", "accepted", nil, 2, detail)
      mine:unanswered(1, "update", 3, detail)
      assert.equal(action and "accepted", mine.beliefs.situation[1].answer or false)
    end
  end)

  it("learns from others of no update that was not to its own configuration, as far as they know", function()
    for teacher, expected in pairs { one = "accepted", other = "none", [false] = "none" } do
      start_anew()
      local learned
      local hears = listener()
      function hears.failed(_, _, _, s)
        learned = s.answer or "none"
      end
      group.runtime.run(function()
        local other = new(goals.reach "RUNNING", { "d00001" }, { detail = teacher or nil })
        shared:join(other)
        other:sending(1, "update", 1, teacher or "one")
        other:answered(1, "update", "accepted", nil, 2, teacher or "one")
        new(goals.reach "RUNNING", { "d00001" }, { detail = "one", deadline = 0, listener = hears }):run()
      end)
      assert.equal(expected, learned, teacher)
    end
  end)

  it("takes on each id once, in their order, which does not depend on chance", function()
    local made = new(goals.teardown, { "c", "a", "b", "a" })
    assert.same({ "a", "b", "c" }, made.ids)
    assert.equal(3, made.open)
    made:add { "b", "d" }
    assert.same({ "a", "b", "c", "d" }, made.ids)
    assert.equal(4, made.open)
  end)

  it("is over at once with nothing to do", function()
    run(goals.teardown, {})
    assert.equal(0, #group.asked)
  end)

  it("needs no first look at what was seen just now", function()
    local ids = group:fill(5)
    local known = {}
    for i, id in ipairs(ids) do
      known[i] = { id = id, status = "RUNNING" }
    end
    run(goals.teardown, ids, nil, known, 0)
    assert.equal("batch", group.asked[1].what)
    assert.equal(0, group.asked[1].at)
  end)

  it("does not look while its sends are being answered", function()
    local ids = group:fill(20)
    group.latency.batch = 9
    run(goals.stop, ids)
    local answered
    for i, asked in ipairs(group.asked) do
      if asked.what == "batch" then
        answered = asked.at + 9
      elseif answered then
        assert.is_true(asked.at >= answered, i)
      end
    end
  end)

  it("does not look for those who wait, while what another one sends to them is being answered", function()
    local ids = group:fill(20)
    group.latency.batch = 5
    group.runtime.run(function()
      group.runtime.gather({
        function()
          new(goals.stop, ids):run()
        end,
        function()
          new(goals.reach "STOPPED", ids):run()
        end,
      }, 2)
    end)
    for _, asked in ipairs(group.asked) do
      assert.is_true(asked.what ~= "list" or asked.at == 0 or asked.at >= 5, asked.at)
    end
  end)

  it("wants to look by id when the first is due, and by list at the mean of all", function()
    local made = new(goals.reach "STOPPED", { "a", "b" })
    made:seen(1, { id = "a", status = "RUNNING" }, "list", 0)
    made:seen(1, { id = "a", status = "RUNNING" }, "list", 10)
    made:seen(2, { id = "b", status = "RUNNING" }, "list", 20)
    made:seen(2, { id = "b", status = "RUNNING" }, "list", 40)
    assert.equal(12, (made:due(true)))
    assert.equal((12 + 44) / 2, (made:due(false)))
  end)

  it("takes for missing in a list what was not seen since that began, and nothing else", function()
    local made = new(goals.teardown, { "a", "b", "c" })
    for place, at in ipairs { 3, 5 } do
      made:seen(place, { id = made.ids[place], status = "RUNNING" }, "list", at)
    end
    made:unlisted(4, 6)
    local lacks = {}
    for place = 1, 3 do
      lacks[place] = made.beliefs.situation[place].no_list
    end
    assert.same({ true, false, true }, lacks)
  end)

  it("notices at once what another one's look has shown", function()
    local id = group:fill(1)[1]
    local told_at = {}
    group.runtime.run(function()
      group.runtime.at(20, function()
        group.records[id].status = "STOPPED"
      end)
      local function waiter(delay)
        return function()
          group.runtime.sleep(delay)
          local one = new(goals.reach "STOPPED", { id })
          one:run()
          told_at[#told_at + 1] = group.runtime.now()
        end
      end
      group.runtime.gather({ waiter(0), waiter(19.9) }, 2)
    end)
    assert.is_true(math.abs(told_at[1] - told_at[2]) <= 0.1, "no later than after a tenth of a second")
    assert.is_true(told_at[1] < 20.6, told_at[1])
  end)

  it("takes what another one has sent, and how that was answered, for its own", function()
    local ids = group:fill(20)
    group.latency.batch = 1
    group.runtime.run(function()
      local functions = {}
      for i = 1, 25 do
        functions[i] = function()
          local one, heard = new(goals.teardown, ids)
          one:run()
          return heard
        end
      end
      for _, heard in ipairs((group.runtime.gather(functions, 25))) do
        for _, id in ipairs(ids) do
          assert.equal("deleted", heard.lists[id])
          assert.equal(1, heard.stops[id])
        end
      end
    end)
    local sent = {}
    for _, asked in ipairs(group.asked) do
      for _, item in ipairs(asked.what == "batch" and asked[1] or {}) do
        local key = item.id .. item.targetStatus
        sent[key] = (sent[key] or 0) + 1
      end
    end
    for _, id in ipairs(ids) do
      assert.equal(1, sent[id .. "STOPPED"])
      assert.is_true(sent[id .. "DELETED"] <= 2) -- once, and once to learn that it is gone
    end
  end)

  it("knows, where it joins later, what another one has sent", function()
    local ids = group:fill(5)
    group.times, group.hides_targets = { stop = 20 }, true
    group.runtime.run(function()
      local function stopper(delay)
        return function()
          group.runtime.sleep(delay)
          local one, heard = new(goals.stop, ids)
          one:run()
          return heard
        end
      end
      for _, heard in ipairs((group.runtime.gather({ stopper(0), stopper(5) }, 2))) do
        assert.same({ d00001 = 1, d00002 = 1, d00003 = 1, d00004 = 1, d00005 = 1 }, heard.stops)
      end
    end)
    assert.equal(2, group:counts().batch) -- at 0 s, and after 10 s without effect, for both
  end)

  it(
    "decides anew after it was asked whether there are batches: what was seen meanwhile is not sent any more",
    function()
      group:fill(4)
      function group.takes_batches()
        for _, id in ipairs { "d00001", "d00002", "d00003" } do
          group.records[id].status = "STOPPED"
          shared:tell(id, "seen", { id = id, status = "STOPPED" }, "get", group.runtime.now())
        end
        return true
      end
      run(goals.stop, { "d00001", "d00002", "d00003", "d00004" })
      assert.equal(1, group:counts().stop)
      assert.is_nil(group:counts().batch)
    end
  )

  it("decides anew after a callback that took its time: what others have sent meanwhile is not sent again", function()
    local ids = group:fill(5)
    group.runtime.run(function()
      local function stopper(is_slow)
        return function()
          local heard = listener()
          function heard.changed()
            if is_slow then
              group.runtime.sleep(1)
            end
          end
          new(goals.stop, ids, { listener = heard }):run()
        end
      end
      group.runtime.gather({ stopper(true), stopper(false) }, 2)
    end)
    assert.equal(1, group:counts().batch)
  end)

  describe("and its deadline", function()
    it("fails what is not done by then, and says why it was not", function()
      group.times = {}
      local ids = group:fill(2)
      local heard = run(goals.teardown, ids, { deadline = 60 })
      assert.same({ "timeout", "RUNNING" }, { heard.failures[ids[1]].reason, heard.failures[ids[1]].status })
      assert.is_true(group.runtime.now() <= 60)
    end)

    it("has a last look so early that it is over in time", function()
      local ids = group:fill(4)
      group.times, group.latency.list = {}, 3
      run(goals.reach "STOPPED", ids, { deadline = 60 })
      local last = group.asked[#group.asked]
      assert.is_true(last.at > 55 and last.at <= 57.1, last.at)
      assert.is_true(group.runtime.now() <= 60)
    end)

    it("has a last look, whatever the chance by which looks come sooner or later", function()
      for _, random in ipairs { 0, 0.25, 0.75, 0.999 } do
        start_anew()
        group.times = {}
        function group.random()
          return random
        end
        run(goals.reach "STOPPED", group:fill(4), { deadline = 60 })
        local last = group.asked[#group.asked].at
        assert.is_true(last >= 59 and last <= 59.5, last)
        assert.is_true(group.runtime.now() < 59.6) -- and then there is nothing to wait for
        assert.is_true(#group.asked <= 35, #group.asked)
      end
    end)

    it("has a last look also where it is short", function()
      for _, deadline in ipairs { 0.05, 0.3, 1, 3 } do
        start_anew()
        group.times = {}
        run(goals.reach "STOPPED", group:fill(1), { deadline = deadline })
        assert.is_true(group.asked[#group.asked].at >= 0.5 * deadline, deadline)
      end
    end)

    it("cuts off a look that hangs", function()
      group.latency.status = 1e6
      local heard = run(goals.reach "STOPPED", group:fill(1), { deadline = 60 })
      assert.equal("timeout", heard.failures.d00001.reason)
      assert.equal(60, group.runtime.now())
    end)

    it("cuts off sends that hang, and asks what became of them", function()
      group.latency.batch = 1e6
      local heard = run(goals.stop, group:fill(5), { deadline = 60 })
      assert.equal("timeout", heard.failures.d00001.reason)
      assert.is_true(group.runtime.now() <= 60.5)
    end)

    it("says why the last look failed, and why what was sent last did", function()
      local ids = group:fill(4)
      local refused = fake.failed { kind = "http", status = 409, code = "x", message = "not now" }
      group.errors.batch = refused
      local lists = 0
      function group.errors.list()
        lists = lists + 1
        return lists > 3 and fake.failed { kind = "http", status = 503, message = "busy" } or nil
      end
      local heard = run(goals.stop, ids, { deadline = 60 })
      local failure = heard.failures[ids[1]]
      assert.same({ "timeout", "busy", "not now" }, { failure.reason, failure.err.message, failure.refusal.message })
    end)
  end)

  describe("whose looks fail", function()
    it("says of no look that it failed where a later one did not", function()
      for _, count in ipairs { 1, 4 } do -- by id, by list
        start_anew()
        local ids, looked = group:fill(count), 0
        group.times = { stop = 1000 }
        local function fail_once()
          looked = looked + 1
          return looked == 3 and fake.failed { kind = "http", status = 503, message = "busy" } or nil
        end
        group.errors.list, group.errors.status = fail_once, fail_once
        local heard = run(goals.stop, ids, { deadline = 60 })
        assert.is_true(looked > 3)
        assert.same({ reason = "timeout", status = "RUNNING" }, heard.failures[ids[1]])
      end
    end)

    it("goes on until the deadline, whatever the error", function()
      for _, fields in ipairs {
        { kind = "transport" },
        { kind = "http", status = 404 },
        { kind = "http", status = 503 },
        { kind = "protocol" },
        { kind = "timeout" },
      } do
        start_anew()
        group.errors.status = fake.failed(fields)
        local ids = group:fill(1)
        group.runtime.at(50, function()
          group.errors.status, group.records[ids[1]].status = nil, "STOPPED"
        end)
        local heard = run(goals.reach "STOPPED", ids)
        assert.equal("done", heard.lists[ids[1]], fields.kind)
      end
    end)

    it("does not look at once again", function()
      group.errors.status = fake.failed { kind = "transport" }
      run(goals.reach "STOPPED", group:fill(1), { deadline = 60 })
      assert.is_true(#group.asked < 30, #group.asked)
    end)

    it("fails all where it has no permission twice, five seconds apart", function()
      local denied = fake.failed { kind = "auth", status = 403 }
      group.errors.list, group.errors.status = denied, denied
      local heard = run(goals.reach "STOPPED", group:fill(4))
      assert.same({ "denied", denied }, { heard.failures.d00001.reason, heard.failures.d00001.err })
      assert.is_true(group.runtime.now() >= 5 and group.runtime.now() < 8, group.runtime.now())
    end)

    it("goes on by GETs where lists are refused for good", function()
      group.errors.list = fake.failed { kind = "auth", status = 403 }
      local ids = group:fill(4)
      group.runtime.at(30, function()
        for _, id in ipairs(ids) do
          group.records[id].status = "STOPPED"
        end
      end)
      local heard = run(goals.reach "STOPPED", ids)
      assert.equal("done", heard.lists[ids[1]])
    end)

    it("goes on where permission was lacking for a moment", function()
      local ids = group:fill(4)
      function group.errors.list()
        local now = group.runtime.now()
        local denied = now >= 1 and now < 1.4 or now >= 7 and now < 9
        return denied and fake.failed { kind = "auth", status = 401 } or nil
      end
      group.runtime.at(30, function()
        for _, id in ipairs(ids) do
          group.records[id].status = "STOPPED"
        end
      end)
      local heard = run(goals.reach "STOPPED", ids)
      assert.equal("done", heard.lists[ids[1]])
    end)

    it("fails all at once by what is wrong with the settings", function()
      local wrong = fake.failed { kind = "config" }
      group.errors.status = wrong
      local heard = run(goals.reach "STOPPED", group:fill(2))
      assert.same({ "denied", wrong }, { heard.failures.d00001.reason, heard.failures.d00001.err })
      assert.equal(0, group.runtime.now())
    end)

    it("ends as cancelled where the client was closed", function()
      group.runtime.at(7, function()
        group.closed, group.errors.status = true, fake.failed { kind = "cancelled" }
      end)
      local heard, made = run(goals.reach "STOPPED", group:fill(1))
      assert.equal("cancelled", heard.failures.d00001.reason)
      assert.is_true(made.cancelled)
      assert.is_true(group.runtime.now() < 10)
    end)
  end)

  describe("whose sends fail", function()
    it("ends as cancelled where the client was closed", function()
      function group.errors.stop()
        group.closed = true
        return fake.failed { kind = "cancelled" }
      end
      local heard, made = run(goals.stop, group:fill(1))
      assert.equal("cancelled", heard.failures.d00001.reason)
      assert.is_true(made.cancelled)
    end)

    it("fails one that it may not touch, twice and five seconds apart, and goes on with the others", function()
      local ids = group:fill(3)
      function group.errors.stop(id)
        return id == ids[2] and fake.failed { kind = "auth", status = 403 } or nil
      end
      local heard = run(goals.teardown, ids)
      assert.same({ "denied", 403 }, { heard.failures[ids[2]].reason, heard.failures[ids[2]].err.status })
      assert.same({ [ids[1]] = "deleted", [ids[3]] = "deleted" }, heard.lists)
    end)

    it("fails one at once that is refused whatever its state", function()
      local ids = group:fill(5)
      function group.errors.batch(items)
        for _, item in ipairs(items) do
          if item.id == ids[2] then
            return fake.failed { kind = "http", status = 400, code = "x" }
          end
        end
      end
      function group.errors.stop()
        return fake.failed { kind = "http", status = 400, code = "x", message = "what is that?" }
      end
      posted.batches_work = true
      local heard = run(goals.stop, ids)
      assert.same({ "refused", "what is that?" }, {
        heard.failures[ids[2]].reason,
        heard.failures[ids[2]].refusal.message,
      })
      assert.equal("done", heard.lists[ids[1]])
      assert.is_true(group.runtime.now() < 10)
    end)

    it("sends again what was refused, until it is accepted", function()
      local ids = group:fill(1)
      function group.errors.stop()
        return group.runtime.now() < 10 and fake.failed { kind = "http", status = 409, code = "x" } or nil
      end
      local heard = run(goals.stop, ids)
      assert.equal("done", heard.lists[ids[1]])
      assert.equal(5, group:counts().stop) -- at 0, 1, 3, 7 and 15 s
    end)

    it("fails what is refused for two minutes", function()
      local refused = fake.failed { kind = "http", status = 409, code = "x" }
      group.errors.stop = refused
      local heard = run(goals.stop, group:fill(1))
      assert.same({ "refused", refused }, { heard.failures.d00001.reason, heard.failures.d00001.refusal })
      assert.is_true(group.runtime.now() >= 120 and group.runtime.now() < 145, group.runtime.now())
    end)

    it("sends again what was accepted and had no effect, more and more rarely", function()
      group.times = {}
      local at = {}
      function group.errors.stop()
        at[#at + 1] = group.runtime.now()
        group.records.d00001.targetStatus = nil
      end
      local record = group:fill(1) and group.records.d00001
      group.records.d00001 = setmetatable({}, {
        __index = record,
        __newindex = function() end, -- nothing shows
      })
      run(goals.stop, { "d00001" }, { deadline = 200 })
      assert.is_true(#at >= 4 and #at <= 6, #at)
      for i, gap in ipairs { 10, 20, 40 } do
        local found = at[i + 1] - at[i]
        assert.is_true(found >= gap and found < gap + 10, found)
      end
    end)
  end)

  describe("that is ended from outside", function()
    it("fails what is open as cancelled, and leaves nothing behind", function()
      local ids, made, heard = group:fill(5), nil, nil
      group.times = {}
      group.runtime.run(function()
        made, heard = new(goals.teardown, ids)
        local thread = coroutine.running()
        group.runtime.at(7, function()
          group.runtime.cancel(thread)
        end)
        made:run()
      end)
      assert.is_true(made.cancelled)
      assert.equal("cancelled", heard.failures[ids[1]].reason)
      assert.equal(7, group.runtime.now())
      assert.equal(0, #shared:observers())
      assert.equal(0, #posted.in_flight)
    end)

    it("by a callback that raises: what stops it finds all that was done, and nobody is left behind", function()
      local ids = group:fill(4)
      group.records[ids[1]].status = "STOPPED"
      group.runtime.run(function()
        local made, heard = new(goals.stop, ids)
        heard.changed = function()
          if next(heard.lists) then
            error("oh", 0)
          end
        end
        local ok, failure = pcall(made.run, made)
        assert.same({ false, "oh" }, { ok, failure })
        made:stop(true)
        assert.equal("skipped", heard.lists[ids[1]])
        assert.equal("cancelled", heard.failures[ids[2]].reason)
        assert.equal(0, #shared:observers())
        made:stop(true)
      end)
    end)

    it("does not hinder others in the same group", function()
      local ids = group:fill(8)
      local first, second = { ids[1], ids[2], ids[3], ids[4] }, { ids[5], ids[6], ids[7], ids[8], ids[1] }
      group.latency.list = 0.2
      group.runtime.run(function()
        local thread = group.runtime.spawn(function()
          new(goals.teardown, first):run()
        end)
        group.runtime.at(0.1, function()
          group.runtime.kill(thread)
        end)
        local made, heard = new(goals.teardown, second)
        made:run()
        for _, id in ipairs(second) do
          assert.equal("deleted", heard.lists[id])
        end
      end)
    end)
  end)

  describe("whose deployments may still have to appear", function()
    it("waits for one that this client has created", function()
      group.appears["d-new"] = 300
      group.runtime.at(100, function()
        group.records["d-new"] = { status = "RUNNING" }
      end)
      local heard = run(goals.reach "RUNNING", { "d-new" })
      assert.equal("done", heard.lists["d-new"])
      assert.is_true(group.runtime.now() < 111)
    end)

    it("waits as long as the caller says", function()
      local heard = run(goals.reach "GONE", { "d-new" }, { appear = 50 })
      assert.equal("absent", heard.lists["d-new"])
      assert.is_true(group.runtime.now() >= 50 and group.runtime.now() < 65, group.runtime.now())
    end)

    it("does not wait where the caller says so, whatever this client has created", function()
      group.appears["d-new"] = 300
      local heard = run(goals.reach "GONE", { "d-new" }, { appear = 0 })
      assert.equal("absent", heard.lists["d-new"])
      assert.is_true(group.runtime.now() < 5)
    end)

    it("gives up one that is to be torn down after half a minute", function()
      group.appears["d-new"] = 300
      local heard = run(goals.teardown, { "d-new" }, { unwanted = true })
      assert.equal("absent", heard.lists["d-new"])
      assert.is_true(group.runtime.now() >= 30 and group.runtime.now() < 45, group.runtime.now())
    end)
  end)

  describe("and what it tells", function()
    it("is told between two rounds, of rounds in which something has changed", function()
      local ids = group:fill(1)
      local states = {}
      local heard = listener()
      function heard.changed(_, made)
        local s = made.beliefs.situation[1]
        states[#states + 1] = (s and s.status or "over") .. (s and s.target and ">" .. s.target or "")
      end
      run(goals.stop, ids, { listener = heard })
      assert.same({ "RUNNING", "RUNNING>STOPPED", "over" }, states)
    end)

    it("is the whole record, where that is wanted", function()
      local ids = group:fill(1)
      local heard = run(goals.reach "RUNNING", ids, { keep = true })
      assert.same({ id = ids[1], status = "RUNNING" }, heard.records[ids[1]])
      heard = run(goals.reach "RUNNING", ids)
      assert.is_nil(heard.records[ids[1]])
    end)
  end)

  it("settles everything by the deadline, whatever the service does", function()
    for seed = 1, 150 do
      start_anew()
      local state = seed * 7919
      local function random()
        state = state * 16807 % 2147483647
        return (state - 1) / 2147483646
      end
      random()
      local kinds = { { kind = "transport", retryable = true }, { kind = "http", status = 503, retryable = true } }
      kinds[3], kinds[4] = { kind = "http", status = 409, code = "x" }, { kind = "http", status = 404 }
      local rate = random() * 0.6
      for _, what in ipairs { "status", "list", "batch", "stop", "delete" } do
        group.errors[what] = function()
          return random() < rate and fake.failed { kind = kinds[1 + math.floor(random() * 4)].kind } or nil
        end
        group.latency[what] = function()
          return random() ^ 4 * 5
        end
      end
      group.batches, group.times = random() < 0.5, { stop = random() * 20, delete = random() * 20 }
      local ids = group:fill(1 + math.floor(random() * 12))
      local heard = run(goals.teardown, ids, { deadline = 120 })
      assert.is_true(group.runtime.now() <= 120.5)
      for _, id in ipairs(ids) do
        local word = heard.lists[id]
        assert.is_true(word == "deleted" or heard.failures[id] ~= nil, "seed " .. seed)
        assert.is_true(word == nil or group.records[id] == nil, "seed " .. seed .. ": it stands")
      end
    end
  end)
end)
