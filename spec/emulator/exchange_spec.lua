--- An exchange without sockets gives what the C module gives of the same emulator on a port: each step below is taken
--- on both sides. Besides: when things happen, and whose the tables are.

local cjson = require "cjson"
local core = require "aicore.core"
local emulator = require "aicore.emulator"
local exchange = require "aicore.emulator.exchange"
local served = require "spec.support.emulator"
local virtual = require "aicore.runtime.virtual"

local unpack = table.unpack or unpack

local NOW = 1700000000
local FIRST = "d000000000000001"

-- Both sides ---------------------------------------------------------------------------------------
-- Each is { seed, fault, settings, expire, call(name, ...) }.

local SETTINGS = { start_time = 0, stop_time = 1000, delete_time = 1000 }

local function over_sockets(server)
  local session = core.session {
    base_url = server.url .. "/v2",
    token_url = server.url .. "/oauth/token",
    client_id = "me",
    client_secret = "secret",
    resource_group = "default",
  }
  return {
    seed = server.seed,
    settings = server.settings,
    expire = server.expire_tokens,
    fault = function(fault)
      server.clear_faults()
      server.fault(fault)
    end,
    call = function(name, ...)
      return core[name](session, ...)
    end,
    token = function(token)
      session:set_token(token)
    end,
  }
end

local function in_process()
  local runtime = virtual.new { start = NOW }
  local model = emulator.new()
  local session = exchange.session { emulator = model, runtime = runtime }
  return {
    seed = function(seed)
      model.world:seed(seed, runtime.now())
    end,
    settings = function(settings)
      for name, value in pairs(settings) do
        model.settings[name] = value
      end
    end,
    expire = function()
      model.tokens:expire()
    end,
    fault = function(fault)
      model.faults:clear()
      assert(model.faults:add(fault))
    end,
    call = function(name, ...)
      local arguments, count = { ... }, select("#", ...)
      return runtime.run(function()
        local transfer = session:start(name, unpack(arguments, 1, count))
        runtime.await(session, transfer)
        return transfer:result()
      end)
    end,
    token = function(token)
      session:set_token(token)
    end,
  }
end

-- What must not be compared: it is another one each time.
local PATTERNS = {
  { "^%d%d%d%d%-%d%d%-%d%dT.*$", "a time" },
  { "^[de]%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$", "a new id" },
  { "^%x+%-%x+%-4%x+%-a%x+%-%x+$", "a request" },
  { "^r%-%d+$", "a request" },
}

local function tidy(value)
  if type(value) == "table" then
    local copy = {}
    for key, member in pairs(value) do
      copy[key] = tidy(member)
    end
    if copy.kind == "transport" or copy.kind == "timeout" then -- libcurl's words, and half of a text without order
      copy.message, copy.details = type(copy.message), type(copy.details)
    end
    return copy
  elseif type(value) ~= "string" then
    return value
  end
  for _, pattern in ipairs(PATTERNS) do
    if value ~= FIRST and value:find(pattern[1]) then
      return pattern[2]
    end
  end
  value = value:gsub("body: Expected .*", "body: not a JSON object") -- the decoder's words
  value = value:gsub("^http://127%.0%.0%.1:?%d*", "URL")
  return (value:gsub("^(URL.*/)d%x+$", "%1id"))
end

