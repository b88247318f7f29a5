--- How stops and deletes are sent, over a service that is a table and on a virtual clock.

local fake = require "spec.fleet.fake_group"
local sends = require "aicore.fleet.sends"

describe("sends", function()
  local group, told, errs, made, order

  --- Takes down what is told of each id: its words in order, as "sending accepted".
  local function new_sends()
    return sends.new(group, {
      tell = function(_, id, method, first, answer, err)
        local word = method == "answered" and answer or method
        assert(method ~= "answered" or first == "stop" or first == "delete")
        told[id] = told[id] and told[id] .. " " .. word or word
        errs[id] = err
        order[#order + 1] = id
      end,
    })
  end

  before_each(function()
    group, told, errs, order = fake.new(), {}, {}, {}
    made = new_sends()
  end)

  --- Sends the same action to all.
  local function send(ids, action, deadline)
    local actions = {}
    for i = 1, #ids do
      actions[i] = action or "stop"
    end
    return group.runtime.run(function()
      return made:send(ids, actions, deadline or 1000)
    end)
  end

  --- How many were told so.
  local function count_of(words)
    local count = 0
    for _, said in pairs(told) do
      count = count + (said == words and 1 or 0)
    end
    return count
  end

  --- The sizes of the batches that were sent, in order.
  local function sizes(from)
    local list = {}
    for i = from or 1, #group.asked do
      list[#list + 1] = group.asked[i].what == "batch" and #group.asked[i][1] or nil
    end
    return table.concat(list, " ")
  end

  local function refused(status, more)
    local fields = { kind = "http", status = status, code = "01010014", retryable = false }
    for name, value in pairs(more or {}) do
      fields[name] = value
    end
    return fake.failed(fields)
  end

  --- A batch is refused with this while one of these is in it.
  local function refuse_batches_with(status, ...)
    local culprits = {}
    for _, id in ipairs { ... } do
      culprits[id] = true
    end
    function group.errors.batch(items)
      for _, item in ipairs(items) do
        if culprits[item.id] then
          return refused(status)
        end
      end
    end
  end

  describe("in batches", function()
    it("are as few as there can be", function()
      assert.is_false(send(group:fill(250)))
      assert.equal("100 100 50", sizes())
      assert.same({ batch = 3 }, group:counts())
      assert.equal(250, count_of "sending accepted")
    end)

    it("say of each what is to become of it", function()
      local ids = group:fill(4)
      group.runtime.run(function()
        made:send(ids, { "stop", "delete", "stop", "delete" }, 1000)
      end)
      assert.same({
        { id = ids[1], targetStatus = "STOPPED" },
        { id = ids[2], targetStatus = "DELETED" },
        { id = ids[3], targetStatus = "STOPPED" },
        { id = ids[4], targetStatus = "DELETED" },
      }, group.asked[1][1])
    end)

    it("are not worth it for three", function()
      send(group:fill(3))
      assert.same({ stop = 3 }, group:counts())
      assert.equal(3, count_of "sending accepted")
    end)

    it("are eight at a time", function()
      group.latency.batch = 1
      send(group:fill(1000))
      assert.equal(8, group.most)
      assert.equal(2, group.runtime.now())
    end)

    it("are told before they are sent", function()
      local ids = group:fill(5)
      function group.errors.batch()
        assert.equal(5, count_of "sending")
      end
      send(ids)
    end)

    it("have the deadline", function()
      send(group:fill(5), "stop", 7)
      assert.equal(7, group.asked[1].deadline)
    end)

    it("are told item by item: accepted, refused, not found, not answered", function()
      local ids = group:fill(5)
      function group.answer(answers)
        answers[2].error = { code = "01010076", message = "not now", requestId = "r", target = "t", details = { 1 } }
        answers[3].error = { code = "01010016", message = "not there" }
        answers[4].error = "odd"
        table.remove(answers, 5)
        return answers
      end
      send(ids, "delete")
      local expected = { "accepted", "refused", "missing", "lost", "lost" }
      for i, word in ipairs(expected) do
        assert.equal("sending " .. word, told[ids[i]])
      end
      local err = errs[ids[2]]
      assert.same(
        { "state", "not now", "01010076", "r", "t", ids[2], false },
        { err.kind, err.message, err.code, err.request_id, err.target, err.id, err.retryable }
      )
      assert.same({ 1 }, err.details)
      assert.is_true(errs[ids[3]].absent)
      assert.equal("refused without a reason", errs[ids[4]].message)
      assert.equal("protocol", errs[ids[5]].kind)
    end)
  end)

  describe("whose whole batch is refused", function()
    it("are halved until the culprit is alone, which then goes by itself", function()
      local ids = group:fill(300)
      refuse_batches_with(400, ids[42])
      group.latency.batch = function(items)
        return items[1].id == ids[1] and 2 or 1 -- the others show that batches work
      end
      send(ids)
      assert.equal(300, count_of "sending accepted")
      assert.same({ batch = 3 + 2 * 7, stop = 1 }, group:counts())
    end)

    it("tell of a culprit that is refused by itself, too, that it will always be", function()
      for _, status in ipairs { 400, 422 } do
        group, told = fake.new(), {}
        made = new_sends()
        local ids = group:fill(200)
        refuse_batches_with(status, ids[199])
        group.errors.stop = refused(status)
        send(ids)
        assert.equal(199, count_of "sending accepted")
        assert.equal("sending invalid", told[ids[199]])
        assert.equal(status, errs[ids[199]].status)
      end
    end)

    it("tell of a culprit that is refused otherwise what it was refused for", function()
      local otherwise = refused(422, { code = "01010081" })
      for _, row in ipairs { { 400, refused(409) }, { 422, refused(400) }, { 422, otherwise } } do
        group, told = fake.new(), {}
        made = new_sends()
        local ids = group:fill(200)
        refuse_batches_with(row[1], ids[199])
        group.errors.stop = row[2]
        send(ids)
        assert.equal("sending refused", told[ids[199]])
      end
    end)

    it("tell of a culprit whose state forbids it that it was refused, whatever the status that says so", function()
      local ids = group:fill(200)
      refuse_batches_with(400, ids[199])
      group.errors.stop = refused(400, { kind = "state" })
      send(ids)
      assert.equal("sending refused", told[ids[199]])
    end)

    it("are sent without the culprit from then on, which goes by itself, until nobody waits any more", function()
      local ids = group:fill(200)
      refuse_batches_with(400, ids[199])
      send(ids)
      local from = #group.asked + 1
      send(ids)
      assert.same({ batch = 2, stop = 1 }, group:counts(from))
      made:rest()
      from = #group.asked + 1
      send(ids)
      assert.is_true(group:counts(from).batch > 2)
    end)

    it("are sent in smaller ones for good where they are too long", function()
      function group.errors.batch(items)
        return #items > 30 and refused(413) or nil
      end
      local ids = group:fill(210)
      made.batches_work = true
      send(ids)
      assert.equal(210, count_of "sending accepted")
      local from = #group.asked + 1
      told = {}
      send(ids)
      assert.equal("25 25 25 25 25 25 25 25 10", sizes(from))
      assert.equal(210, count_of "sending accepted")
    end)

    it("go one by one, for good, where batches are not taken at all", function()
      for _, status in ipairs { 404, 405, 415, 501 } do
        group, told = fake.new(), {}
        made = new_sends()
        group.errors.batch = refused(status)
        local ids = group:fill(50)
        send(ids)
        assert.same({ batch = 1, stop = 50 }, group:counts())
        assert.equal(50, count_of "sending accepted")
        send(ids)
        assert.same({ batch = 1, stop = 100 }, group:counts())
      end
    end)

    it("are sent again where a 404 is a gateway's, or one was taken before", function()
      for status, error in pairs {
        [404] = fake.failed { kind = "http", status = 404, retryable = false },
        [405] = refused(405),
      } do
        group, told = fake.new(), {}
        made = new_sends()
        local ids = group:fill(50)
        if status == 405 then
          send(ids)
        end
        local from = #group.asked + 1
        group.errors.batch = error
        send(ids)
        group.errors.batch = nil
        send(ids)
        assert.same({ batch = 2 }, group:counts(from))
      end
    end)

    it("go one by one, for good, where three sends in a row were answered so, whoever says it", function()
      local ids = group:fill(250)
      send(ids)
      group.errors.batch = fake.failed { kind = "http", status = 404, retryable = false }
      local from = #group.asked + 1
      for _ = 1, 4 do
        send(ids)
      end
      assert.same({ batch = 7, stop = 2 * 250 }, group:counts(from))
    end)

    it("go on in batches where one was taken between those that were answered so", function()
      local ids, from = group:fill(50), nil
      for round = 1, 6 do
        group.errors.batch = round ~= 3 and fake.failed { kind = "http", status = 404, retryable = false } or nil
        from = #group.asked + 1
        send(ids)
        assert.is_true(round == 6 or group:counts(from).stop == nil)
      end
      assert.same({ batch = 1, stop = 50 }, group:counts(from))
    end)

    it("go one by one where three were refused and none accepted", function()
      group.errors.batch = refused(400)
      local ids = group:fill(1000)
      send(ids)
      assert.equal(1000, count_of "sending accepted")
      assert.equal(1000, group:counts().stop)
      assert.is_true(group:counts().batch <= 10, group:counts().batch) -- eight of them were in flight
      send(ids)
      assert.is_true(group:counts().batch <= 10)
    end)

    it("go on in batches where one was accepted, whatever was refused", function()
      local ids = group:fill(800)
      refuse_batches_with(400, ids[150], ids[250], ids[350], ids[450])
      send(ids)
      assert.equal(800, count_of "sending accepted")
      assert.equal(4, group:counts().stop)
    end)

    it("are told all the same in any other way: none is left out", function()
      for _, row in ipairs {
        { { kind = "http", status = 503, retryable = true }, "lost" },
        { { kind = "transport", retryable = true, ambiguous = true }, "lost" },
        { { kind = "timeout", retryable = true, ambiguous = true }, "lost" },
        { { kind = "cancelled" }, "lost" },
        { { kind = "auth", status = 403 }, "denied" },
        { { kind = "http", status = 409, code = "x" }, "refused" },
        { { kind = "http", status = 409 }, "lost" }, -- no word of AI Core's
        { { kind = "http", status = 409, code = "409" }, "lost" },
        { { kind = "config" }, "lost" },
      } do
        group, told, errs = fake.new(), {}, {}
        made = new_sends()
        group.errors.batch = fake.failed(row[1])
        send(group:fill(150))
        assert.equal(150, count_of("sending " .. row[2]), row[1].kind)
        assert.equal("batch", group.asked[#group.asked].what)
        assert.equal(row[1].kind, errs.d00001.kind)
      end
    end)
  end)

  describe("one by one", function()
    before_each(function()
      group.batches = false
    end)

    it("are what there is without batches", function()
      send(group:fill(20), "delete")
      assert.same({ delete = 20 }, group:counts())
      assert.equal(20, count_of "sending accepted")
    end)

    it("are eight at a time, and one more with every window that went well, up to 32", function()
      group.latency.stop = 1
      send(group:fill(8 + 9 + 10))
      assert.equal(10, group.most)
      assert.equal(3, group.runtime.now())
      send(group:fill(1000))
      assert.equal(32, group.most)
    end)

    it("are half as many where it was too much", function()
      for _, status in ipairs { 429, 503 } do
        group, told = fake.new(), {}
        group.batches = false
        made = new_sends()
        group.latency.stop = 1
        local ids = group:fill(8 + 4 + 5 + 6)
        function group.errors.stop(id)
          return id == ids[3] and refused(status, { retryable = true }) or nil
        end
        send(ids)
        assert.equal(4, group.runtime.now())
        assert.equal("sending lost", told[ids[3]])
        assert.equal(22, count_of "sending accepted")
      end
    end)

    it("are not fewer for any other failure", function()
      group.latency.stop = 1
      group.errors.stop = refused(400)
      send(group:fill(8 + 9))
      assert.equal(2, group.runtime.now())
      assert.equal(17, count_of "sending refused")
    end)

    it("are told each in its own way", function()
      local ids = group:fill(4)
      group.records[ids[1]] = nil
      function group.errors.delete(id)
        return id == ids[2] and refused(403, { kind = "auth" })
          or id == ids[3] and refused(504, { retryable = true, ambiguous = true })
          or nil
      end
      send(ids, "delete")
      local words = { "missing", "denied", "lost", "accepted" }
      for i, word in ipairs(words) do
        assert.equal("sending " .. word, told[ids[i]])
      end
    end)
  end)

  describe("that come to no end", function()
    it("are not answered any more where the host wants control back", function()
      local ids = group:fill(150)
      group.latency.batch = function(items)
        return #items == 100 and 1 or 10
      end
      local cancelled = group.runtime.run(function()
        local thread = coroutine.running()
        group.runtime.at(2, function()
          group.runtime.cancel(thread)
        end)
        local actions = {}
        for i = 1, #ids do
          actions[i] = "stop"
        end
        return made:send(ids, actions, 1000)
      end)
      assert.is_true(cancelled)
      assert.equal(2, group.runtime.now())
      assert.equal("sending accepted", told[ids[1]])
      assert.equal("sending lost", told[ids[150]])
      assert.equal(0, #made.in_flight)
    end)

    it("end at once, and send no more, where the host wants control back", function()
      group.batches = false
      group.latency.stop = 1
      local ids = group:fill(100)
      group.runtime.run(function()
        local thread, actions = coroutine.running(), {}
        group.runtime.at(1.5, function()
          group.runtime.cancel(thread)
        end)
        for i = 1, #ids do
          actions[i] = "stop"
        end
        assert.is_true(made:send(ids, actions, 1000))
      end)
      assert.equal(8 + 9, #group.asked)
      assert.matches("unanswered$", told[ids[100]])
    end)

    --- Sends in a coroutine that ends after a second, as `how` says; then another one recovers.
    local function recover_after(how)
      local ids, actions = group:fill(5), {}
      for i = 1, #ids do
        actions[i] = "stop"
      end
      group.latency.batch = 10
      group.runtime.run(function()
        local thread = group.runtime.spawn(function()
          pcall(made.send, made, ids, actions, 1000)
        end)
        group.runtime.sleep(1)
        made:recover()
        assert.equal(5, count_of "sending") -- it is at it
        how(thread)
        group.runtime.sleep(1)
        made:recover()
      end)
      return ids
    end

    it("are not answered any more where the host has dropped their coroutine", function()
      if rawget(coroutine, "close") then -- else a coroutine that was dropped cannot be told from one that waits
        local ids = recover_after(group.runtime.kill)
        assert.equal(5, count_of "sending unanswered")
        assert.equal(0, #made.in_flight)
        made:recover()
        assert.equal("sending unanswered", told[ids[1]])
      end
    end)

    it("are not answered any more where a callback raises", function()
      group.errors.batch = function()
        error("oh", 0)
      end
      local ids = group:fill(5)
      group.runtime.run(function()
        local thread = coroutine.create(function()
          made:send(ids, { "stop", "stop", "stop", "stop", "stop" }, 1000)
        end)
        group.runtime.gather = function(functions) -- in the same coroutine
          functions[1]()
        end
        assert.is_false(coroutine.resume(thread))
        made:recover()
      end)
      assert.equal(5, count_of "sending unanswered")
      assert.equal(0, #made.in_flight)
    end)

    it("leave nothing behind otherwise", function()
      send(group:fill(300))
      assert.equal(0, #made.in_flight)
      made:recover()
      assert.equal(300, count_of "sending accepted")
    end)
  end)

  it("tell of each once, whatever a batch is answered", function()
    for seed = 1, 200 do
      group, told = fake.new(), {}
      made = new_sends()
      local state = seed * 7919
      local function random()
        state = state * 16807 % 2147483647
        return (state - 1) / 2147483646
      end
      random()
      local statuses = { 400, 404, 413, 422, 429, 500, 503, 403, 409 }
      local rate, only = random(), random() < 0.5 and statuses[1 + math.floor(random() * #statuses)] or nil
      function group.errors.batch()
        local status = only or statuses[1 + math.floor(random() * #statuses)]
        return random() < rate and refused(status, { retryable = status >= 429 }) or nil
      end
      group.errors.stop = function()
        return random() < rate / 2 and refused(statuses[1 + math.floor(random() * #statuses)]) or nil
      end
      local ids = group:fill(1 + math.floor(random() * 400))
      send(ids)
      local words = { accepted = true, refused = true, invalid = true, lost = true, denied = true, missing = true }
      for _, id in ipairs(ids) do
        assert.is_true(words[told[id]:match "^sending (%l+)$"], "seed " .. seed .. ": " .. told[id])
      end
      assert.is_true(#group.asked <= 3 * #ids + 10)
    end
  end)
end)
