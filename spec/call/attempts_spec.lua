local attempts = require "aicore.call.attempts"
local errors = require "aicore.model.errors"
local retry = require "aicore.call.retry"

local BUSY = { kind = "http", message = "busy", status = 503 }

describe("attempts", function()
  local time, slept, runtime, answers, sent

  before_each(function()
    time, slept, sent = 0, {}, 0
    runtime = {
      now = function()
        return time
      end,
      sleep = function(seconds)
        slept[#slept + 1] = seconds
        time = time + seconds
        return not runtime.cancelled
      end,
    }
  end)

  local function run(kind, renew)
    local machine = retry.new { kind = kind, deadline = 100, budget = retry.budget() }
    return attempts.run(machine, runtime, function()
      return 0.5
    end, function()
      sent = sent + 1
      local answer = answers[sent]
      if errors.is(answer) then
        return nil, answer, answer.beside
      end
      return answer
    end, renew)
  end

  it("send until it works, and sleep in between", function()
    answers = { errors.new(BUSY), errors.new(BUSY), "reply" }
    assert.equal("reply", run "safe")
    assert.same({ 0.05, 0.1 }, slept)
  end)

  it("give a false or zero reply, too", function()
    answers = { 0 }
    assert.equal(0, run "safe")
  end)

  it("log in once after a 401, and say why that did not help", function()
    answers = { errors.new { kind = "auth", message = "no", status = 401 }, "reply" }
    local renewed = 0
    assert.equal(
      "reply",
      run("safe", function()
        renewed = renewed + 1
        return true
      end)
    )
    assert.equal(1, renewed)
    sent, answers = 0, { errors.new { kind = "auth", message = "no", status = 401 } }
    local _, err = run("safe", function()
      return nil, errors.new { kind = "auth", message = "login refused", operation = "login" }
    end)
    assert.equal("login refused", err.message)
    sent = 0
    _, err = run("safe", function()
      return nil -- a fixed token
    end)
    assert.equal(401, err.status)
  end)

  it("end at once where the error is about something else", function()
    answers = { errors.new { kind = "transport", message = "no login", retryable = true, beside = true } }
    local _, err = run "safe"
    assert.equal("no login", err.message)
    assert.equal(1, sent)
  end)

  it("end when the host wants control back, and keep what was known", function()
    runtime.cancelled = true
    answers = { errors.new { kind = "http", message = "busy", status = 503, ambiguous = true } }
    local _, err = run "safe"
    assert.equal("cancelled", err.kind)
    assert.equal(503, err.status)
    assert.is_true(err.ambiguous)
    assert.equal(1, err.attempts)
  end)
end)
