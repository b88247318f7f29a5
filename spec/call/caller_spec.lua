-- A caller whose exchanges are answered by the spec, on a clock that only sleeping moves. What takes more than one
-- coroutine is at the end, over the emulated AI Core on a virtual clock.

local callers = require "aicore.call.caller"
local emulator = require "aicore.emulator"
local errors = require "aicore.model.errors"
local fake = require "aicore.emulator.caller"
local virtual = require "aicore.runtime.virtual"

local ID = "d000000000000001"

local function failed(fields)
  fields.message = fields.message or "no"
  return errors.new(fields)
end

local BUSY = { kind = "http", message = "busy", status = 503, retryable = true }
local REFUSED = { kind = "auth", message = "who?", status = 401, retryable = true }
local ABSENT = { kind = "http", status = 404, code = "01010016" }
local CAPABILITIES = { aiApi = {} }

describe("caller", function()
  local time, slept, cancelled, answers, sent, caller, closed

  --- A transfer that is finished, and has this answer.
  local function transfer_of(answer)
    return {
      result = function()
        if errors.is(answer) then
          return nil, answer
        end
        return answer
      end,
      info = function()
        return { status = 200, seconds = 0 }
      end,
    }
  end

  local function start(_, name, ...)
    local options = select(select("#", ...), ...)
    sent[#sent + 1] = { name = name, left = options.timeout, correlation_id = options.correlation_id }
    if name == "login" then
      return transfer_of { expires_in = 3600 }
    end
    return transfer_of(table.remove(answers, 1))
  end

  -- Answers stand in their order.
  local function connect(options)
    options = options or {}
    return callers.new {
      start = options.start or start,
      session = {
        set_token = function() end,
        close = function() end,
        closed = function()
          return closed
        end,
      },
      runtime = {
        now = function()
          return time
        end,
        sleep = function(seconds)
          slept[#slept + 1] = seconds
          time = time + seconds
          return not cancelled
        end,
        await = function() end,
        apart = function(fn)
          fn()
          return true
        end,
        turn = options.turn,
      },
      clock = {
        random = function()
          return 0.5
        end,
        wall = function()
          return 0
        end,
      },
      timeout = options.timeout or 100,
      token = not options.log_in and "t" or nil,
      on_attempt = function(attempt)
        sent[#sent].attempt, sent[#sent].told = attempt.attempt, attempt.correlation_id
      end,
    }
  end

  --- The operations that were sent.
  local function names()
    local list = {}
    for i, one in ipairs(sent) do
      list[i] = one.name
    end
    return table.concat(list, " ")
  end

  before_each(function()
    time, slept, cancelled, answers, sent, closed = 0, {}, false, {}, {}, false
    caller = connect()
  end)

  --- The sizes of the pages that reading a list of so many asks for, where reading a record takes so long.
  local function page_sizes(records, seconds_per_record, options)
    local sizes = {}
    options.start = function(_, _, asked)
      sizes[#sizes + 1], sent[#sent + 1] = asked.top, {}
      local page = {}
      for i = (asked.skip or 0) + 1, math.min((asked.skip or 0) + asked.top, records) do
        page[#page + 1] = { id = ("d%015d"):format(i), status = "RUNNING" }
      end
      local transfer = transfer_of { count = records, resources = page }
      local result = transfer.result
      transfer.result = function()
        time = time + #page * seconds_per_record
        return result()
      end
      return transfer
    end
    caller = connect(options)
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

  local function perform(name, opts, ...)
    local request = assert(caller:request(name, opts, ...))
    return caller:perform(request, caller:deadline(request))
  end

  it("sends once what succeeds", function()
    answers = { { id = ID, status = "RUNNING" } }
    assert.equal("RUNNING", perform("status", nil, ID).status)
    assert.same({ { name = "status", attempt = 1, left = 100 } }, sent)
    assert.same({}, slept)
  end)

  it("gives a zero, too", function()
    answers = { 0 }
    assert.equal(0, perform "count")
  end)

  it("sends until it works, and sleeps in between", function()
    answers = { failed(BUSY), failed(BUSY), { id = ID } }
    assert.equal(ID, perform("stop", nil, ID).id)
    assert.is_true(math.abs(time - 0.15) < 1e-9)
    assert.equal(3, sent[3].attempt)
  end)

  it("holds its timeout for the first attempt, and the call's own before its own", function()
    answers = { 1, 1 }
    caller = connect { timeout = 7 }
    perform "count"
    perform("count", { timeout = 3 })
    assert.same({ 7, 3 }, { sent[1].left, sent[2].left })
  end)

  describe("at once", function()
    local RUNNING = { id = ID, status = "RUNNING" }

    --- A call without options: its first attempt, and what follows.
    local function call(name, argument)
      local reply, request, deadline = caller:at_once(name, argument)
      if reply ~= nil then
        return reply
      end
      return caller:perform(assert(request, "not made"), deadline)
    end

    --- LuaJIT's makes things of its own.
    local function set_compiler(state)
      local jit = package.loaded.jit
      if jit then
        jit[state]()
      end
    end

    before_each(function()
      caller = connect { timeout = 7 }
      answers = { RUNNING }
      assert(perform("status", nil, ID)) -- takes the token
      sent = {}
    end)

    it("sends within the call's timeout, tells of it, and makes no table on its way", function()
      answers = { RUNNING, RUNNING }
      assert.equal(RUNNING, call("status", ID))
      assert.same({ { name = "status", attempt = 1, left = 7 } }, sent)
      assert.equal(2, caller:requests())

      local transfer = transfer_of(RUNNING)
      caller.on_attempt = nil
      function caller.start()
        return transfer
      end
      set_compiler "off"
      set_compiler "flush"
      collectgarbage()
      collectgarbage "stop"
      assert(call("status", ID)) -- the stack has grown again, which a collection has cut
      local before = collectgarbage "count"
      for _ = 1, 1000 do
        call("status", ID)
      end
      local after = collectgarbage "count"
      collectgarbage "restart"
      set_compiler "on"
      assert.is_true(after - before < 1, ("%.1f KB for 1,000 calls"):format(after - before))
    end)

    it("goes on where the first attempt failed, within the same deadline", function()
      answers = { failed(BUSY), RUNNING }
      assert.equal(RUNNING, call("status", ID))
      assert.same({ 1, 2 }, { sent[1].attempt, sent[2].attempt })
      assert.is_true(time > 0)
      assert.equal(7 - time, sent[2].left)
    end)

    it("says how often it has tried, and that an answer was lost", function()
      answers = {
        failed { kind = "http", status = 503, ambiguous = true, retryable = true },
        failed { kind = "http", status = 412 },
      }
      local _, err = call("stop", ID)
      assert.equal(2, err.attempts)
      assert.is_true(err.ambiguous)
    end)

    it("gets another token for the one that was sent, and no second one", function()
      caller = connect { log_in = true }
      answers = { RUNNING, failed(REFUSED), RUNNING }
      assert(perform("status", nil, ID))
      assert.equal(RUNNING, call("status", ID))
      assert.equal("login status status login status", names())

      -- One that another call has replaced meanwhile is not replaced again.
      answers = { failed(REFUSED), RUNNING }
      function caller.runtime.await()
        caller.login.generation = caller.login.generation + 1
        caller.runtime.await = function() end
      end
      sent = {}
      assert.equal(RUNNING, call("status", ID))
      assert.equal("status status", names())
    end)

    it("remembers what it has created", function()
      answers = { { id = "d000000000000002" } }
      assert(call("create", "conf-1"))
      assert.equal(300, caller:appears_by "d000000000000002")
    end)

    it("goes to the resource and the group that are asked for, and to no others afterwards", function()
      local asked = {}
      caller.on_attempt = nil
      function caller.start(_, _, _, options)
        asked[#asked + 1] = options.resource .. " " .. tostring(options.resource_group)
        return transfer_of(RUNNING)
      end
      local executions = caller:of "executions"
      assert(executions:in_group({ resource_group = "team" }):status(ID, 100))
      assert(executions:at_once("status", ID))
      assert(caller:at_once("status", ID))
      assert.same({ "executions team", "executions nil", "deployments nil" }, asked)
    end)

    it("is not made where something has to come before it, or nothing may be sent", function()
      assert.is_nil(caller:at_once("status", ID, time))
      caller.budget.paused_until = time + 1
      assert.is_nil(caller:at_once("status", ID))
      caller.budget.paused_until = -math.huge
      caller.login:expire()
      assert.is_nil(caller:at_once("status", ID))
      closed = true
      assert.is_nil(caller:at_once("status", ID))
      assert.same({}, sent)
    end)

    it("leaves wrong arguments to who says it at the right line, and nothing else that is raised", function()
      local failure
      function caller.start()
        error(failure, 0)
      end
      failure = "id: an id expected"
      assert.same({}, { caller:at_once("status", "a b") })
      failure = "interrupted!"
      assert.error(function()
        caller:at_once("status", ID)
      end, "interrupted!")
    end)

    it("goes on with what could not even be begun", function()
      local begun = 0
      function caller.start(...)
        begun = begun + 1
        if begun == 1 then
          return nil, { kind = "transport", message = "no memory", retryable = true }
        end
        return start(...)
      end
      answers = { RUNNING }
      assert.equal(RUNNING, call("status", ID))
      assert.equal(2, begun)
    end)
  end)

  it("makes one attempt only where that is asked for", function()
    answers = { failed(BUSY), 1 }
    local _, err = perform("count", { retry = false })
    assert.equal(503, err.status)
    assert.equal(1, err.attempts)
  end)

  it("waits before its first attempt while the service has asked for a pause", function()
    answers = { failed { kind = "http", status = 429, retry_after = 30, retryable = true }, 1, 1 }
    perform("count", { retry = false })
    assert.equal(1, perform "count")
    assert.equal(30, time)
    assert.equal(1, sent[2].attempt)
    time = time + 1
    assert.equal(1, perform "count")
    assert.equal(31, time)
  end)

  it("fails without sending where its time is over", function()
    local request = assert(caller:request "count")
    local count, err = caller:perform(request, time)
    assert.is_nil(count)
    assert.equal("timeout", err.kind)
    assert.equal(0, err.attempts)
    assert.same({}, sent)
  end)

  describe("whose token is refused", function()
    it("logs in once, and sends again", function()
      caller = connect { log_in = true }
      answers = { failed(REFUSED), 5 }
      assert.equal(5, perform "count")
      assert.equal("login count login count", names())
      answers = { failed(REFUSED), failed(REFUSED) }
      local _, err = perform "count"
      assert.equal("auth", err.kind)
      assert.equal(7, #sent) -- two attempts and one login
    end)

    it("says so where there is no other one", function()
      answers = { failed(REFUSED) }
      local _, err = perform "count"
      assert.equal(401, err.status)
      assert.equal("who?", err.message)
    end)

    it("says why a login does not help", function()
      local logins = 0
      caller = connect {
        log_in = true,
        start = function(session, name, ...)
          logins = logins + (name == "login" and 1 or 0)
          if logins == 2 then
            return transfer_of(failed { kind = "auth", message = "bad client", status = 401, operation = "login" })
          end
          return start(session, name, ...)
        end,
      }
      answers = { failed(REFUSED), 1 }
      local _, err = perform "count"
      assert.equal("bad client", err.message)
    end)
  end)

  it("ends at once where there is no token, and sends nothing", function()
    caller.login.given = function()
      return nil, "the vault is shut"
    end
    local _, err = perform "count"
    assert.equal("auth", err.kind)
    assert.matches("the vault is shut", err.message)
    assert.same({}, sent)
  end)

  it("ends when the host wants control back, and keeps what was known", function()
    cancelled = true
    answers = { failed { kind = "http", message = "busy", status = 503, ambiguous = true, retryable = true } }
    local _, err = perform("stop", nil, ID)
    assert.equal("cancelled", err.kind)
    assert.equal(503, err.status)
    assert.is_true(err.ambiguous)
    assert.equal(1, err.attempts)
  end)

  it("does not send, and logs nobody in, once it is closed", function()
    closed = true
    local _, err = perform("status", nil, ID)
    assert.equal("cancelled", err.kind)
    assert.matches("the client was closed", err.message)
    assert.same({}, sent)
    caller = connect { log_in = true }
    _, err = perform("status", nil, ID)
    assert.equal("cancelled", err.kind)
    assert.same({}, sent)
  end)

  it("calls a refusal because of the state so, whatever its HTTP status", function()
    answers = { failed { kind = "http", status = 400, code = "01010076" } }
    local _, err = perform("update", nil, ID, "conf-1")
    assert.equal("state", err.kind)
    answers = { failed { kind = "http", status = 400, code = "01010014" } }
    _, err = perform("update", nil, ID, "conf-1")
    assert.equal("http", err.kind)
  end)

  it("tells by a request's date what the service's clock shows, where that is wanted", function()
    answers = { { id = ID, status = "RUNNING" }, { id = ID, status = "RUNNING" } }
    caller.on_attempt = nil
    caller.start = function(...)
      local transfer = start(...)
      function transfer.info()
        return { date = 1700000000 }
      end
      return transfer
    end
    local request = assert(caller:request("status", nil, ID))
    assert(caller:perform(request, 100))
    assert.is_nil(request.date)
    request.dated = true
    assert(caller:perform(request, 100))
    assert.equal(1700000000, request.date)
  end)

  describe("that is told that there is no such record", function()
    local function ask(name)
      local request = assert(caller:request(name or "status", nil, ID))
      local _, err = caller:perform(request, 100)
      return err
    end

    it("asks whether this is AI Core at all, with one cheap GET", function()
      answers = { failed(ABSENT), CAPABILITIES }
      assert.is_true(ask().absent)
      assert.equal("status capabilities", names())
    end)

    it("asks no more once that is known", function()
      answers = { failed(ABSENT), CAPABILITIES, failed(ABSENT), failed(ABSENT) }
      ask()
      assert.is_true(ask().absent)
      assert.is_true(ask("stop").absent)
      assert.equal(4, #sent)
    end)

    it("asks nothing where any good answer has shown it before", function()
      answers = { { id = ID, status = "RUNNING" }, failed(ABSENT) }
      assert(perform("status", nil, ID))
      assert.is_true(ask().absent)
      assert.equal("status status", names())
    end)

    it("does not take a good login for AI Core", function()
      caller = connect { log_in = true }
      answers = { failed(ABSENT), failed { kind = "http", status = 404 } }
      assert.is_nil(ask().absent)
      assert.equal("login status capabilities", names())
    end)

    it("does not believe a service that has not shown that it is AI Core", function()
      for _, foreign in ipairs {
        failed { kind = "http", status = 404 },
        failed { kind = "protocol", status = 200 },
        failed { kind = "auth", status = 403 },
        { aiApi = 7 },
      } do
        caller = connect()
        answers = { failed(ABSENT), foreign, foreign, foreign, foreign, foreign }
        local err = ask()
        assert.is_nil(err.absent)
        assert.equal(404, err.status)
      end
    end)

    it("asks again where there was no answer", function()
      answers = { failed(ABSENT), failed { kind = "http", status = 403 }, failed(ABSENT), CAPABILITIES }
      assert.is_nil(ask().absent)
      assert.is_true(ask().absent)
    end)

    it("asks nothing where it was not AI Core's own 404", function()
      answers = { failed { kind = "http", status = 404 }, failed { kind = "http", status = 404, code = "404" } }
      assert.is_nil(ask().absent)
      assert.is_nil(ask().absent)
      assert.equal("status status", names())
    end)

    it("learns by it how this service says so in batches", function()
      assert.is_true(caller:says_absent "01010016")
      assert.is_false(caller:says_absent "0404")
      answers = { failed { kind = "http", status = 404, code = "0404" }, CAPABILITIES }
      ask()
      assert.is_true(caller:says_absent "0404")
      assert.is_true(caller:of("executions"):says_absent "0404")
      assert.is_false(caller:says_absent "01010016")
    end)
  end)

  it("waits no longer where the client is closed meanwhile", function()
    local sleep = caller.runtime.sleep
    function caller.runtime.sleep(seconds)
      closed = time >= 5
      return sleep(seconds)
    end
    answers = { failed { kind = "http", status = 503, retry_after = 60, retryable = true } }
    local _, err = perform "count"
    assert.same({ "cancelled", 503 }, { err.kind, err.status })
    assert.is_true(time <= 7, time)
    assert.equal(1, #sent)
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
      answers = { failed(ABSENT), CAPABILITIES }
      assert.same({ id = ID, message = "there is no such deployment", absent = true }, change "delete")
    end)

    it("but not absent where an answer was lost before", function()
      answers = { failed { kind = "transport", ambiguous = true, retryable = true }, failed(ABSENT), CAPABILITIES }
      assert.is_nil(assert(change "delete").absent)
    end)

    it("does not take a foreign not found for one", function()
      answers = { failed { kind = "http", status = 404 } }
      local accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.equal(404, err.status)
      answers = { failed(ABSENT), failed { kind = "http", status = 403 } }
      accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.is_nil(err.absent)
    end)

    it("does not take not found for the success of a stop", function()
      answers = { failed(ABSENT), CAPABILITIES }
      local accepted, err = change "stop"
      assert.is_nil(accepted)
      assert.is_true(err.absent)
    end)

    it("looks once where it was refused in a way that may be the state's, and believes what it sees", function()
      for status, code in pairs { [400] = "x", [409] = "x", [412] = "x", [422] = "x", [423] = "x" } do
        caller, sent = connect(), {}
        answers = { failed { kind = "http", status = status, code = code }, seen("STOPPED", "DELETED") }
        assert.equal(ID, assert(change "delete").id)
        answers = { failed { kind = "http", status = status, code = code }, seen("STOPPING", "STOPPED") }
        assert.equal(ID, assert(change "stop").id)
        assert.equal("delete status stop status", names())
      end
    end)

    it("looks in the resource group of the call", function()
      local groups = {}
      caller = connect {
        start = function(_, _, ...)
          groups[#groups + 1], sent[#sent + 1] = select(select("#", ...), ...).resource_group, {}
          return transfer_of(failed(STATE))
        end,
      }
      local request = assert(caller:request("stop", { resource_group = "team" }, ID))
      caller:change(request, 100)
      assert.same({ "team", "team" }, groups)
    end)

    it("lets the refusal stand where it has not come about", function()
      answers = { failed(STATE), seen("RUNNING", "RUNNING") }
      local accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.same({ "state", 412 }, { err.kind, err.status })
    end)

    it("says that it is the state where a look shows one that forbids it, whatever the status", function()
      answers = { failed { kind = "http", status = 409, code = "x" }, seen "UNKNOWN" }
      local accepted, err = change "stop"
      assert.is_nil(accepted)
      assert.same({ "state", 409, "UNKNOWN" }, { err.kind, err.status, err.last_status })
      answers = { failed { kind = "http", status = 409, code = "x" }, seen "RUNNING" }
      accepted, err = change "stop"
      assert.is_nil(accepted)
      assert.equal("http", err.kind)
      answers = { failed { kind = "http", status = 409, code = "x" }, seen "RUNNING" }
      accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.equal("state", err.kind)
    end)

    it("keeps the refusal where the look fails", function()
      answers = { failed(STATE), failed { kind = "http", status = 403 } }
      local accepted, err = change "delete"
      assert.is_nil(accepted)
      assert.equal(412, err.status)
    end)

    it("of one that was there for the refusal and is gone for the look, has come about", function()
      answers = { failed(STATE), failed(ABSENT), CAPABILITIES }
      local accepted = assert(change "delete")
      assert.is_nil(accepted.absent)
      answers = { failed(STATE), failed(ABSENT) }
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
        sent, answers = {}, { failed(err) }
        local accepted = change "stop"
        assert.is_nil(accepted)
        assert.equal("stop", names())
      end
    end)
  end)

  it("remembers what it has created for as long as it may not be found", function()
    local other = "d000000000000002"
    answers = { { id = ID }, { id = other } }
    local function create()
      local request = assert(caller:request("create", nil, "conf-1"))
      assert(caller:perform(request, time + 100))
    end
    create()
    assert.equal(300, caller:appears_by(ID))
    assert.is_nil(caller:appears_by "another")
    assert.is_nil(caller:of("executions"):appears_by(ID))
    time = 300
    create()
    assert.is_nil(caller:appears_by(ID)) -- and forgets it then
    assert.equal(600, caller:appears_by(other))
  end)

  describe("that has to know whether batches work", function()
    local TAKES = { aiApi = { capabilities = { bulkUpdates = { deployments = true } } } }

    it("asks once", function()
      answers = { TAKES }
      assert.is_true(caller:takes_batches(100))
      assert.is_true(caller:takes_batches(100))
      assert.equal("capabilities", names())
    end)

    it("asks once where the answer is no", function()
      answers = { CAPABILITIES }
      assert.is_false(caller:takes_batches(100))
      assert.is_false(caller:takes_batches(100))
      assert.equal("capabilities", names())
    end)

    it("asks once for each resource", function()
      answers = { TAKES, CAPABILITIES }
      assert.is_true(caller:takes_batches(100))
      local other = caller:of "executions"
      assert.is_false(other:takes_batches(100))
      assert.is_false(other:takes_batches(100))
      assert.is_true(caller:takes_batches(100))
      assert.equal(2, #sent)
    end)

    it("asks again where there was no answer", function()
      answers = { failed { kind = "http", status = 501 }, TAKES }
      assert.is_false(caller:takes_batches(100))
      assert.is_true(caller:takes_batches(100))
      assert.equal(2, #sent)
    end)

    it("asks for five seconds at most, and not beyond the deadline", function()
      answers = { failed { kind = "http", status = 501 }, failed { kind = "http", status = 501 } }
      caller:takes_batches(100)
      caller:takes_batches(2)
      assert.same({ 5, 2 }, { sent[1].left, sent[2].left })
    end)
  end)

  it("sends a call's correlation id with all that it takes, and tells it", function()
    answers = { failed { kind = "state", message = "no", status = 412, code = "1" }, { id = ID, status = "RUNNING" } }
    local request = assert(caller:request("stop", { correlation_id = "c-1" }, ID))
    local _, err = caller:change(request, caller:deadline(request))
    assert.equal("c-1", err.correlation_id)
    assert.matches("correlation c%-1", tostring(err))
    assert.equal("stop status", names())
    for _, one in ipairs(sent) do
      assert.same({ "c-1", "c-1" }, { one.correlation_id, one.told })
    end
  end)

  it("refuses what would not be heeded: all pages of a list are read", function()
    for _, option in ipairs { "top", "skip" } do
      for _, name in ipairs { "list", "count" } do
        local request, _, complaint = caller:search(name, { [option] = 5 })
        assert.is_nil(request)
        assert.equal(("%s: unknown option '%s': all pages are read"):format(name, option), complaint)
      end
    end
    assert(caller:search("list", { status = "RUNNING" }))
  end)

  it("remembers from list to list whose count it is", function()
    answers = { { count = 1, resources = { { id = ID, status = "RUNNING" } } }, { count = 1, resources = {} } }
    answers[3] = { count = 1, resources = { { id = ID, status = "RUNNING" } } }
    for _ = 1, 2 do
      local request = assert(caller:search "list")
      local reader = caller:read(request, 100)
      repeat
        local page = reader:next()
      until not page
      assert.is_true(reader.complete)
    end
    assert.equal("list list list", names())
  end)

  it("is bound to a resource, which stands in every request", function()
    assert.equal("deployments", caller:request("status", nil, ID).options.resource)
    local other = caller:of "executions"
    assert.equal("executions", other:request("status", nil, ID).options.resource)
    assert.is_nil(other:request("capabilities").options.resource)
    local request, complaint = other:request("update", nil, ID, "conf-1")
    assert.is_nil(request)
    assert.matches("only deployments", complaint)
  end)

  it("splits a call's options, and says what is wrong with them", function()
    local request = assert(caller:request("status", { retry = false, timeout = 3 }, ID))
    assert.is_false(request.retry)
    assert.equal(3, request.options.timeout)
    for _, case in ipairs {
      { 7, "status: a table of options expected, got number" },
      { { retry = 1 }, "status: retry: a boolean expected, got number" },
      { { colour = "red" }, "status: unknown option 'colour'" },
    } do
      local none, complaint = caller:request("status", case[1], ID)
      assert.is_nil(none)
      assert.equal(case[2], complaint)
    end
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

  --- Runs fn(i) in so many coroutines at the same time; what each has returned.
  local function run(count, fn)
    return runtime.run(function()
      local functions = {}
      for i = 1, count do
        functions[i] = function()
          return fn(i)
        end
      end
      return (runtime.gather(functions, count))
    end)
  end

  local function takes_batches()
    return caller:takes_batches(runtime.now() + 60)
  end

  local function count_of(word, results)
    local count = 0
    for _, result in pairs(results) do
      count = count + (result == word and 1 or 0)
    end
    return count
  end

  it("ask once for 25 whether batches work, whatever the answer", function()
    for _, bulk in ipairs { true, false } do
      model.settings.bulk = bulk
      caller = fake.new { emulator = model, runtime = runtime }
      model.journal:clear()
      assert.equal(25, count_of(bulk, run(25, takes_batches)))
      assert.equal(1, model.journal:requests().capabilities)
    end
  end)

  it("are asked by one where there is no answer, and 25 do without", function()
    assert(model.faults:add { operation = "capabilities", status = 501, times = 0 })
    assert.equal(25, count_of(false, run(25, takes_batches)))
    assert.equal(1, model.journal:requests().capabilities)
  end)

  it("wait five seconds at most to know it", function()
    assert(model.faults:add { operation = "capabilities", latency = 30, times = 0 })
    run(1, function()
      return caller:log_in(caller:request "login", NOW + 60)
    end)
    local began = runtime.now()
    assert.equal(25, count_of(false, run(25, takes_batches)))
    assert.is_true(runtime.now() - began < 5.5, runtime.now() - began)
    assert.equal(1, model.journal:requests().capabilities)
  end)

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
