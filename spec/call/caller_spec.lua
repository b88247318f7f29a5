-- A caller whose exchanges are answered by the spec, on a clock that only sleeping moves.

local callers = require "aicore.call.caller"
local errors = require "aicore.model.errors"

local ID = "d000000000000001"

local function failed(fields)
  fields.message = fields.message or "no"
  return errors.new(fields)
end

local BUSY = { kind = "http", message = "busy", status = 503, retryable = true }
local REFUSED = { kind = "auth", message = "who?", status = 401, retryable = true }

describe("caller", function()
  local time, slept, cancelled, answers, sent, caller

  -- Answers stand in their order; the last one counts for all that follow.
  local function connect(options)
    options = options or {}
    local made = callers.new {
      session = { set_token = function() end, close = function() end },
      runtime = {
        now = function()
          return time
        end,
        sleep = function(seconds)
          slept[#slept + 1] = seconds
          time = time + seconds
          return not cancelled
        end,
        apart = function(fn)
          fn()
          return true
        end,
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
    }
    function made.exchange(_, request, attempt, deadline)
      sent[#sent + 1] = { name = request.operation.name, attempt = attempt, left = deadline - time }
      if request.operation.name == "login" then
        return { expires_in = 3600 }
      end
      local answer = table.remove(answers, 1)
      if errors.is(answer) then
        return nil, answer
      end
      return answer
    end
    return made
  end

  before_each(function()
    time, slept, cancelled, answers, sent = 0, {}, false, {}, {}
    caller = connect()
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
    assert.same({ 0.05, 0.1 }, slept)
    assert.equal(3, sent[3].attempt)
  end)

  it("holds its timeout for the first attempt, and the call's own before its own", function()
    answers = { 1, 1 }
    caller = connect { timeout = 7 }
    perform "count"
    perform("count", { timeout = 3 })
    assert.same({ 7, 3 }, { sent[1].left, sent[2].left })
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
    assert.same({ 30 }, slept)
    assert.equal(1, sent[2].attempt)
    time = time + 1
    assert.equal(1, perform "count")
    assert.same({ 30 }, slept)
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
      assert.same({ "login", "count", "login", "count" }, { sent[1].name, sent[2].name, sent[3].name, sent[4].name })
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
      caller = connect { log_in = true }
      local exchange, logins = caller.exchange, 0
      function caller.exchange(self, request, ...)
        if request.operation.name == "login" then
          logins = logins + 1
          if logins == 2 then
            return nil, failed { kind = "auth", message = "bad client", status = 401, operation = "login" }
          end
        end
        return exchange(self, request, ...)
      end
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

  describe("of a delete", function()
    local ABSENT = { kind = "http", status = 404, code = "01010016" }

    local function delete()
      local request = assert(caller:request("delete", nil, ID))
      return caller:change(request, 100)
    end

    it("takes not found for a success, absent from the beginning", function()
      answers = { failed(ABSENT) }
      assert.same({ id = ID, message = "there is no such deployment", absent = true }, delete())
    end)

    it("but not absent where an answer was lost before", function()
      answers = { failed { kind = "transport", ambiguous = true, retryable = true }, failed(ABSENT) }
      assert.is_nil(assert(delete()).absent)
    end)

    it("looks once where it was refused because of the state", function()
      answers = {
        failed { kind = "state", status = 412, code = "x" },
        { id = ID, status = "STOPPED", targetStatus = "DELETED" },
      }
      assert.equal(ID, assert(delete()).id)
      answers = { failed { kind = "state", status = 412, code = "x" }, { id = ID, status = "RUNNING" } }
      local accepted, err = delete()
      assert.is_nil(accepted)
      assert.equal(412, err.status)
    end)
  end)

  it("remembers what it has created for as long as it may not be found", function()
    answers = { { id = ID } }
    local request = assert(caller:request("create", nil, "conf-1"))
    assert(caller:create(request, 100))
    assert.is_true(caller:is_fresh(ID))
    assert.is_false(caller:is_fresh "another")
    time = 60
    assert.is_false(caller:is_fresh(ID))
  end)

  it("asks once whether batches work, and again where there was no answer", function()
    answers = {
      failed { kind = "http", status = 501 },
      { aiApi = { capabilities = { bulkUpdates = { deployments = true } } } },
    }
    assert.is_false(caller:takes_batches(100))
    assert.is_true(caller:takes_batches(100))
    assert.is_true(caller:takes_batches(100))
    assert.equal(2, #sent)
    answers = { { aiApi = {} } }
    assert.is_false(caller:of("executions"):takes_batches(100))
    assert.is_false(caller:of("executions"):takes_batches(100))
    assert.equal(3, #sent)
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
