-- A caller whose exchanges are answered by the spec. What takes more than one coroutine is at the end, over the
-- emulated AI Core on a virtual clock.

local answered = require "spec.support.answered"
local emulator = require "aicore.emulator"
local fake = require "aicore.emulator.caller"
local together = require "spec.support.together"
local virtual = require "aicore.runtime.virtual"

local failed = answered.failed

local ID = "d000000000000001"

local BUSY = { kind = "http", message = "busy", status = 503, retryable = true }
local REFUSED = { kind = "auth", message = "who?", status = 401, retryable = true }
local ABSENT = { kind = "http", status = 404, code = "01010016" }
local CAPABILITIES = { aiApi = {} }

describe("caller", function()
  local stage, caller

  before_each(function()
    stage = answered.stage()
    caller = stage:connect()
  end)

  --- The sizes of the pages that reading a list of so many asks for, where reading a record takes so long.
  local function page_sizes(records, seconds_per_record, options)
    local sizes = {}
    options.start = function(_, _, asked)
      sizes[#sizes + 1], stage.sent[#stage.sent + 1] = asked.top, {}
      local page = {}
      for i = (asked.skip or 0) + 1, math.min((asked.skip or 0) + asked.top, records) do
        page[#page + 1] = { id = ("d%015d"):format(i), status = "RUNNING" }
      end
      local transfer = answered.transfer { count = records, resources = page }
      local result = transfer.result
      transfer.result = function()
        stage.time = stage.time + #page * seconds_per_record
        return result()
      end
      return transfer
    end
    caller = stage:connect(options)
    local request = assert(caller:request "list")
    for _ = 1, 2 do
      local reader = caller:read(request, 1000)
      repeat
        local page = reader:next()
      until not page
      assert.is_true(reader.complete)
    end
    return sizes
  end

  it("asks for pages that can be read in a turn where the host must not be held up, in all lists", function()
    assert.same({ 250, 204, 204, 204, 204, 204, 204, 204 }, page_sizes(800, 1 / 32768, { turn = 1 / 64 }))
    assert.same({ 10000, 10000, 10000 }, page_sizes(800, 1 / 32768, {}))
  end)

  it("sends once what succeeds", function()
    stage.answers = { { id = ID, status = "RUNNING" } }
    assert.equal("RUNNING", stage:perform("status", nil, ID).status)
    assert.same({ { name = "status", attempt = 1, left = 100 } }, stage.sent)
    assert.same({}, stage.slept)
  end)

  it("gives a zero, too", function()
    stage.answers = { 0 }
    assert.equal(0, stage:perform "count")
  end)

  it("sends until it works, and sleeps in between", function()
    stage.answers = { failed(BUSY), failed(BUSY), { id = ID } }
    assert.equal(ID, stage:perform("stop", nil, ID).id)
    assert.is_true(math.abs(stage.time - 0.15) < 1e-9)
    assert.equal(3, stage.sent[3].attempt)
  end)

  it("gives a success and not a nil more, however many attempts it took", function()
    stage.answers = { failed(BUSY), { id = ID } }
    assert.equal(1, select("#", stage:perform("stop", nil, ID)))
  end)

  it("holds its timeout for the first attempt, and the call's own before its own", function()
    stage.answers = { 1, 1 }
    caller = stage:connect { timeout = 7 }
    stage:perform "count"
    stage:perform("count", { timeout = 3 })
    assert.same({ 7, 3 }, { stage.sent[1].left, stage.sent[2].left })
  end)

  it("makes one attempt only where that is asked for", function()
    stage.answers = { failed(BUSY), 1 }
    local _, err = stage:perform("count", { retry = false })
    assert.equal(503, err.status)
    assert.equal(1, err.attempts)
  end)

  it("waits before its first attempt while the service has asked for a pause", function()
    stage.answers = { failed { kind = "http", status = 429, retry_after = 30, retryable = true }, 1, 1 }
    stage:perform("count", { retry = false })
    assert.equal(1, stage:perform "count")
    assert.equal(30, stage.time)
    assert.equal(1, stage.sent[2].attempt)
    stage.time = stage.time + 1
    assert.equal(1, stage:perform "count")
    assert.equal(31, stage.time)
  end)

  it("fails without sending where its time is over", function()
    local request = assert(caller:request "count")
    local count, err = caller:perform(request, stage.time)
    assert.is_nil(count)
    assert.equal("timeout", err.kind)
    assert.equal(0, err.attempts)
    assert.same({}, stage.sent)
  end)

  describe("whose token is refused", function()
    it("logs in once, and sends again", function()
      caller = stage:connect { log_in = true }
      stage.answers = { failed(REFUSED), 5 }
      assert.equal(5, stage:perform "count")
      assert.equal("login count login count", stage:names())
      stage.answers = { failed(REFUSED), failed(REFUSED) }
      local _, err = stage:perform "count"
      assert.equal("auth", err.kind)
      assert.equal(7, #stage.sent) -- two attempts and one login
    end)

    it("says so where there is no other one", function()
      stage.answers = { failed(REFUSED) }
      local _, err = stage:perform "count"
      assert.equal(401, err.status)
      assert.equal("who?", err.message)
    end)

    it("says why a login does not help", function()
      local logins = 0
      caller = stage:connect {
        log_in = true,
        start = function(_, name, ...)
          logins = logins + (name == "login" and 1 or 0)
          if logins == 2 then
            return answered.transfer(
              failed { kind = "auth", message = "bad client", status = 401, operation = "login" }
            )
          end
          return stage:start(name, ...)
        end,
      }
      stage.answers = { failed(REFUSED), 1 }
      local _, err = stage:perform "count"
      assert.equal("bad client", err.message)
    end)
  end)

  it("ends at once where there is no token, and sends nothing", function()
    caller.login.given = function()
      return nil, "the vault is shut"
    end
    local _, err = stage:perform "count"
    assert.equal("auth", err.kind)
    assert.matches("the vault is shut", err.message)
    assert.same({}, stage.sent)
  end)

  it("ends when the host wants control back, and keeps what was known", function()
    stage.cancelled = true
    stage.answers = { failed { kind = "http", message = "busy", status = 503, ambiguous = true, retryable = true } }
    local _, err = stage:perform("stop", nil, ID)
    assert.equal("cancelled", err.kind)
    assert.equal(503, err.status)
    assert.is_true(err.ambiguous)
    assert.equal(1, err.attempts)
  end)

  it("does not send, and logs nobody in, once it is closed", function()
    stage.closed = true
    local _, err = stage:perform("status", nil, ID)
    assert.equal("cancelled", err.kind)
    assert.matches("the client was closed", err.message)
    assert.same({}, stage.sent)
    caller = stage:connect { log_in = true }
    _, err = stage:perform("status", nil, ID)
    assert.equal("cancelled", err.kind)
    assert.same({}, stage.sent)
  end)

  describe("that is told that there is no such record", function()
    local function ask(name)
      local request = assert(caller:request(name or "status", nil, ID))
      local _, err = caller:perform(request, 100)
      return err
    end

    it("asks whether this is AI Core at all, with one cheap GET", function()
      stage.answers = { failed(ABSENT), CAPABILITIES }
      assert.is_true(ask().absent)
      assert.equal("status capabilities", stage:names())
    end)

    it("asks no more once that is known", function()
      stage.answers = { failed(ABSENT), CAPABILITIES, failed(ABSENT), failed(ABSENT) }
      ask()
      assert.is_true(ask().absent)
      assert.is_true(ask("stop").absent)
      assert.equal(4, #stage.sent)
    end)

    it("asks nothing where any good answer has shown it before", function()
      stage.answers = { { id = ID, status = "RUNNING" }, failed(ABSENT) }
      assert(stage:perform("status", nil, ID))
      assert.is_true(ask().absent)
      assert.equal("status status", stage:names())
    end)

    it("does not take a good login for AI Core", function()
      caller = stage:connect { log_in = true }
      stage.answers = { failed(ABSENT), failed { kind = "http", status = 404 } }
      assert.is_nil(ask().absent)
      assert.equal("login status capabilities", stage:names())
    end)

    it("does not believe a service that has not shown that it is AI Core", function()
      for _, foreign in ipairs {
        failed { kind = "http", status = 404 },
        failed { kind = "protocol", status = 200 },
        failed { kind = "auth", status = 403 },
        { aiApi = 7 },
      } do
        caller = stage:connect()
        stage.answers = { failed(ABSENT), foreign, foreign, foreign, foreign, foreign }
        local err = ask()
        assert.is_nil(err.absent)
        assert.equal(404, err.status)
      end
    end)

    it("asks again where there was no answer", function()
      stage.answers = { failed(ABSENT), failed { kind = "http", status = 403 }, failed(ABSENT), CAPABILITIES }
      assert.is_nil(ask().absent)
      assert.is_true(ask().absent)
    end)

    it("asks nothing where it was not AI Core's own 404", function()
      stage.answers = { failed { kind = "http", status = 404 }, failed { kind = "http", status = 404, code = "404" } }
      assert.is_nil(ask().absent)
      assert.is_nil(ask().absent)
      assert.equal("status status", stage:names())
    end)

    it("does not take for it what an update is answered of its configuration", function()
      for code, expected in pairs { ["01010016"] = true, ["01010031"] = false } do
        stage.answers = { failed { kind = "http", status = 404, code = code }, CAPABILITIES }
        local request = assert(caller:request("update", nil, ID, "conf-1"))
        local _, err = caller:perform(request, stage.time + 10)
        assert.equal(expected, err.absent or false, code)
      end
    end)

    it("learns by it how this service says so in batches", function()
      assert.is_true(caller:says_absent "01010016")
      assert.is_false(caller:says_absent "0404")
      stage.answers = { failed { kind = "http", status = 404, code = "0404" }, CAPABILITIES }
      ask()
      assert.is_true(caller:says_absent "0404")
      assert.is_true(caller:of("executions"):says_absent "0404")
      assert.is_false(caller:says_absent "01010016")
    end)
  end)

  it("waits no longer where the client is closed meanwhile", function()
    local sleep = caller.runtime.sleep
    function caller.runtime.sleep(seconds)
      stage.closed = stage.time >= 5
      return sleep(seconds)
    end
    stage.answers = { failed { kind = "http", status = 503, retry_after = 60, retryable = true } }
    local _, err = stage:perform "count"
    assert.same({ "cancelled", 503 }, { err.kind, err.status })
    assert.is_true(stage.time <= 7, stage.time)
    assert.equal(1, #stage.sent)
  end)

  describe("of a change", function()
    local function change(name)
      local request = assert(caller:request(name, nil, ID))
      return caller:change(request, 100)
    end

    local function seen(status, target)
      return { id = ID, status = status, targetStatus = target }
    end

    local STATE = { kind = "state", status = 412, code = "x" }

    it("takes not found for the success of a delete, absent from the beginning", function()
      stage.answers = { failed(ABSENT), CAPABILITIES }
      assert.same({ id = ID, message = "there is no such deployment", absent = true }, change "delete")
    end)

    it("but not absent where an answer was lost before", function()
      stage.answers =
        { failed { kind = "transport", ambiguous = true, retryable = true }, failed(ABSENT), CAPABILITIES }
      assert.is_nil(assert(change "delete").absent)
    end)

    it("does not take a foreign not found for one", function()
      stage.answers = { failed { kind = "http", status = 404 } }
      local accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.equal(404, err.status)
      stage.answers = { failed(ABSENT), failed { kind = "http", status = 403 } }
      accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.is_nil(err.absent)
    end)

    it("does not take not found for the success of a stop", function()
      stage.answers = { failed(ABSENT), CAPABILITIES }
      local accepted, err = change "stop"
      assert.is_nil(accepted)
      assert.is_true(err.absent)
    end)

    it("looks once where it was refused in a way that may be the state's, and believes what it sees", function()
      for status, code in pairs { [400] = "x", [409] = "x", [412] = "x", [422] = "x", [423] = "x" } do
        caller, stage.sent = stage:connect(), {}
        stage.answers = { failed { kind = "http", status = status, code = code }, seen("STOPPED", "DELETED") }
        assert.equal(ID, assert(change "delete").id)
        stage.answers = { failed { kind = "http", status = status, code = code }, seen("STOPPING", "STOPPED") }
        assert.equal(ID, assert(change "stop").id)
        assert.equal("delete status stop status", stage:names())
      end
    end)

    it("looks in the resource group of the call", function()
      local groups = {}
      caller = stage:connect {
        start = function(_, _, ...)
          groups[#groups + 1], stage.sent[#stage.sent + 1] = select(select("#", ...), ...).resource_group, {}
          return answered.transfer(failed(STATE))
        end,
      }
      local request = assert(caller:request("stop", { resource_group = "team" }, ID))
      caller:change(request, 100)
      assert.same({ "team", "team" }, groups)
    end)

    it("lets the refusal stand where it has not come about", function()
      stage.answers = { failed(STATE), seen("RUNNING", "RUNNING") }
      local accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.same({ "state", 412 }, { err.kind, err.status })
    end)

    it("says that it is the state where a look shows one that forbids it, whatever the status", function()
      stage.answers = { failed { kind = "http", status = 409, code = "x" }, seen "UNKNOWN" }
      local accepted, err = change "stop"
      assert.is_nil(accepted)
      assert.same({ "state", 409, "UNKNOWN" }, { err.kind, err.status, err.last_status })
      stage.answers = { failed { kind = "http", status = 409, code = "x" }, seen "RUNNING" }
      accepted, err = change "stop"
      assert.is_nil(accepted)
      assert.equal("http", err.kind)
      stage.answers = { failed { kind = "http", status = 409, code = "x" }, seen "RUNNING" }
      accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.equal("state", err.kind)
    end)

    it("keeps the refusal where the look fails", function()
      stage.answers = { failed(STATE), failed { kind = "http", status = 403 } }
      local accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.equal(412, err.status)
    end)

    it("of one that was there for the refusal and is gone for the look, asks for the same again: that tells", function()
      stage.answers = { failed(STATE), failed(ABSENT), CAPABILITIES, failed(ABSENT) }
      local accepted = assert(change "delete")
      assert.is_nil(accepted.absent)
      stage.answers = { failed(STATE), failed(ABSENT), failed(STATE) } -- it was a replica that is behind
      local refused, why = change "delete"
      assert.is_nil(refused)
      assert.equal(412, why.status)
      stage.answers = { failed(STATE), failed(ABSENT) }
      local none, err = change "stop"
      assert.is_nil(none)
      assert.equal(412, err.status)
    end)

    it("does not look after any other error", function()
      for _, err in ipairs {
        { kind = "http", status = 400 },
        { kind = "auth", status = 403, code = "x" },
        { kind = "transport" },
      } do
        stage.sent, stage.answers = {}, { failed(err) }
        local accepted = change "stop"
        assert.is_nil(accepted)
        assert.equal("stop", stage:names())
      end
    end)
  end)

  it("says that what was cut short by the end of its client may have happened", function()
    for name, expected in pairs { create = true, stop = true, status = false } do
      stage.answers = { failed { kind = "cancelled", message = "its session was closed" } }
      local _, err = caller:perform(assert(caller:request(name, nil, ID)), stage.time + 100)
      assert.same({ "cancelled", expected }, { err.kind, err.ambiguous }, name)
    end
  end)

  describe("of a create that is refused", function()
    local BEYOND = { kind = "http", status = 400, message = "beyond the quota" }
    local STARTER = { resourcePlanType = "starter", deploymentQuota = { maxCount = 1 } }

    local function create(refused, quota)
      stage.answers = { failed(refused), quota, quota, quota, quota, quota } -- what is odd is asked for again
      local request = assert(caller:request("create", nil, "conf-1"))
      local created, err = caller:create(request, 100)
      assert.is_nil(created)
      return err
    end

    it("says so where the quota is used up", function()
      local err = create(BEYOND, { usage = { count = 1 }, quotas = { STARTER } })
      assert.equal("beyond the quota (1 of 1 deployments are used, starter 0 of 1)", err.message)
      assert.same({ 1, 1 }, { err.quota.used, err.quota.limit })
    end)

    it("asks for no quota where the configuration is what is wrong, whichever plan is full", function()
      local refused = { kind = "http", status = 400, message = "Configuration conf-1 not found" }
      local err = create(refused, { usage = { count = 1 }, quotas = { STARTER } })
      assert.same({ "Configuration conf-1 not found", nil }, { err.message, err.quota })
      assert.equal("create", stage:names())
    end)

    it("keeps the refusal where what is said of the quota is odd", function()
      for _, most in ipairs { 0.5, 1e300, -1 } do
        local odd = { resourcePlanType = "starter", deploymentQuota = { maxCount = most } }
        for _, quota in ipairs { { quotas = { odd } }, { usage = { count = most }, quotas = { STARTER } } } do
          local err = create(BEYOND, quota)
          assert.same({ 400, "beyond the quota" }, { err.status, err.message })
        end
      end
    end)
  end)

  it("remembers what it has created for as long as it may not be found", function()
    local other = "d000000000000002"
    stage.answers = { { id = ID }, { id = other } }
    local function create()
      local request = assert(caller:request("create", nil, "conf-1"))
      assert(caller:perform(request, stage.time + 100))
    end
    create()
    assert.equal(300, caller:appears_by(ID))
    assert.is_nil(caller:appears_by "another")
    assert.is_nil(caller:of("executions"):appears_by(ID))
    stage.time = 300
    create()
    assert.is_nil(caller:appears_by(ID)) -- and forgets it then
    assert.equal(600, caller:appears_by(other))
  end)

  it("remembers which of those a stop, a delete or a batch may have ended, and of a batch only those in it", function()
    local function send(name, argument, reply)
      stage.answers = { reply }
      caller:perform(assert(caller:request(name, nil, argument)), stage.time + 100)
    end
    local ids = { ID, "d000000000000002", "d000000000000003", "d000000000000004" }
    for _, id in ipairs(ids) do
      send("create", "conf-1", { id = id })
    end
    send("stop", ids[1], failed { kind = "transport" })
    send("delete", ids[2], { id = ids[2] })
    send("batch", { { id = ids[3], targetStatus = "DELETED" } }, { deployments = {} })
    send("status", ids[4], { id = ids[4], status = "RUNNING" })
    for i, ended in ipairs { true, true, true, false } do
      assert.equal(ended, caller.created:get(stage.time, ids[i]).ends == true)
    end
  end)

  it("sends a call's correlation id with all that it takes, and tells it", function()
    stage.answers =
      { failed { kind = "state", message = "no", status = 412, code = "1" }, { id = ID, status = "RUNNING" } }
    local request = assert(caller:request("stop", { correlation_id = "c-1" }, ID))
    local _, err = caller:change(request, caller:deadline(request))
    assert.equal("c-1", err.correlation_id)
    assert.matches("correlation c%-1", tostring(err))
    assert.equal("stop status", stage:names())
    for _, one in ipairs(stage.sent) do
      assert.same({ "c-1", "c-1" }, { one.correlation_id, one.told })
    end
  end)

  it("tells by its own operation that a list cannot be read to its end, or lacks something", function()
    local function page(...)
      local records = {}
      for i, id in ipairs { ... } do
        records[i] = { id = id, status = "RUNNING" }
      end
      return { count = 3, resources = records }
    end
    for _, name in ipairs { "list", "configurations" } do
      for message, answers in pairs {
        ["skip is ignored"] = { page "d001", page "d001" },
        ["not complete"] = { page "d001", page(), page "d002", page(), page "d003", page() }, -- it is read three times
      } do
        stage.answers = answers
        local found, err = caller:all(assert(caller:request(name)), 100)
        assert.is_nil(found)
        assert.same({ "protocol", name }, { err.kind, err.operation })
        assert.matches("^" .. name .. ": protocol: the list .*" .. message, tostring(err))
      end
    end
  end)

  it("remembers from list to list whose count it is", function()
    stage.answers = { { count = 1, resources = { { id = ID, status = "RUNNING" } } }, { count = 1, resources = {} } }
    stage.answers[3] = { count = 1, resources = { { id = ID, status = "RUNNING" } } }
    for _ = 1, 2 do
      local request = assert(caller:search "list")
      local reader = caller:read(request, 100)
      repeat
        local page = reader:next()
      until not page
      assert.is_true(reader.complete)
    end
    assert.equal("list list list", stage:names())
  end)
end)

describe("the callers of one client, on a virtual clock,", function()
  local NOW = 1700000000
  local runtime, model, caller

  before_each(function()
    runtime, model = virtual.new { start = NOW }, emulator.new { settings = { latency = 0.05 } }
    caller = fake.new { emulator = model, runtime = runtime }
    model.world:seed({ id = ID }, NOW)
  end)

  local function run(count, fn)
    return together(runtime, count, fn)
  end

  it("do not wait for logins that are throttled, while their token is good", function()
    run(1, function()
      assert(caller:perform(caller:request("status", nil, ID), NOW + 60))
      assert(model.faults:add { operation = "login", status = 429, headers = { ["retry-after"] = 60 } })
      local _, err = caller:log_in(caller:request("login", { retry = false }), NOW + 60)
      assert.equal(429, err.status)
      local began = runtime.now()
      assert(caller:perform(caller:request("status", nil, ID), began + 60))
      assert.is_true(runtime.now() - began < 1)
    end)
  end)

  it("fail at once where the service asks for a day, and wait for two minutes for others' sake", function()
    local results = run(1, function()
      assert(caller:perform(caller:request("status", nil, ID), NOW + 60))
      assert(model.faults:add { operation = "status", status = 429, headers = { ["retry-after"] = 86400 } })
      local began = runtime.now()
      local _, err = caller:perform(caller:request("status", nil, ID), began + 1000)
      assert.same({ 429, 86400, 1 }, { err.status, err.retry_after, err.attempts })
      local refused = runtime.now()
      assert.is_true(refused - began < 1)
      assert(caller:perform(caller:request("status", nil, ID), refused + 1000))
      return runtime.now() - refused
    end)
    assert.is_true(results[1] >= 120 and results[1] < 121, results[1])
  end)

  it("end with kind cancelled what is in flight, and what comes later, when they are closed", function()
    model.settings.latency = 10
    local results = run(2, function(i)
      if i == 2 then
        runtime.sleep(12)
        caller:close()
        local _, err = caller:perform(caller:request("status", nil, ID), NOW + 60)
        return err.kind
      end
      local _, err = caller:perform(caller:request("status", nil, ID), NOW + 60)
      return err.kind .. runtime.now() - NOW
    end)
    assert.same({ "cancelled12", "cancelled" }, { (results[1]:gsub("%.0$", "")), results[2] })
    assert.equal(1, model.journal:requests().status)
  end)

  it("tell of one that this client has created until when it may not be found", function()
    model.settings.start_time = 5
    run(1, function()
      local created = assert(caller:perform(caller:request("create", nil, "conf-1"), NOW + 60))
      assert.equal(runtime.now() + 300, caller:in_group({}):appears_by(created.id))
    end)
  end)
end)
