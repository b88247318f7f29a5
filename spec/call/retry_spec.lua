-- retry.lua with a virtual clock: no sleeping, no service, and dice that fall as the spec says.

local errors = require "aicore.model.errors"
local retry = require "aicore.call.retry"

-- Operations as operations.lua has them, one of each kind.
local OPERATIONS = {
  safe = { path = "/lm/deployments", idempotent = true },
  create = { path = "/lm/deployments", idempotent = false },
  login = { idempotent = true },
}

local KINDS = { "safe", "create", "login" }

-- What stands in DESIGN, section 2, written down once more and in another form than in the code.
local AGAIN = {
  safe = { [408] = true, [425] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true },
  create = { [429] = true },
}
AGAIN.login = AGAIN.safe

-- Errors as src/reply.c makes them.

local function refusal(status, fields)
  local err = {
    kind = (status == 401 or status == 403) and "auth" or status == 412 and "state" or "http",
    message = "HTTP " .. status,
    status = status,
    retryable = status >= 500 and status ~= 501 or status == 401 or status == 408 or status == 425 or status == 429,
    ambiguous = false,
  }
  for name, value in pairs(fields or {}) do
    err[name] = value
  end
  return errors.new(err)
end

local function failure(kind, fields)
  local err = { kind = kind, message = "no answer", retryable = true, ambiguous = false }
  for name, value in pairs(fields or {}) do
    err[name] = value
  end
  return errors.new(err)
end

local function unsent()
  return failure "transport"
end

local function machine_of(kind, options)
  options = options or {}
  return retry.new {
    operation = OPERATIONS[kind],
    deadline = options.deadline or 1e6,
    budget = options.budget or retry.budget(),
    enabled = options.enabled,
  }
end

-- A machine that has sent `count` requests, none of which got through.
local function machine_after(count, kind, options)
  local machine = machine_of(kind, options)
  for _ = 1, count do
    assert.equal("wait", (machine:step(unsent(), 0, 0)))
  end
  return machine
end

-- Numbers in [0, 1) that are the same in every run (Park and Miller).
local function dice(seed)
  return function()
    seed = seed * 16807 % 2147483647
    return (seed - 1) / 2147483646
  end
end

