-- Single exchanges of a caller, which are answered by the spec.

local answered = require "spec.support.answered"

local failed = answered.failed

local ID = "d000000000000001"

local BUSY = { kind = "http", message = "busy", status = 503, retryable = true }
local REFUSED = { kind = "auth", message = "who?", status = 401, retryable = true }

describe("an exchange", function()
  local stage, caller

  before_each(function()
    stage = answered.stage()
    caller = stage:connect()
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
      caller = stage:connect { timeout = 7 }
      stage.answers = { RUNNING }
      assert(stage:perform("status", nil, ID)) -- takes the token
      stage.sent = {}
    end)

    it("sends within the call's timeout, tells of it, and makes no table on its way", function()
      stage.answers = { RUNNING, RUNNING }
      assert.equal(RUNNING, call("status", ID))
      assert.same({ { name = "status", attempt = 1, left = 7 } }, stage.sent)
      assert.equal(2, caller:requests())

      local transfer = answered.transfer(RUNNING)
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
      stage.answers = { failed(BUSY), RUNNING }
      assert.equal(RUNNING, call("status", ID))
      assert.same({ 1, 2 }, { stage.sent[1].attempt, stage.sent[2].attempt })
      assert.is_true(stage.time > 0)
      assert.equal(7 - stage.time, stage.sent[2].left)
    end)

    it("tells what an answer asks to wait", function()
      local told = {}
      function caller.on_attempt(record)
        told[#told + 1] = tostring(record.retry_after)
      end
      stage.answers = { failed { kind = "http", status = 429, retry_after = 2, retryable = true }, RUNNING }
      assert(call("status", ID))
      assert.same({ "2", "nil" }, told)
    end)

    it("says how often it has tried, and that an answer was lost", function()
      stage.answers = {
        failed { kind = "http", status = 503, ambiguous = true, retryable = true },
        failed { kind = "http", status = 412 },
      }
      local _, err = call("stop", ID)
      assert.equal(2, err.attempts)
      assert.is_true(err.ambiguous)
    end)

    it("gets another token for the one that was sent, and no second one", function()
      caller = stage:connect { log_in = true }
      stage.answers = { RUNNING, failed(REFUSED), RUNNING }
      assert(stage:perform("status", nil, ID))
      assert.equal(RUNNING, call("status", ID))
      assert.equal("login status status login status", stage:names())

      -- One that another call has replaced meanwhile is not replaced again.
      stage.answers = { failed(REFUSED), RUNNING }
      function caller.runtime.await()
        caller.login.generation = caller.login.generation + 1
        caller.runtime.await = function() end
      end
      stage.sent = {}
      assert.equal(RUNNING, call("status", ID))
      assert.equal("status status", stage:names())
    end)

    it("remembers what it has created", function()
      stage.answers = { { id = "d000000000000002" } }
      assert(call("create", "conf-1"))
      assert.equal(300, caller:appears_by "d000000000000002")
    end)

    it("goes to the resource and the group that are asked for, and to no others afterwards", function()
      local asked = {}
      caller.on_attempt = nil
      function caller.start(_, _, _, options)
        asked[#asked + 1] = options.resource .. " " .. tostring(options.resource_group)
        return answered.transfer(RUNNING)
      end
      local executions = caller:of "executions"
      assert(executions:in_group({ resource_group = "team" }):status(ID, 100))
      assert(executions:at_once("status", ID))
      assert(caller:at_once("status", ID))
      assert.same({ "executions team", "executions nil", "deployments nil" }, asked)
    end)

    it("is not made where something has to come before it, or nothing may be sent", function()
      assert.is_nil(caller:at_once("status", ID, stage.time))
      caller.budget.paused_until = stage.time + 1
      assert.is_nil(caller:at_once("status", ID))
      caller.budget.paused_until = -math.huge
      caller.login:expire()
      assert.is_nil(caller:at_once("status", ID))
      stage.closed = true
      assert.is_nil(caller:at_once("status", ID))
      assert.same({}, stage.sent)
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
      function caller.start(_, ...)
        begun = begun + 1
        if begun == 1 then
          return nil, { kind = "transport", message = "no memory", retryable = true }
        end
        return stage:start(...)
      end
      stage.answers = { RUNNING }
      assert.equal(RUNNING, call("status", ID))
      assert.equal(2, begun)
    end)
  end)

  it("calls a refusal because of the state so, whatever its HTTP status", function()
    stage.answers = { failed { kind = "http", status = 400, code = "01010076" } }
    local _, err = stage:perform("update", nil, ID, "conf-1")
    assert.equal("state", err.kind)
    stage.answers = { failed { kind = "http", status = 400, code = "01010014" } }
    _, err = stage:perform("update", nil, ID, "conf-1")
    assert.equal("http", err.kind)
  end)

  it("tells by a request's date what the service's clock shows, where that is wanted", function()
    stage.answers = { { id = ID, status = "RUNNING" }, { id = ID, status = "RUNNING" } }
    caller.on_attempt = nil
    caller.start = function(_, ...)
      local transfer = stage:start(...)
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
end)