-- { operation, arguments… } or { "seed"|"fault"|"settings"|"expire"|"token", argument }.
local STEPS = {
  { "status", FIRST }, -- without a token
  { "token", "a.b.c" },
  { "status", FIRST }, -- with one that is none
  { "login" },
  { "status", FIRST }, -- which is not there
  { "seed", { id = FIRST, configuration_id = "conf-1", executable_id = "exec-1", ttl = "5h" } },
  { "seed", { id = "d-stopped", status = "STOPPED" } },
  { "seed", { id = "d-unknown", status = "UNKNOWN", scenario_id = "scen-1" } },
  { "seed", { id = "d-odd", status = "HIBERNATING" } },
  { "seed", { id = "d-theirs", status = "DEAD", resource_group = "theirs" } },
  { "status", FIRST },
  { "status", FIRST, { select = "status" } },
  { "status", "d-theirs" },
  { "status", "d-theirs", { resource_group = "theirs" } },
  { "list" },
  { "list", { top = 2, skip = 1, select = "status" } },
  { "list", { status = "STOPPED" } },
  { "list", { scenario_id = "scen-1", executable_ids = { "exec-9", "azure-openai" } } },
  { "list", { configuration_id = "conf-9" } },
  { "list", { resource_group = "nobody" } },
  { "count" },
  { "count", { status = "RUNNING" } },
  { "capabilities" },
  { "logs", FIRST, { top = 5, order = "desc" } },
  { "logs", FIRST, { start = "2001-01-01T00:00:00+00:00", ["end"] = "2001-01-02T00:00:00Z" } },
  { "logs", FIRST, { start = "2001-01-02T00:00:00Z", ["end"] = "2001-01-01T00:00:00Z" } }, -- start is after end
  { "logs", FIRST, { start = "2001-02-30T00:00:00Z" } },
  { "logs", "d-nothing" },
  { "create", "conf-2", { ttl = "2h" } },
  { "create", "missing-2" },
  { "update", FIRST, "conf-3" },
  { "update", FIRST, "missing-3" },
  { "update", "d-stopped", "conf-3" },
  { "delete", FIRST },
  { "stop", FIRST },
  { "stop", FIRST },
  { "stop", "d-unknown" },
  { "stop", "d-odd" },
  { "stop", "d-nothing" },
  { "delete", "d-nothing" },
  { "delete", "d-stopped" },
  { "delete", "d-stopped" },
  { "settings", { delete_again = 412 } },
  { "delete", "d-stopped" },
  { "status", "d-stopped" },
  {
    "batch",
    {
      { id = "d-unknown", targetStatus = "STOPPED" },
      { id = "d-nothing", targetStatus = "DELETED" },
      { id = "d-odd", targetStatus = "DELETED" },
      { id = FIRST, targetStatus = "DELETED" },
    },
  },
  { "batch", { { id = "d-unknown", targetStatus = "DELETED" } } },
  { "settings", { bulk = false } },
  { "batch", { { id = "d-odd", targetStatus = "DELETED" } } },
  { "capabilities" },
  -- the service as it may be
  { "settings", { page_cap = 2, count = "total", bulk = true } },
  { "list", { skip = 1 } },
  { "settings", { count = "missing", skip_ignored = true, quota = 1 } },
  { "list", { top = 5, skip = 1 } },
  { "create", "conf-4" },
  { "settings", { page_cap = 0, odd_records = 1, hide_target = 1, stamps = "mixed" } },
  { "list" },
  { "list", { select = "status" } },
  { "status", "d-unknown" },
  { "settings", { odd_records = 0, list_empty = true, list_lag = 5 } },
  { "list" },
  { "count" },
  { "fault", { operation = "stop", refuse = 423 } },
  { "stop", "d-odd" }, -- refused by its state, which comes first
  { "seed", { id = "d-more" } },
  { "stop", "d-more" },
  { "fault", { operation = "stop", ignore = true, times = 2 } },
  { "stop", "d-more" },
  { "batch", { { id = "d-more", targetStatus = "STOPPED" }, { id = "d-odd", targetStatus = "STOPPED" } } },
  { "status", "d-more" },
  { "settings", { list_empty = false, hide_target = 0, stamps = "right", list_lag = 0, count = "page" } },
  { "fault", { operation = "status", status = 404, voice = "model" } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 409, voice = "service" } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 404, voice = "page" } },
  { "status", FIRST },
  { "settings", { quota = -1, skip_ignored = false } },
  -- executions, of which the same ids are others
  { "status", FIRST, { resource = "executions" } },
  { "seed", { id = "e-one", resource = "executions", schedule_id = "s-one", ttl = "5h" } },
  { "seed", { id = "e-two", resource = "executions", status = "COMPLETED", age = 600 } },
  { "status", "e-one", { resource = "executions" } },
  { "status", "e-one" },
  { "list", { resource = "executions" } },
  { "list", { resource = "executions", execution_schedule_id = "s-one", select = "status" } },
  { "count", { resource = "executions", execution_schedule_id = "s-two" } },
  { "create", "conf-9", { resource = "executions" } },
  { "create", "missing-9", { resource = "executions" } },
  { "stop", "e-two", { resource = "executions" } },
  { "stop", "e-one", { resource = "executions" } },
  { "delete", "e-two", { resource = "executions" } },
  { "logs", "e-two", { resource = "executions", top = 1 } },
  {
    "batch",
    { { id = "e-one", targetStatus = "DELETED" }, { id = FIRST, targetStatus = "STOPPED" } },
    { resource = "executions" },
  },
  -- what stands in front of AI Core, and what only a fault can say
  { "expire" },
  { "status", FIRST },
  { "login" },
  { "fault", { operation = "status", status = 503 } },
  { "status", FIRST },
  { "fault", { operation = "stop", status = 429, headers = { ["Retry-After"] = 7 } } },
  { "stop", FIRST },
  { "fault", { operation = "delete", status = 502 } },
  { "delete", FIRST },
  { "fault", { operation = "status", status = 403 } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 301, headers = { ["X-Request-Id"] = "theirs" } } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 501 } },
  { "status", FIRST },
  {
    "fault",
    { operation = "status", status = 404, body = { error = { code = "7", message = "m", details = { a = 1 } } } },
  },
  { "status", FIRST },
  { "fault", { operation = "status", status = 400, body = { error = { code = 7, requestID = "r", target = "t" } } } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 404, body = '{"error":"Not Found","path":"/"}' } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 401, body = { error = "invalid_token", error_description = "d" } } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 500, body = ("a\r\n\tä"):rep(60) } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 500, body = "a" .. ("ä"):rep(150) } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 200, body = "<html>" } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 200, body = "[]" } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 200, body = '{"status":null,"id":"d-1"}' } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 200, body = '{"status":"RUNNING","ttl":null,"n":5,"a":[{"b":null}]}' } },
  { "status", FIRST },
  { "fault", { operation = "list", status = 200, body = '{"resources":{}}' } },
  { "list" },
  { "fault", { operation = "list", status = 200, body = '{"resources":["a",{}]}' } },
  { "list" },
  { "fault", { operation = "status", status = 200, body = '{"status":"a\\u0000b"}' } },
  { "status", FIRST },
  { "fault", { operation = "status", status = 200, body = '{"status":"RUNNING","id":"d-other"}' } },
  { "status", FIRST },
  { "fault", { operation = "list", status = 200, body = { count = 1 } } },
  { "list" },
  { "fault", { operation = "count", status = 200, body = "many" } },
  { "count" },
  { "fault", { operation = "stop", status = 202, body = { message = "done" } } },
  { "stop", FIRST },
  { "fault", { operation = "batch", status = 202, body = { executions = {} } } },
  { "batch", { { id = FIRST, targetStatus = "STOPPED" } } },
  { "fault", { operation = "capabilities", status = 200, body = {} } },
  { "capabilities" },
  { "fault", { operation = "logs", status = 200, body = { data = 5 } } },
  { "logs", FIRST },
  { "fault", { operation = "login", status = 401, body = { error = "invalid_client", error_description = "no" } } },
  { "login" },
  { "fault", { operation = "login", status = 200, body = "{}" } },
  { "login" },
  { "fault", { operation = "login", status = 503 } },
  { "login" },
  -- lost: every time, as libcurl repeats by itself what it may
  { "fault", { operation = "*", drop = "before", times = 0 } },
  { "status", FIRST },
  { "stop", "d-odd" },
  { "fault", { operation = "*", drop = "after", times = 0 } },
  { "status", FIRST },
  { "create", "conf-lost" },
  { "fault", { operation = "*", drop = "during", times = 0 } },
  { "status", FIRST },
  { "stop", "d-nothing" },
  { "login" },
  { "fault", { operation = "login", status = 503 } }, -- forgets the others
  { "list", { configuration_id = "conf-lost" } },
  { "fault", { operation = "*", latency = 0.3, times = 0 } },
  { "status", FIRST, { timeout = 0.05 } },
  { "create", "conf-late", { timeout = 0.05 } },
}

