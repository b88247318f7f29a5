--- What those who look are shown of the world.

local emulator = require "aicore.emulator"

local NOW = 1700000000

describe("the view of the world", function()
  local model, now

  before_each(function()
    model, now = emulator.new(), NOW
  end)

  local function set(settings)
    for name, value in pairs(settings) do
      model.settings[name] = value
    end
  end

  local function seed(fields)
    return model.world:seed(fields or {}, now)
  end

  local function change(deployment, action)
    model.world:advance(now)
    assert.is_true(model.world:change(deployment, action, { now = now }))
  end

  local function after(seconds)
    now = NOW + seconds
    model.world:advance(now)
  end

  local function get(id)
    local deployment = model.view:get("default", id, now)
    return deployment and deployment.status or "-"
  end

  -- The words of all that a list shows, in its order.
  local function list(accepts)
    local words = {}
    local found = model.view:list("default", accepts or function()
      return true
    end, now)
    for i, deployment in ipairs(found) do
      words[i] = deployment.status
    end
    return table.concat(words, " ")
  end

  describe("in one deployment", function()
    it("is behind by the lag of a replica", function()
      set { read_lag = 10, stop_time = 0, delete_time = 5, start_time = 0 }
      local deployment = seed()
      change(deployment, "stop")
      after(1)
      change(deployment, "delete")
      assert.equal("RUNNING", get(deployment.id))
      after(9.9)
      assert.equal("RUNNING", get(deployment.id))
      after(10)
      assert.equal("STOPPED", get(deployment.id))
      assert.is_nil(model.world:get("default", deployment.id)) -- since 6 s
      after(15.9)
      assert.equal("STOPPED", get(deployment.id))
      after(16)
      assert.equal("-", get(deployment.id))
      local new = model.world:create("default", "conf-1", nil, { now = now })
      assert.equal("-", get(new.id))
      after(26)
      assert.equal("RUNNING", get(new.id))
    end)

    it("is behind by one of several lags, as replicas take turns", function()
      set { read_lag = 10, replicas = 3, stop_time = 0 }
      local deployment, seen = seed(), {}
      change(deployment, "stop")
      for i, second in ipairs { 0.5, 5.5, 9.5, 10.5 } do
        after(second)
        local stopped = 0
        for _ = 1, 600 do
          stopped = stopped + (get(deployment.id) == "STOPPED" and 1 or 0)
        end
        seen[i] = math.floor(stopped / 200 + 0.5)
      end
      assert.same({ 1, 2, 2, 3 }, seen)
    end)

    it("does not find a new one for a while, or by chance", function()
      set { appear_time = 100 }
      local deployment = seed { age = 0 }
      seed()
      assert.equal("RUNNING", get "d000000000000002")
      after(99)
      assert.equal("-", get(deployment.id))
      assert.equal("RUNNING RUNNING", list())
      set { appear_chance = 0.5 }
      local words = {}
      for i = 1, 100 do
        words[i] = get(deployment.id)
      end
      assert.matches("RUNNING.*%-.*RUNNING", table.concat(words, " "))
      after(100)
      set { appear_chance = 0 }
      assert.equal("RUNNING", get(deployment.id))
    end)
  end)

  describe("in a list", function()
    it("is behind by the lag of lists, which GET is not", function()
      set { list_lag = 30, stop_time = 0, delete_time = 0, start_time = 0 }
      local deployment = seed()
      after(1)
      change(deployment, "stop")
      local new = model.world:create("default", "conf-1", nil, { now = now })
      after(2)
      change(deployment, "delete")
      assert.same({ "RUNNING", "-", "RUNNING" }, { list(), get(deployment.id), get(new.id) })
      after(31)
      assert.equal("STOPPED RUNNING", list())
      assert.equal(
        "STOPPED",
        list(function(state)
          return state.status == "STOPPED"
        end)
      )
      after(32)
      assert.equal("RUNNING", list())
    end)

    it("keeps those that are gone as long as they may be shown, and no longer", function()
      set { list_lag = 30, delete_time = 0 }
      local function remembered()
        local count = 0
        for _ in pairs(model.world.groups.deployments.default.by_id) do
          count = count + 1
        end
        return count
      end
      for i = 1, 100 do
        after(i)
        change(seed { status = "STOPPED" }, "delete")
        assert.is_true(remembered() < 100)
      end
      assert.is_true(remembered() >= 30)
      set { list_lag = 0 }
      change(seed { status = "STOPPED" }, "delete")
      assert.is_true(remembered() < 100)
    end)

    it("misses records for a while, each its own, new ones most of all", function()
      set { list_misses = 0.04, list_misses_time = 10 }
      for _ = 1, 1000 do
        seed()
      end
      local function missing()
        return 1000 - #model.view:list("default", function()
          return true
        end, now)
      end
      local function is_missed(number)
        local found = model.view:list("default", function(deployment)
          return deployment.number == number
        end, now)
        return #found == 0
      end
      assert.is_true(missing() > 20 and missing() < 60)
      local function nothing()
        return false
      end
      assert.equal("", list(nothing))
      local times = 0
      for second = 1, 200 do
        after(second)
        times = times + (is_missed(1) and 1 or 0)
      end
      assert.is_true(times <= 40)
      model.world:clear()
      for _ = 1, 1000 do
        seed { age = 0 }
      end
      assert.is_true(missing() > 150 and missing() < 250)
      after(220)
      assert.is_true(missing() < 60)
    end)

    it("misses each from another time on", function()
      set { list_misses = 0.5, list_misses_time = 10 }
      for _ = 1, 1000 do
        seed()
      end
      local function missed()
        local set_of, found = {}, model.view:list("default", function()
          return true
        end, now)
        for _, deployment in ipairs(found) do
          set_of[deployment.id] = true
        end
        return set_of
      end
      local before = missed()
      for second = 1, 20 do
        after(second)
        local these, changed = missed(), 0
        for number = 1, 1000 do
          local id = ("d%015d"):format(number)
          changed = changed + (these[id] ~= before[id] and 1 or 0)
        end
        assert.is_true(changed > 10 and changed < 120, changed)
        before = these
      end
    end)

    it("remembers the last that goes, if it may be shown again", function()
      set { list_ghosts = 1, delete_time = 0 }
      change(seed { status = "DEAD" }, "delete")
      assert.equal("DEAD", list())
      assert.equal("", list())
    end)

    it("does not mistake one for another that had the same id before", function()
      set { list_lag = 30, delete_time = 0 }
      seed { id = "d-same" }
      seed { id = "d-same", status = "DEAD" }
      assert.equal(1, model.world:size())
      change(model.world:get("default", "d-same"), "delete")
      seed { id = "d-same", status = "STOPPED" }
      assert.equal(1, model.world:size())
      after(31)
      for _ = 1, 10 do
        change(seed { status = "DEAD" }, "delete")
      end
      assert.equal("STOPPED", get "d-same")
    end)

    it("shows one that is gone once more", function()
      set { list_ghosts = 0.2, delete_time = 0 }
      local deployment = seed { status = "DEAD" }
      seed()
      change(deployment, "delete")
      local seen = {}
      for i = 1, 100 do
        seen[i] = list()
        assert.equal("-", get(deployment.id))
      end
      local _, count = table.concat(seen, "\n"):gsub("DEAD RUNNING", "")
      assert.equal(1, count)
    end)

    it("is empty while the index is out of order", function()
      local deployment = seed()
      set { list_empty = true }
      assert.equal("", list())
      assert.equal("RUNNING", get(deployment.id))
    end)

    it("begins elsewhere by chance, each time a few places", function()
      set { page_shifts = 0.5 }
      local turns, before = {}, 0
      for _ = 1, 100 do
        local _, turn = model.view:list("default", function()
          return true
        end, now)
        turns[turn - before], before = true, turn
      end
      assert.is_true(turns[0] and turns[3] and turns[-3])
      assert.is_nil(turns[4])
    end)
  end)

  describe("of records", function()
    -- How many of a thousand look so.
    local function looks(settings, in_list)
      set(settings)
      local guises, counts = model.view:guises(in_list), {}
      for number = 1, 1000 do
        local mark = guises({ number = number }).mark
        counts[mark] = (counts[mark] or 0) + 1
        for _, word in ipairs { mark:match "^/(.*)/(.*)/(.*)$" } do
          counts[word] = (counts[word] or 0) + 1
        end
      end
      return counts
    end

    it("is as it should be, unless a setting says otherwise", function()
      assert.is_nil(model.view:guises(true))
      set { odd_records = 0.5 }
      assert.is_nil(model.view:guises(false))
    end)

    it("hides targets and spoils stamps by the record", function()
      local counts = looks({ hide_target = 0.25, stamps = "mixed", odd_records = 0.5 }, false)
      assert.is_true(counts.hidden > 200 and counts.hidden < 300)
      for _, word in ipairs { "right", "missing", "still", "back" } do
        assert.is_true(counts[word] > 190 and counts[word] < 310, word)
      end
      assert.is_true(counts["/hidden/back/none"] > 20 and counts["/shown/right/none"] > 100)
      assert.equal(1000, counts.none)
      assert.equal(1000, looks({ hide_target = 1, stamps = "back" }, false).hidden)
      assert.equal(1000, looks({ hide_target = 0, stamps = "back" }, false).back)
    end)

    it("is odd in lists by the record, another one with another seed", function()
      local counts = looks({ odd_records = 0.4 }, true)
      for _, word in ipairs { "no_id", "number_as_id", "null_as_status", "number_as_status" } do
        assert.is_true(counts[word] > 60 and counts[word] < 140, word)
      end
      local first, second = model.view:guises(true), emulator.new({ seed = 2 }).view
      second.settings.odd_records = 0.4
      second = second:guises(true)
      local same = 0
      for number = 1, 1000 do
        same = same + (first { number = number } == second { number = number } and 1 or 0)
      end
      assert.is_true(same < 600)
    end)
  end)

  it("draws nothing where nothing is set", function()
    local draws = 0
    model.view.draw = function()
      draws = draws + 1
      return 0
    end
    local deployment = seed { status = "STOPPED" }
    set { delete_time = 1 }
    change(deployment, "delete")
    assert.same({ "STOPPED", "STOPPED" }, { get(deployment.id), list() })
    after(1)
    assert.same({ "-", "" }, { get(deployment.id), list() })
    assert.is_nil(deployment.past)
    assert.equal(0, draws)
  end)
end)