describe("retry", function()
  it("repeats a lost answer of every operation but those of which twice is not once", function()
    local repeated = {}
    for name, operation in pairs(require "aicore.call.operations") do
      local machine = retry.new { operation = operation, deadline = 100, budget = retry.budget() }
      repeated[name] = machine:step(failure("transport", { ambiguous = true }), 0, 0) == "wait"
    end
    local expected, safe =
      { create = false, batch = false, configure = false }, "configurations models resource_groups "
    for name in (safe .. "quota status list count logs capabilities update stop delete login"):gmatch "[%l_]+" do
      expected[name] = true
    end
    assert.same(expected, repeated)
  end)

  it("is done after a success, at any attempt", function()
    for _, kind in ipairs(KINDS) do
      for before = 0, 4 do
        local machine = machine_after(before, kind)
        assert.equal("done", (machine:step(nil, 0, 0.5)))
        assert.equal(before + 1, machine.attempts)
      end
    end
  end)

  describe("after an answer", function()
    local function expected(kind, status, attempt)
      if status == 401 and kind ~= "login" then
        return "login"
      end
      return AGAIN[kind][status] and attempt < 5 and "wait" or "fail"
    end

    local function check(kind, status, attempt, asked, ambiguous)
      local label = ("%s, HTTP %d, attempt %d, Retry-After %s"):format(kind, status, attempt, tostring(asked))
      local budget = retry.budget()
      local machine = machine_after(attempt - 1, kind, { budget = budget })
      local tokens = budget.tokens
      local err = refusal(status, { retry_after = asked, ambiguous = ambiguous })
      local action, value = machine:step(err, 0, 0.5)
      assert.equal(expected(kind, status, attempt), action, label)
      assert.equal(attempt, machine.attempts, label)

      local throttled = status == 429 or status == 503 and asked ~= nil
      local cost = action ~= "wait" and 0 or throttled and 5 or 14
      assert.equal(tokens - cost, budget.tokens, label)

      local backoff = 0.5 * (throttled and 1 or 0.1) * 2 ^ (attempt - 1)
      local delay = math.max(backoff, asked or 0)
      assert.equal(status == 429 and delay or 0, budget:pause(0, OPERATIONS[kind]), label)
      if action == "wait" then
        assert.equal(delay, value, label)
      elseif action == "fail" then
        assert.is_true(errors.is(value), label)
        local same =
          { status = status, kind = err.kind, message = err.message, retry_after = asked, attempts = attempt }
        for name, wanted in pairs(same) do
          assert.equal(wanted, value[name], label)
        end
        assert.equal(ambiguous, value.ambiguous, label)
      end
    end

    for _, kind in ipairs(KINDS) do
      it("does what it should, for every status and attempt: " .. kind, function()
        for status = 100, 599 do
          for attempt = 1, 5 do
            for _, asked in ipairs { false, 3, 90 } do
              check(kind, status, attempt, asked or nil, kind == "create" and status >= 500)
            end
          end
        end
      end)
    end
  end)

  describe("without a whole answer", function()
    local function each_failure(visit)
      for kind in ("timeout transport protocol config cancelled auth state"):gmatch "%a+" do
        for _, status in ipairs { false, 200, 202, 401, 404, 429, 503 } do
          for _, retryable in ipairs { true, false } do
            for _, ambiguous in ipairs { true, false } do
              local answered = kind == "auth" or kind == "state"
              if not (answered and status) then
                visit(kind, status or nil, retryable, ambiguous)
              end
            end
          end
        end
      end
    end

    local HALF = { timeout = true, transport = true, protocol = true }

    for _, kind in ipairs(KINDS) do
      it("repeats what may be repeated: " .. kind, function()
        each_failure(function(failed, status, retryable, ambiguous)
          if not HALF[failed] and status then
            return -- an answer, then: see above
          end
          local again = HALF[failed] and retryable
          if kind == "create" then
            again = again and failed ~= "protocol" and not status and not ambiguous
          end
          local label = ("%s: %s, %s, %s, %s"):format(kind, failed, status, retryable, ambiguous)
          local machine = machine_of(kind)
          local err = failure(failed, { status = status, retryable = retryable, ambiguous = ambiguous })
          local action, value = machine:step(err, 0, 0.5)
          assert.equal(again and "wait" or "fail", action, label)
          assert.equal(ambiguous, machine.ambiguous, label)
          if again then
            assert.equal(0.05, value, label)
          else
            assert.equal(ambiguous, value.ambiguous, label)
            assert.equal(failed, value.kind, label)
          end
        end)
      end)
    end

    it("reads missing flags as false", function()
      local action, err = machine_of("safe"):step({ kind = "timeout", message = "ended by the host" }, 0, 0)
      assert.equal("fail", action)
      assert.is_false(err.ambiguous)
    end)
  end)

  it("repeats what an HTTP/2 peer has refused unseen, of every kind, for nothing", function()
    for _, kind in ipairs(KINDS) do
      local budget = retry.budget()
      local machine = machine_of(kind, { budget = budget })
      local action, delay = machine:step(failure("transport", { refused = true }), 0, 0.5)
      assert.same({ "wait", 0.05, 500, false }, { action, delay, budget.tokens, machine.ambiguous })
    end
  end)

  describe("after a 401", function()
    it("logs in once per call, at once and for nothing", function()
      local budget = retry.budget()
      local machine = machine_of("create", { budget = budget })
      assert.same({ "login" }, { machine:step(refusal(401), 0, 0.9) })
      assert.equal(500, budget.tokens)
      local action, err = machine:step(refusal(401), 1, 0.9)
      assert.equal("fail", action)
      assert.equal("auth", err.kind)
      assert.equal(2, err.attempts)
    end)

    it("still has all its attempts", function()
      local machine = machine_after(2, "safe")
      assert.equal("login", (machine:step(refusal(401), 0, 0)))
      assert.same({ "wait", 0.4 }, { machine:step(refusal(500), 0, 1) })
      assert.equal("wait", (machine:step(refusal(500), 0, 0)))
      local action, err = machine:step(refusal(500), 0, 0)
      assert.equal("fail", action)
      assert.equal(6, err.attempts)
    end)

    it("logs in without retries, too", function()
      local machine = machine_of("safe", { enabled = false })
      assert.equal("login", (machine:step(refusal(401), 0, 0)))
      assert.equal("fail", (machine:step(refusal(500), 0, 0)))
    end)

    it("does not when the time is over", function()
      assert.equal("fail", (machine_of("safe", { deadline = 5 }):step(refusal(401), 5, 0)))
    end)

    it("ends with the login's error and its count where there is no token", function()
      local machine = machine_of "safe"
      machine:step(refusal(401), 0, 0)
      local login_err = refusal(400, { operation = "login", code = "invalid_client", attempts = 3 })
      local err = machine:abort(login_err, 1)
      assert.equal("invalid_client", err.code)
      assert.equal(3, err.attempts)
      assert.are_not.equal(login_err, err)
    end)
  end)

  describe("with retry = false", function()
    it("sends one request, whatever the kind and the answer", function()
      for _, kind in ipairs(KINDS) do
        for _, err in ipairs { refusal(429), refusal(500), unsent(), failure("timeout", { ambiguous = true }) } do
          local budget = retry.budget()
          local action, final = machine_of(kind, { enabled = false, budget = budget }):step(err, 0, 0.5)
          assert.equal("fail", action)
          assert.equal(1, final.attempts)
          assert.equal(500, budget.tokens)
        end
      end
    end)

    it("pauses the session all the same after a 429", function()
      local budget = retry.budget()
      machine_of("safe", { enabled = false, budget = budget }):step(refusal(429, { retry_after = 7 }), 100, 0.5)
      assert.equal(7, budget:pause(100, OPERATIONS.safe))
    end)
  end)

  describe("the backoff", function()
    it("doubles, until there have been five attempts", function()
      for status, base in pairs { [500] = 0.1, [429] = 1 } do
        local machine, delays = machine_of "safe", {}
        for i = 1, 4 do
          delays[i] = select(2, machine:step(refusal(status), i * 100, 1))
        end
        assert.same({ base, 2 * base, 4 * base, 8 * base }, delays)
        assert.equal("fail", (machine:step(refusal(status), 1000, 1)))
      end
    end)

    it("is jitter over the whole range", function()
      for _, random in ipairs { 0, 0.25, 0.999 } do
        local machine = machine_after(3, "safe")
        assert.same({ "wait", random * 0.8 }, { machine:step(refusal(502), 0, random) })
      end
    end)

    it("yields to a longer Retry-After only", function()
      local machine = machine_of "safe"
      assert.same({ "wait", 2 }, { machine:step(refusal(500, { retry_after = 2 }), 0, 0.5) })
      assert.same({ "wait", 1.5 }, { machine:step(refusal(503, { retry_after = 1 }), 0, 0.75) })
    end)

    it("yields to a longer pause of the session", function()
      local budget = retry.budget()
      budget.paused_until = 30
      assert.same({ "wait", 20 }, { machine_of("safe", { budget = budget }):step(refusal(500), 10, 0.5) })
    end)
  end)

  describe("a Retry-After", function()
    it("is obeyed up to two minutes", function()
      for _, status in ipairs { 429, 500, 503 } do
        local action, delay = machine_of("safe"):step(refusal(status, { retry_after = 120 }), 0, 0.5)
        assert.same({ "wait", 120 }, { action, delay })
      end
    end)

    it("of more fails at once, says so, and costs no tokens", function()
      for _, status in ipairs { 429, 500, 503 } do
        local budget = retry.budget()
        local err = refusal(status, { retry_after = 86400 })
        local action, final = machine_of("safe", { budget = budget }):step(err, 0, 0.5)
        assert.equal("fail", action)
        assert.same({ status, 86400, 1 }, { final.status, final.retry_after, final.attempts })
        assert.matches("the service asks to wait 86400 s, which is too long", final.message)
        assert.equal(500, budget.tokens)
      end
    end)

    it("pauses nobody else for longer than two minutes", function()
      local budget = retry.budget()
      machine_of("safe", { budget = budget }):step(refusal(429, { retry_after = 86400 }), 0, 0.5)
      local other = machine_of("create", { budget = budget })
      assert.same({ "wait", 120 }, { other:ready(0) })
      assert.equal("send", (other:ready(120)))
    end)

    it("of a login pauses logins, and no calls whose token is good", function()
      local budget = retry.budget()
      machine_of("login", { budget = budget }):step(refusal(429, { retry_after = 30 }), 0, 0.5)
      assert.same({ "wait", 30 }, { machine_of("login", { budget = budget }):ready(0) })
      assert.equal("send", (machine_of("safe", { budget = budget }):ready(0)))
      assert.equal("wait", (machine_of("safe", { budget = budget }):step(refusal(500), 0, 0)))
      assert.equal(0, budget:pause(0, OPERATIONS.create))
      assert.equal(30, budget:pause(0, OPERATIONS.login))
    end)

    it("of a call pauses no login", function()
      local budget = retry.budget()
      machine_of("safe", { budget = budget }):step(refusal(429, { retry_after = 30 }), 0, 0.5)
      assert.equal("send", (machine_of("login", { budget = budget }):ready(0)))
      assert.equal("wait", (machine_of("create", { budget = budget }):ready(0)))
    end)
  end)

  describe("the deadline", function()
    it("ends a call at once that would have to wait past it", function()
      local action, err = machine_of("safe", { deadline = 10 }):step(refusal(503, { retry_after = 120 }), 4, 0.5)
      assert.equal("fail", action)
      assert.equal(503, err.status)
      assert.equal(120, err.retry_after)
      assert.matches("HTTP 503 %(the service asks to wait 120.0 s, 6.0 s are left%)", tostring(err))
    end)

    it("is too late for an attempt itself", function()
      for _, case in ipairs { { asked = 5.9, action = "wait" }, { asked = 6, action = "fail" } } do
        local err = refusal(503, { retry_after = case.asked })
        assert.equal(case.action, (machine_of("safe", { deadline = 10 }):step(err, 4, 0)))
      end
    end)

    it("does not claim that the service asked for the backoff", function()
      local action, err = machine_of("safe", { deadline = 10 }):step(refusal(500), 9.99, 0.5)
      assert.equal("fail", action)
      assert.is_nil(err.retry_after)
      assert.matches("no time left", err.message)
    end)

    it("nor where its wish is the shorter one", function()
      local machine = machine_after(3, "safe", { deadline = 10 })
      local action, err = machine:step(refusal(503, { retry_after = 1 }), 4, 0.9)
      assert.equal("fail", action)
      assert.equal(1, err.retry_after)
      assert.matches("no time left", err.message)
    end)

    it("costs no tokens", function()
      local budget = retry.budget()
      machine_of("safe", { deadline = 10, budget = budget }):step(refusal(503, { retry_after = 120 }), 4, 0.5)
      assert.equal(500, budget.tokens)
    end)

    it("when it cuts off an attempt, leaves the word to the server", function()
      for _, kind in ipairs { "timeout", "transport" } do
        local machine = machine_of("safe", { deadline = 10 })
        machine:step(refusal(503, { code = "0503", request_id = "r1" }), 1, 0.5)
        local action, err = machine:step(failure(kind, { ambiguous = true }), 9.999, 0.5)
        assert.equal("fail", action)
        assert.equal("0503", err.code)
        assert.equal("r1", err.request_id)
        assert.equal(2, err.attempts)
        assert.is_true(err.ambiguous)
      end
    end)

    it("lets a failure of its own before it stand", function()
      local machine = machine_of("safe", { deadline = 10 })
      machine:step(refusal(503), 1, 0.5)
      local _, err = machine:step(failure("transport", { retryable = false }), 5, 0.5)
      assert.equal("transport", err.kind)
    end)

    it("does not take half an answer for the server's word", function()
      local machine = machine_of("safe", { deadline = 10 })
      machine:step(refusal(503), 1, 0.5)
      machine:step(failure("transport", { status = 200 }), 2, 0.5)
      local _, err = machine:step(failure "timeout", 10, 0.5)
      assert.equal(503, err.status)
    end)

    it("does not bring back the 401 that a login has answered", function()
      local machine = machine_of("safe", { deadline = 10 })
      machine:step(refusal(401), 1, 0.5)
      local _, err = machine:step(failure "timeout", 10, 0.5)
      assert.equal("timeout", err.kind)
    end)

    it("does not hide that the host cancelled", function()
      local machine = machine_of("safe", { deadline = 10 })
      machine:step(refusal(503), 1, 0.5)
      assert.equal("cancelled", machine:abort({ kind = "cancelled", message = "ended by the host" }, 10).kind)
    end)
  end)

  describe("what may have happened", function()
    it("stays ambiguous, whatever comes later", function()
      for _, last in ipairs { refusal(404), refusal(429), refusal(401), unsent() } do
        local machine = machine_of "safe"
        assert.is_false(machine.ambiguous)
        machine:step(failure("timeout", { ambiguous = true }), 0, 0)
        assert.is_true(machine.ambiguous)
        machine:step(last, 0, 0)
        assert.is_true(machine.ambiguous)
        assert.is_true(machine:abort(last, 0).ambiguous)
      end
    end)

    it("counts in an error from outside, too", function()
      local err = { kind = "cancelled", message = "ended by the host", ambiguous = true }
      assert.is_true(machine_of("safe"):abort(err, 0).ambiguous)
      assert.is_false(machine_of("safe"):abort({ kind = "cancelled", message = "ended" }, 0).ambiguous)
    end)

    it("is not ambiguous where every answer was a clear no", function()
      local machine = machine_of "safe"
      machine:step(refusal(429), 0, 0)
      machine:step(unsent(), 0, 0)
      local action, err = machine:step(refusal(404), 0, 0)
      assert.equal("fail", action)
      assert.is_false(err.ambiguous)
      assert.is_false(machine.ambiguous)
    end)
  end)

  describe("before an attempt", function()
    it("sends if nothing forbids it", function()
      assert.equal("send", (machine_of("safe", { deadline = 1 }):ready(0)))
    end)

    it("waits while the session pauses, also for longer than it was told before", function()
      local budget = retry.budget()
      local one, other = machine_of("safe", { budget = budget }), machine_of("create", { budget = budget })
      one:step(refusal(429, { retry_after = 3 }), 0, 0)
      assert.same({ "wait", 3 }, { other:ready(0) })
      one:step(refusal(429, { retry_after = 2 }), 2, 0)
      assert.same({ "wait", 1 }, { other:ready(3) })
      one:step(refusal(429), 3, 0) -- a short one ends no longer one
      assert.same({ "wait", 1 }, { other:ready(3) })
      assert.equal("send", (other:ready(4)))
      assert.equal(0, other.attempts)
    end)

    it("fails at once if the pause passes the deadline, and says how long", function()
      local budget = retry.budget()
      budget.paused_until = 60
      local action, err = machine_of("safe", { budget = budget, deadline = 30 }):ready(10)
      assert.equal("fail", action)
      assert.equal("timeout", err.kind)
      assert.equal(50, err.retry_after)
      assert.equal(0, err.attempts)
      assert.matches("asks to wait 50.0 s, 20.0 s are left", err.message)
    end)

    it("prefers what the server said to this call", function()
      local budget = retry.budget()
      local machine = machine_of("safe", { budget = budget, deadline = 30 })
      machine:step(refusal(500), 0, 0)
      budget.paused_until = 60
      local action, err = machine:ready(10)
      assert.equal("fail", action)
      assert.equal(500, err.status)
      assert.equal(50, err.retry_after)
    end)

    it("fails when no time is left, with what the server said last", function()
      local machine = machine_of("safe", { deadline = 30 })
      machine:step(refusal(500), 10, 0)
      local action, err = machine:ready(30)
      assert.equal("fail", action)
      assert.equal(500, err.status)
      assert.equal(1, err.attempts)
      assert.is_nil(err.retry_after)
    end)

    it("fails when no time is left, with what went wrong last where the server said nothing", function()
      local machine = machine_of("safe", { deadline = 30 })
      machine:step(unsent(), 10, 0)
      local _, err = machine:ready(30)
      assert.equal("transport", err.kind)
      assert.equal(1, err.attempts)
    end)
  end)

  describe("the bucket", function()
    local function drain(budget, err)
      local repeats = 0
      while machine_of("safe", { budget = budget }):step(err, 0, 0) == "wait" do
        repeats = repeats + 1
      end
      return repeats
    end

    it("pays for 35 transient repetitions, or for 100 after throttling", function()
      assert.equal(35, drain(retry.budget(), refusal(500)))
      assert.equal(35, drain(retry.budget(), unsent()))
      assert.equal(100, drain(retry.budget(), refusal(429)))
      assert.equal(100, drain(retry.budget(), refusal(503, { retry_after = 1 })))
    end)

    it("when it is empty, nobody repeats", function()
      local budget = retry.budget()
      drain(budget, refusal(429))
      for _, kind in ipairs(KINDS) do
        local action, err = machine_of(kind, { budget = budget }):step(refusal(429), 0, 0)
        assert.equal("fail", action)
        assert.equal(429, err.status)
        assert.matches("used up its retries", err.message)
      end
    end)

    it("gets a token for a success at the first try, and never has more than 500", function()
      local budget = retry.budget()
      machine_of("safe", { budget = budget }):step(nil, 0, 0)
      assert.equal(500, budget.tokens)
      drain(budget, refusal(500))
      local left = budget.tokens
      machine_of("safe", { budget = budget }):step(nil, 0, 0)
      assert.equal(left + 1, budget.tokens)
    end)

    it("gets none for a later success", function()
      local budget = retry.budget()
      machine_after(1, "safe", { budget = budget }):step(nil, 0, 0)
      assert.equal(486, budget.tokens)
    end)
  end)

  describe("for every error", function()
    it("hands on a copy with all of its fields", function()
      local err = refusal(412, { code = "0101", details = { a = 1 }, target = "/v2", request_id = "r" })
      local _, final = machine_of("safe"):step(err, 0, 0)
      assert.are_not.equal(err, final)
      assert.is_nil(err.attempts)
      for field, value in pairs(err) do
        assert.equal(value, final[field])
      end
    end)
  end)
end)