local PREPARES = { seed = true, fault = true, settings = true, expire = true, token = true }

describe("an exchange without sockets", function()
  it("gives what the C module gives, step by step", function()
    local server = served.start()
    finally(server.stop)
    local real, fake = over_sockets(server), in_process()
    real.settings(SETTINGS)
    fake.settings(SETTINGS)
    for i, step in ipairs(STEPS) do
      local name = step[1]
      if PREPARES[name] then
        real[name](step[2])
        fake[name](step[2])
      else
        local reply, err = real.call(unpack(step))
        local fake_reply, fake_err = fake.call(unpack(step))
        local place = ("step %d: %s"):format(i, cjson.encode(step))
        assert.same(tidy(reply), tidy(fake_reply), place)
        assert.same(tidy(err), tidy(fake_err), place)
      end
    end
  end)

  describe("in time", function()
    local runtime, model, session

    before_each(function()
      runtime, model = virtual.new { start = NOW }, emulator.new { settings = { latency = 2, stop_time = 1000 } }
      session = exchange.session { emulator = model, runtime = runtime }
      session:set_token(model.tokens:issue(NOW, 1e6))
      model.world:seed({ id = FIRST }, NOW)
    end)

    local function start(...)
      return session:start(...)
    end

    local function status()
      model.world:advance(runtime.now())
      return model.world:get("default", FIRST).status
    end

    it("is due when the latency is over; its effect comes then, not before", function()
      runtime.run(function()
        local transfer = start("stop", FIRST)
        assert.equal(NOW + 2, transfer:due())
        assert.is_false(transfer:finished())
        assert.is_nil(transfer:result())
        assert.is_nil(transfer:info())
        runtime.sleep(1.9)
        assert.equal("RUNNING", status())
        assert.is_nil(runtime.await(session, transfer))
        assert.equal(NOW + 2, runtime.now())
        assert.equal("STOPPING", status())
        assert.same({ status = 202, seconds = 2, request_id = "r-1", date = NOW + 2 }, transfer:info())
        assert.equal(FIRST, transfer:result().id)
        assert.is_nil(transfer:info())
        local reply, err = transfer:result()
        assert.same({ nil, "cancelled" }, { reply, err.kind })
      end)
    end)

    it("takes effect, too, when nobody waits for it any more", function()
      for name, give_up in pairs {
        timeout = function(transfer)
          runtime.await(session, transfer)
          local _, err = transfer:result()
          assert.same({ "timeout", true, true }, { err.kind, err.ambiguous, err.retryable })
          assert.equal(NOW + 1, runtime.now())
        end,
        cancel = function(transfer)
          transfer:cancel()
          assert.is_true(transfer:finished())
          local _, err = transfer:result()
          assert.equal("cancelled", err.kind)
        end,
        close = function(transfer)
          session:close()
          assert.is_true(transfer:finished())
          local _, err = transfer:result()
          assert.equal("cancelled", err.kind)
          assert.is_true(session:closed())
          assert.has_error(function()
            session:start "list"
          end, "the session is closed")
        end,
      } do
        runtime = virtual.new { start = NOW }
        session = exchange.session { emulator = model, runtime = runtime }
        session:set_token(model.tokens:issue(NOW, 1e6))
        model.world:clear()
        model.world:seed({ id = FIRST }, NOW)
        runtime.run(function()
          give_up(start("stop", FIRST, { timeout = 1 }))
          assert.equal("RUNNING", status(), name)
          runtime.sleep(3)
          assert.equal("STOPPING", status(), name)
        end)
      end
    end)

    it("is about what was asked for, whatever becomes of the tables meanwhile", function()
      runtime.run(function()
        local items = { { id = FIRST, targetStatus = "STOPPED" } }
        local transfer = start("batch", items)
        items[1].id, items[2] = "d-other", "nonsense"
        runtime.await(session, transfer)
        assert.equal(FIRST, transfer:result().deployments[1].id)
        assert.equal("STOPPING", status())
        transfer = start("list", { top = 1.0, skip = 0 })
        runtime.await(session, transfer)
        assert.equal(1, transfer:result().count)
      end)
    end)

    it("that came too late stays late, whenever its result is taken", function()
      runtime.run(function()
        local transfer = start("status", FIRST, { timeout = 1 })
        runtime.sleep(3)
        assert.is_nil(transfer:info().status)
        local reply, err = transfer:result()
        assert.same({ nil, "timeout" }, { reply, err.kind })
      end)
    end)

    it("shows the world as it was when the call arrived, in a page of the client's own", function()
      runtime.run(function()
        local transfer = start("list")
        runtime.await(session, transfer)
        model.world:change(model.world:get("default", FIRST), "stop", { now = runtime.now() })
        local page = transfer:result()
        assert.equal("RUNNING", page.resources[1].status)
        page.resources[2] = {}
        transfer = start("list")
        runtime.await(session, transfer)
        page = transfer:result()
        assert.same({ 1, "STOPPING" }, { #page.resources, page.resources[1].status })
        assert.equal("STOPPING", model.world:get("default", FIRST).status)
      end)
    end)

    it("keeps a fault's body as it was ordered", function()
      local body = { id = FIRST, status = "RUNNING", list = { 1, cjson.null } }
      assert(model.faults:add { operation = "status", status = 200, body = body })
      runtime.run(function()
        local transfer = start("status", FIRST)
        runtime.await(session, transfer)
        local reply = transfer:result()
        assert.same({ 1 }, reply.list)
        reply.list[1] = "mine"
        assert.equal(1, body.list[1])
      end)
    end)
  end)
end)
