--- Looks that are shared, over a service that is a table and on a virtual clock.

local fake = require "spec.fleet.fake_group"
local looks = require "aicore.fleet.looks"

describe("looks", function()
  local group, shared

  before_each(function()
    group = fake.new()
    shared = looks.new(group)
  end)

  --- A goal that waits for these, and what it was told: id -> "RUNNING by get" and the like.
  local function observer(ids, fields)
    local made = { ids = ids, open = #ids, told = {}, due_at = 0, troubles = {}, lacks = 0 }
    local places = {}
    for place, id in ipairs(ids) do
      places[id] = place
    end
    function made.place_of(_, id)
      return places[id]
    end
    function made:seen(place, record, by)
      self.told[self.ids[place]] = record.status .. " by " .. by
    end
    function made:missing(place, by)
      self.told[self.ids[place]] = "missing by " .. by
    end
    function made:unlisted(began)
      self.lacks, self.began = self.lacks + 1, began
    end
    function made:trouble(place, err)
      self.troubles[#self.troubles + 1] = { place or "all", err.kind }
    end
    function made:due()
      return self.due_at, self.latest or math.huge
    end
    local function each(_, _, act)
      for _, id in ipairs(ids) do
        act(id)
      end
    end
    made.each_due, made.each_open = each, each
    function made:each_doubtful(_, act)
      for _, id in ipairs(self.doubtful or {}) do
        act(id)
      end
    end
    function made:each_unseen(_, act)
      for _, id in ipairs(self.unseen or {}) do
        act(id)
      end
    end
    function made:each_to_get(_, act)
      for _, id in ipairs(self.to_get or {}) do
        act(id)
      end
    end
    for name, value in pairs(fields or {}) do
      made[name] = value
    end
    return made
  end

  --- One look for these observers.
  local function look(...)
    local observers = { ... }
    return group.runtime.run(function()
      for _, one in ipairs(observers) do
        shared:join(one)
      end
      local went_on = shared:share(1000, 1000)
      for _, one in ipairs(observers) do
        shared:leave(one)
      end
      return went_on
    end)
  end

  describe("by id or by list", function()
    it("are a GET each for up to three, while nothing is known of the group", function()
      local ids = group:fill(3)
      local one = observer(ids)
      assert.is_true(look(one))
      assert.same({ status = 3 }, group:counts())
      assert.same({ d00001 = "RUNNING by get", d00002 = "RUNNING by get", d00003 = "RUNNING by get" }, one.told)
    end)

    it("are one list for more", function()
      local one = observer(group:fill(4))
      look(one)
      assert.same({ list = 1 }, group:counts())
      assert.equal("RUNNING by list", one.told.d00004)
    end)

    -- Records in the group's last list, and the most that are asked for by id.
    for size, most in pairs { [10] = 3, [300] = 3, [400] = 4, [1000] = 10, [3200] = 32, [100000] = 32 } do
      it(("are a GET each for up to %d of %d"):format(most, size), function()
        shared.size = size
        for count, expected in pairs { [most] = true, [most + 1] = false } do
          local one = observer(group:fill(count))
          group.runtime.run(function()
            shared:join(one)
            assert.equal(expected, shared:by_id())
            shared:leave(one)
          end)
        end
      end)
    end

    it("count what all goals wait for", function()
      local ids = group:fill(4)
      look(observer { ids[1], ids[2] }, observer { ids[3], ids[4] })
      assert.same({ list = 1 }, group:counts())
    end)

    it("turn to GETs where the first page shows that they are cheaper", function()
      local ids = group:fill(5000)
      group.count = "total"
      local mine = {}
      for i = 1, 20 do
        mine[i] = ids[4900 + i]
      end
      local one = observer(mine)
      look(one)
      assert.same({ list = 1, status = 20 }, group:counts())
      assert.equal(500, group.asked[1][1]) -- a small page, as nothing was known
      assert.equal("RUNNING by get", one.told[mine[20]])
      look(one)
      assert.same({ list = 1, status = 40 }, group:counts())
    end)

    it("read on where the first page is all that there is, or more wait than GETs are good for", function()
      local one = observer(group:fill(600))
      look(one)
      assert.same({ list = 1 }, group:counts())
      assert.equal(10000, group.asked[1][1]) -- no small page, as many are waited for
      assert.equal("RUNNING by list", one.told.d00600)
      group, shared = fake.new(), nil
      shared = looks.new(group)
      one = observer(group:fill(32))
      group.count, group.cap = "total", 20
      look(one)
      assert.same({ list = 2 }, group:counts())
      assert.equal("RUNNING by list", one.told.d00032)
    end)
  end)

  describe("by id", function()
    it("go up to 32 at once", function()
      shared.size = 10000
      group.latency.status = 1
      look(observer(group:fill(32)))
      assert.equal(32, group.most)
      assert.equal(1, group.runtime.now())
    end)

    it("tell what is missing, and what is in trouble", function()
      local one = observer { "d-gone", "d-sick", "d-well" }
      group.records = { ["d-well"] = { status = "STOPPED" }, ["d-sick"] = { status = "STOPPED" } }
      function group.errors.status(id)
        return id == "d-sick" and fake.failed { kind = "http", status = 404 } or nil
      end
      look(one)
      assert.same({ ["d-gone"] = "missing by get", ["d-well"] = "STOPPED by get" }, one.told)
      assert.same({ { 2, "http" } }, one.troubles)
    end)

    it("tell of each as soon as it is known: a slow one holds up none of the others", function()
      local ids, told_at = group:fill(3), {}
      function group.latency.status(id)
        return id == ids[2] and 500 or 1
      end
      local one = observer(ids, {
        seen = function(_, place)
          told_at[place] = group.runtime.now()
        end,
      })
      look(one)
      assert.same({ [1] = 1, [3] = 1 }, told_at)
      assert.equal(10, group.runtime.now())
      assert.same({ { 2, "timeout" } }, one.troubles)
    end)

    it("wait four times as long as the last good answers took, and twice as long after two without any", function()
      local ids, slow = group:fill(2), 6
      function group.latency.status()
        return slow
      end
      local function seconds_of_look()
        local began, one = group.runtime.now(), observer(ids)
        look(one)
        return group.runtime.now() - began, #one.troubles
      end
      assert.same({ 6, 0 }, { seconds_of_look() })
      slow = 23
      assert.same({ 23, 0 }, { seconds_of_look() })
      slow = 150
      assert.same({ 92, 2 }, { seconds_of_look() })
      assert.same({ 92, 2 }, { seconds_of_look() })
      assert.same({ 150, 0 }, { seconds_of_look() })
    end)

    it("wait for a single one until the deadline", function()
      local ids = group:fill(1)
      function group.latency.status()
        return 500
      end
      local one = observer(ids)
      look(one)
      assert.same({ [ids[1]] = "RUNNING by get" }, one.told)
    end)

    it("ask once for one that two wait for, and tell both", function()
      local ids = group:fill(2)
      local one, two = observer { ids[1], ids[2] }, observer { ids[2] }
      look(one, two)
      assert.same({ status = 2 }, group:counts())
      assert.equal("RUNNING by get", one.told[ids[2]])
      assert.equal("RUNNING by get", two.told[ids[2]])
    end)

    it("ask for those that are due, and for no others", function()
      local ids = group:fill(3)
      look(observer(ids, {
        each_due = function(_, _, act)
          act(ids[3])
        end,
      }))
      assert.same({ status = 1 }, group:counts())
      assert.equal(ids[3], group.asked[1][1])
    end)

    it("give each GET the deadline", function()
      group.runtime.run(function()
        shared:join(observer(group:fill(1)))
        shared:share(7, 5)
      end)
      assert.equal(5, group.asked[1].deadline)
    end)
  end)

  describe("by list", function()
    it("tell what it lacks once it is complete", function()
      local ids = group:fill(5)
      group.records[ids[5]] = nil
      local one = observer(ids)
      look(one)
      assert.same({ 1, 0 }, { one.lacks, one.began })
      assert.is_nil(one.told[ids[5]])
      assert.same({}, one.troubles)
    end)

    it("do not read on once all were seen who are waited for", function()
      local ids = group:fill(40)
      shared.size, group.cap = 40, 10
      local one = observer { ids[1], ids[2], ids[3], ids[12] }
      look(one)
      assert.same({ list = 2 }, group:counts())
      assert.equal(0, one.lacks) -- it lacks nothing that was asked for
    end)

    it("that are not complete tell nothing of what they do not show, but show what they show", function()
      local ids = group:fill(5)
      group.records[ids[5]], group.count = nil, "more"
      local one = observer(ids)
      look(one)
      assert.equal("RUNNING by list", one.told[ids[1]])
      assert.equal(0, one.lacks)
      assert.same({ { "all", "protocol" } }, one.troubles)
    end)

    it("that are not complete are not kept for those who have left meanwhile", function()
      local ids = group:fill(5)
      group.records[ids[5]], group.count, group.cap = nil, "more", 2
      local one = observer(ids)
      function one:seen(place)
        if place == 3 then -- in the second page
          shared:leave(self)
        end
      end
      group.runtime.run(function()
        shared:join(one)
        shared:share(1000, 1000)
      end)
      assert.is_nil(shared.doubtful)
    end)

    it("are believed where the next one shows the same: the count is what is odd", function()
      local ids = group:fill(5)
      group.records[ids[5]], group.count = nil, "more"
      local one = observer(ids)
      group.runtime.run(function()
        shared:join(one)
        shared:share(100, 100)
        assert.equal(0, one.lacks)
        shared:share(100, 100)
        assert.equal(1, one.lacks)
      end)
    end)

    it("that show now these, now those, are followed by GETs of some that were not seen, after three", function()
      local ids = group:fill(60)
      group.count = "more"
      local one = observer(ids, { unseen = ids })
      group.runtime.run(function()
        shared:join(one)
        for round = 1, 4 do
          for i = 1, 60 do
            group.records[ids[i]].unlisted = i > round or nil
          end
          shared:share(100, 100)
          assert.equal(0, one.lacks)
          assert.equal(round > 2 and 32 * (round - 2) or nil, group:counts().status)
        end
      end)
      local asked = {}
      for _, request in ipairs(group.asked) do
        asked[request.what == "status" and request[1] or ""] = true
      end
      for _, id in ipairs(ids) do
        assert.is_true(asked[id]) -- with each list the next ones
      end
    end)

    it("are followed by GETs of more and more where those show that some are gone, twice of each", function()
      local ids = group:fill(100)
      for i = 1, 70 do
        group.records[ids[i]] = nil
      end
      local one = observer(ids, { doubtful = ids })
      look(one)
      assert.equal(2 * 70 + 30, group:counts().status)
      assert.equal("missing by get", one.told[ids[1]])
      group.asked = {}
      for i = 1, 70 do
        group.records[ids[i]] = { id = ids[i], status = "RUNNING", unlisted = true }
      end
      look(one)
      assert.equal(32, group:counts().status)
    end)

    it("ask no further about what is settled, and in one look not twice about what was found", function()
      local ids, settled = group:fill(100), {}
      for i = 1, 50 do
        group.records[ids[i]] = nil
      end
      local found = ids[60] -- among the next ones
      local one = observer(ids, { doubtful = ids, to_get = { found } })
      local place_of = one.place_of
      function one:place_of(id)
        return not settled[id] and place_of(self, id) or nil
      end
      function one:missing(place)
        settled[self.ids[place]] = true
      end
      look(one)
      local asked = {}
      for _, request in ipairs(group.asked) do
        if request.what == "status" then
          asked[request[1]] = (asked[request[1]] or 0) + 1
        end
      end
      assert.same({ 1, 1 }, { asked[ids[1]], asked[found] })
    end)

    it(
      "are followed by GETs of all that need one, but in turns of those that they can only show to be there",
      function()
        local ids = group:fill(100)
        local doubtful = {}
        for i = 1, 60 do
          doubtful[i], group.records[ids[i]].unlisted = ids[i], true
        end
        group.records[ids[99]].unlisted = true
        local one = observer(ids, { doubtful = doubtful, to_get = { ids[1], ids[99] } })
        look(one)
        assert.equal(33, group:counts().status) -- 32 of the 60, one of them needs a GET anyway
        assert.equal("RUNNING by get", one.told[ids[99]])
        look(one)
        for _, id in ipairs(doubtful) do
          assert.equal("RUNNING by get", one.told[id])
        end
      end
    )

    it("that fail are followed by GETs after three, too", function()
      group.errors.list = fake.failed { kind = "http", status = 503 }
      local ids = group:fill(5)
      local one = observer(ids, { unseen = { ids[2] } })
      group.runtime.run(function()
        shared:join(one)
        for _ = 1, 3 do
          assert.same({}, one.told)
          shared:share(100, 100)
        end
      end)
      assert.same({ [ids[2]] = "RUNNING by get" }, one.told)
    end)

    it("are followed by 32 GETs in turns, once none of all that needed one was answered, until one is", function()
      local ids = group:fill(100)
      local one = observer(ids, { to_get = ids })
      group.errors.status = fake.failed { kind = "auth", status = 403 }
      look(one)
      assert.equal(100, group:counts().status)
      for turn = 1, 4 do
        look(one)
        assert.equal(100 + 32 * turn, group:counts().status)
      end
      group.errors.status = nil
      look(one)
      look(one)
      assert.equal(100 + 32 * 5 + 100, group:counts().status)
    end)

    it("that fail are told of to all", function()
      group.errors.list = fake.failed { kind = "http", status = 503 }
      local one, two = observer(group:fill(4)), observer(group:fill(5))
      look(one, two)
      assert.same({ { "all", "http" } }, one.troubles)
      assert.same({ { "all", "http" } }, two.troubles)
      assert.same({ 0, 0 }, { one.lacks, two.lacks })
    end)

    it("are followed by GETs of what only they can tell", function()
      local ids = group:fill(5)
      local one = observer(ids, { to_get = { ids[2], ids[4] } })
      look(one)
      assert.same({ list = 1, status = 2 }, group:counts())
      assert.equal("RUNNING by get", one.told[ids[2]])
      assert.equal("RUNNING by list", one.told[ids[1]])
    end)

    it("serve thousands who wait for one each", function()
      local ids, observers = group:fill(2000), {}
      for i, id in ipairs(ids) do
        observers[i] = observer { id }
      end
      look((rawget(table, "unpack") or unpack)(observers))
      for i, id in ipairs(ids) do
        assert.equal("RUNNING by list", observers[i].told[id])
      end
      assert.is_true(group:counts().list <= 5) -- pages of 500
    end)
  end)

  describe("that are shared", function()
    local function run_all(count, act)
      return group.runtime.run(function()
        local functions = {}
        for i = 1, count do
          functions[i] = function()
            return act(i)
          end
        end
        return (group.runtime.gather(functions, count))
      end)
    end

    it("are one look for all who wait at the same time", function()
      local ids = group:fill(3)
      group.latency.status = 1
      run_all(3, function(i)
        shared:join(observer { ids[i] })
        group.runtime.sleep(0.1 * i)
        assert.is_true(shared:share(100, 100))
        return assert.is_true(math.abs(group.runtime.now() - 1.1) < 0.1)
      end)
      assert.same({ status = 3 }, group:counts())
    end)

    it("wait until one is due, no longer than they may, and longer than that never", function()
      local one = observer(group:fill(1), { due_at = 10 })
      group.runtime.run(function()
        shared:join(one)
        assert.is_true(shared:share(4, 100))
        assert.same({ 4, 0 }, { group.runtime.now(), #group.asked })
        assert.is_true(shared:share(100, 100))
        assert.same({ 10, 1 }, { group.runtime.now(), #group.asked })
      end)
    end)

    it("come a tenth sooner or later, by chance", function()
      for random, at in pairs { [0] = 9, [0.5] = 10, [0.999999] = 11 } do
        group = fake.new()
        shared = looks.new(group)
        function group.random()
          return random
        end
        group.runtime.run(function()
          shared:join(observer(group:fill(1), { due_at = 10 }))
          shared:share(100, 100)
        end)
        assert.is_true(math.abs(group.runtime.now() - at) < 0.01, group.runtime.now())
      end
    end)

    it("put off nobody's last look, neither by chance nor as lists take long", function()
      function group.random()
        return 0.999
      end
      group.latency.list = 8
      group.runtime.run(function()
        shared:join(observer(group:fill(5), { due_at = 30, latest = 20 }))
        shared:share(100, 100)
        assert.equal(20, group.asked[1].at)
        shared:leave(shared:observers()[1])
        shared:join(observer(group:fill(5), { due_at = 30, latest = 32 }))
        shared:share(100, 100)
        assert.equal(32, group.asked[2].at)
      end)
    end)

    it("come sooner where one joins that is due before", function()
      local ids = group:fill(2)
      run_all(2, function(i)
        group.runtime.sleep(i == 2 and 5 or 0)
        shared:join(observer({ ids[i] }, { due_at = i == 2 and 5 or 60 }))
        shared:share(100, 100)
        return assert.is_true(group.runtime.now() <= 6)
      end)
    end)

    it("by a list that takes long leave as much time between", function()
      local ids = group:fill(5)
      group.latency.list = 4
      group.runtime.run(function()
        shared:join(observer(ids))
        shared:share(100, 100)
        shared:share(100, 100)
      end)
      assert.equal(12, group.runtime.now())
      assert.equal(4, shared.took)
    end)

    it("end with the host's wish to have control back", function()
      group.runtime.run(function()
        shared:join(observer(group:fill(1), { due_at = 50 }))
        local thread = coroutine.running()
        group.runtime.at(3, function()
          group.runtime.cancel(thread)
        end)
        assert.is_false(shared:share(100, 100))
        assert.equal(3, group.runtime.now())
      end)
    end)

    it("go on without one that is cancelled while it looks for all", function()
      local ids = group:fill(2)
      group.latency.status = 5
      local results = run_all(2, function(i)
        shared:join(observer { ids[i] })
        if i == 1 then
          local thread = coroutine.running()
          group.runtime.at(1, function()
            group.runtime.cancel(thread)
          end)
        end
        return tostring(shared:share(100, 100)) .. group.runtime.now()
      end)
      assert.matches("^false1", results[1])
      assert.matches("^true5", results[2])
      assert.equal(2, #group.asked)
    end)

    it("are begun again by another where a callback raises", function()
      local ids = group:fill(2)
      local results = run_all(2, function(i)
        local one = observer({ ids[i] }, {
          seen = i == 1 and function()
            error("oh", 0)
          end or nil,
        })
        shared:join(one)
        local ok = pcall(shared.share, shared, 100, 100)
        if i == 1 then
          shared:leave(one)
          group.runtime.sleep(10)
        end
        return ok
      end)
      assert.same({ false, true }, results)
      assert.is_true(group.asked[#group.asked].at < 1)
      assert.equal(ids[2], group.asked[#group.asked][1])
    end)

    it("forget who is dead: its host has dropped it", function()
      local ids = group:fill(2)
      local gone = coroutine.create(function()
        shared:join(observer { ids[1] })
      end)
      coroutine.resume(gone)
      local here = observer { ids[2] }
      look(here)
      assert.same({ status = 1 }, group:counts())
      assert.equal(0, #shared:observers())
    end)

    it("leave nothing behind of those who have left", function()
      local one = observer(group:fill(3))
      look(one)
      one.told = {}
      look(observer { "d00001" })
      assert.same({}, one.told)
      assert.equal(0, #shared:observers())
    end)
  end)
end)