-- Any sequence of answers -------------------------------------------------------------------------

local function answers(random)
  local makers = {
    function()
      return nil
    end,
    unsent,
    function()
      return failure("timeout", { ambiguous = random() < 0.5 })
    end,
    function()
      return failure("protocol", { status = 200, retryable = random() < 0.5, ambiguous = true })
    end,
    function()
      return refusal(401)
    end,
    function()
      return refusal(429, { retry_after = random() < 0.5 and math.floor(random() * 30) or nil })
    end,
    function()
      return refusal(503, { retry_after = random() < 0.5 and math.floor(random() * 100) or nil })
    end,
    function()
      return refusal(100 + math.floor(random() * 500))
    end,
  }
  return makers
end

-- Drives one call as the header of retry.lua says. Returns the number of requests and whether it succeeded.
local function drive(world, kind)
  local now = world.now
  local deadline = now + world.random() * 100
  local machine = machine_of(kind, { budget = world.budget, deadline = deadline })
  local sent, logins = 0, 0
  local action, value = machine:ready(now)
  while true do
    if action == "send" then
      assert.is_true(now < deadline, "sent in time")
      sent = sent + 1
      now = now + world.random() * world.latency
      local random = world.random()
      local err = world.answer()
      action, value = machine:step(err, now, random)
      if action == "wait" then
        local throttled = err.status == 429 or err.status == 503 and err.retry_after and err.kind == "http"
        local most = math.min(20, (throttled and 1 or 0.1) * 2 ^ (sent - logins - 1))
        local asked = math.max(err.retry_after or 0, world.budget:pause(now, OPERATIONS[kind]))
        assert.is_true(value >= 0 and value <= math.max(most, asked), "the jitter stays in range")
        assert.is_true(value >= (err.retry_after or 0), "Retry-After is respected")
      end
    elseif action == "wait" then
      assert.is_true(value > 0 or sent > 0)
      assert.is_true(now + value < deadline, "no delay passes the deadline")
      now = now + value
      action, value = machine:ready(now)
    elseif action == "login" then
      logins = logins + 1
      action = now < deadline and "send" or "fail"
    else
      break
    end
  end
  assert.is_true(logins <= 1 and sent <= 5 + logins)
  assert.equal(sent, machine.attempts)
  if action == "fail" and value then
    assert.equal(sent, value.attempts)
    assert.equal(machine.ambiguous, value.ambiguous)
  end
  return sent - logins, action == "done"
