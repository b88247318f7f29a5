--- The fault matrix: every fault (faults.lua) in every operation (operations.lua), held against the server's journal.
--
-- Whatever the service does: nothing is said that did not happen; what happened and was not said is ambiguous;
-- nothing is sent twice that must not be; a call ends in time, with an error value that holds no secret; and the client
-- goes on.

local certificates = require "spec.tls.certificates"
local client = require "aicore.client"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local faults = require "spec.faults.faults"
local hosts = require "spec.faults.hosts"
local leaks = require "spec.secrets.leaks"
local operations = require "spec.faults.operations"
local service = require "spec.faults.service"
local world = require "spec.faults.world"

local SECRETS = {
  ["client secret"] = "sec+7d41/9e=0b52c8a6!f310",
  ["escaped secret"] = "sec%2B7d41%2F9e%3D0b52c8a6%21f310",
  token = world.token,
}

local SHORT, LONG = 0.06, 20 -- seconds for a call: where nothing but the time ends it, and elsewhere
local SLACK = 20 -- seconds that a busy machine may add
local ID = "d748fdae9f88a9b0"

local host = hosts.here()

describe("faults (" .. host.name .. ")", function()
  local made, server, records, cases

  setup(function()
    made = certificates.new()
    made.authority "authority"
    server = service.start(made.issue("server", { by = "authority" }))
    cases = 0
  end)

  teardown(function()
    server.stop()
    made.remove()
    io.stderr:write(("fault matrix (%s): %d cases\n"):format(host.name, cases))
  end)

  --- A client that has logged in and holds a connection.
  local function connect(fault)
    local url = fault.h2 and server.secure_url or server.url
    records = {}
    local made_client = assert(client.new {
      base_url = url,
      auth_url = url,
      client_id = "sb-faults",
      client_secret = SECRETS["client secret"],
      ca_file = made.folder .. "/authority.crt",
      max_response = 100000,
      max_headers = 50000,
      runtime = host.runtime,
      on_attempt = function(record)
        records[#records + 1] = record
      end,
    })
    return made_client
  end

  --- Lets a healthy service answer: the client must be as good as new.
  local function check_health(tested, where)
    tested.caller.budget.tokens, tested.caller.budget.paused_until = 500, -math.huge
    server.order { order = "set", deployments = { [ID] = "RUNNING" } }
    local deployment, err = tested:status(ID, { timeout = LONG + SLACK })
    assert(deployment and deployment.status == "RUNNING", where .. ": it does not work afterwards: " .. tostring(err))
  end

  local function is_one_of(word, words)
    for _, other in ipairs(words) do
      if word == other then
        return true
      end
    end
    return false
  end

  local function check_leaks(tested, err, where)
    local leak = leaks.find(err, SECRETS, "the error")
      or leaks.find(records, SECRETS, "on_attempt's records")
      or leaks.find(tostring(tested), SECRETS, "tostring")
    assert(not leak, where .. ": " .. tostring(leak))
    records = {}
  end

  --- How often may the operation's request arrive?
  local function check_repetitions(operation, fault, journal, where)
    local received = journal.received[operation.name] or 0
    local most = operation.once and not fault.repeats and (fault.denies and 2 or 1) or math.huge
    assert(received <= most, ("%s: sent %d times"):format(where, received))
    assert(journal.elsewhere == 0, where .. ": a redirection was followed")
  end

  --- The error of a call that did not go well.
  local function check_error(operation, fault, err, journal, where)
    assert(errors.is(err), where .. ": no error value: " .. tostring(err))
    assert(type(err.message) == "string" and err.message ~= "", where .. ": no message")
    if operation.happened and operation.happened(journal) then
      assert(err.ambiguous == true, where .. ": it happened, and the error is not ambiguous: " .. tostring(err))
    end
    if fault.kinds and operation.name ~= "delete_all" then
      assert(is_one_of(err.kind, fault.kinds), ("%s: kind %s: %s"):format(where, err.kind, tostring(err)))
      assert(err.message:find(fault.says or "", 1, true), ("%s: says not what: %s"):format(where, tostring(err)))
    end
  end

  --- One case. `order` says when and where the fault strikes.
  local function try(tested, operation, fault, order, opts, seconds, where)
    cases = cases + 1
    server.order(order)
    local begun = core.now()
    local result, err = operation.call(tested, opts)
    local elapsed = core.now() - begun
    local journal = server.order { order = "journal" }
    assert(elapsed < seconds + SLACK, ("%s: it took %.1f s"):format(where, elapsed))
    if result then
      local lie = operation.lie(result, journal)
      assert(not lie, ("%s: a false success: %s"):format(where, tostring(lie)))
    else
      check_error(operation, fault, err, journal, where)
    end
    check_repetitions(operation, fault, journal, where)
    check_leaks(tested, err, where)
    return result, err
  end

  local function order_for(operation, fault, times, done, dress)
    return {
      order = "set",
      fault = fault.name,
      operation = operation.on or operation.name,
      id = operation.id,
      body = operation.body,
      deployments = operation.deployments,
      times = times,
      done = done,
      dress = dress,
    }
  end

  --- Where in the answer the fault strikes: after so many bytes.
  local function positions(fault, order, step)
    local last = fault.each and server.order(order).length - 1 or fault.last or 0
    step = fault.step or step or 1
    local at = -step
    return function()
      at = at + step
      return at <= last and at or nil
    end
  end

  local RECOVERABLE = { transport = true, protocol = true }

  local function is_recoverable(fault)
    for _, kind in ipairs(fault.kinds or {}) do
      if not RECOVERABLE[kind] then
        return false
      end
    end
    return not fault.permanent and not fault.refuses
  end

  --- It strikes every time, and nothing is repeated: no answer, no success.
  local function strike_always(tested, operation, fault, done, dress)
    local order = order_for(operation, fault, -1, done, dress)
    local seconds = fault.slow and SHORT or LONG
    for at in positions(fault, order) do
      order.at = at
      local where = ("%s, byte %d, %s, always, %s"):format(operation.name, at, dress, done and "done" or "not done")
      local opts = { retry = false, timeout = seconds }
      local result, err = try(tested, operation, fault, order, opts, seconds, where)
      -- libcurl does not miss a last empty line behind the chunks; operation.lie has seen that all is there.
      assert(not result or fault.may_pass or dress == "chunked", where .. ": a success")
      if fault.accept and err then
        assert(not fault.refused or err.ambiguous == false, where .. ": ambiguous though nothing was sent")
      end
      check_health(tested, where)
    end
  end

  --- It strikes once, and the call may be repeated: what is safe to repeat goes well then.
  local function strike_once(tested, operation, fault, done, dress)
    local order = order_for(operation, fault, 1, done, dress)
    for at in positions(fault, order, fault.step_once) do
      order.at = at
      local where = ("%s, byte %d, %s, once, %s"):format(operation.name, at, dress, done and "done" or "not done")
      local result, err = try(tested, operation, fault, order, { timeout = 120 }, LONG, where)
      if is_recoverable(fault) and not operation.once then
        assert(result, where .. ": not made up for: " .. tostring(err))
      end
      check_health(tested, where)
    end
  end

  local PLAIN, EVERY = { "plain" }, { "plain", "chunked", "gzip" }

  local function strike(tested, operation, fault, done)
    for _, dress in ipairs(fault.each and operation.name == "list" and EVERY or PLAIN) do
      if operation.name ~= "delete_all" then
        strike_always(tested, operation, fault, done, dress)
      end
      if not fault.slow then
        strike_once(tested, operation, fault, done, dress)
      end
    end
  end

  local function run(fault)
    local tested = connect(fault)
    check_health(tested, "before")
    for _, operation in ipairs { operations.fleet, (table.unpack or unpack)(operations.list) } do
      if not (fault.except and fault.except[operation.name]) then
        strike(tested, operation, fault, not fault.refuses)
        if operation.changes and not (fault.refuses or fault.slow or fault.may_pass) then
          strike(tested, operation, fault, false)
        end
      end
    end
    tested:close()
  end

  for _, fault in ipairs(faults.list) do
    it(fault.name, function()
      host.run(function()
        run(fault)
      end)
    end)
  end

  it("nobody listens", function()
    host.run(function()
      for _, operation in ipairs(operations.list) do
        local tested = connect {}
        check_health(tested, "before")
        server.order { order = "down" }
        local order = { order = "set", deployments = operation.deployments }
        for _, retry in ipairs { false, true } do
          local opts = { retry = retry, timeout = LONG }
          local where = operation.name .. ", nobody listens"
          local result, err = try(tested, operation, { kinds = { "transport" } }, order, opts, LONG, where)
          assert(not result, where .. ": a success")
          assert(not err.ambiguous, where .. ": ambiguous though nothing was sent")
        end
        server.order { order = "up" }
        check_health(tested, operation.name .. ", nobody listens")
        tested:close()
      end
    end)
  end)
end)