end

describe("retry, under any sequence of answers,", function()
  it("keeps to deadline, jitter and bucket", function()
    for seed = 1, 60 do
      local random = dice(seed)
      local makers = answers(random)
      local world = { now = 1000 * random(), budget = retry.budget(), random = random, latency = random() * 5 }
      local only = random() < 0.5 and 1 + math.floor(random() * #makers) or nil
      function world.answer()
        return makers[only or 1 + math.floor(random() * #makers)]()
      end
      local calls, requests, successes = 0, 0, 0
      for _ = 1, 300 do
        local sent, done = drive(world, KINDS[1 + math.floor(random() * 3)])
        if sent > 0 then
          calls, requests, successes = calls + 1, requests + sent, successes + (done and 1 or 0)
        end
        world.now = world.now + random() * 10
        assert.is_true(world.budget.tokens >= 0 and world.budget.tokens <= 500)
      end
      assert.is_true(requests - calls <= (500 + successes) / 5, "seed " .. seed)
    end
  end)

  it("adds at most a tenth to a storm of a thousand refused calls", function()
    local random = dice(7)
    local world = { now = 0, budget = retry.budget(), random = random, latency = 0.1 }
    function world.answer()
      return refusal(429)
    end
    local requests = 0
    for _ = 1, 1000 do
      requests = requests + drive(world, "safe")
      world.now = world.now + 100
    end
    assert.is_true(requests <= 1100, requests)
  end)
end)
