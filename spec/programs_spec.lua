-- Several programs tear down the same fleet: at the same time, and again after one was killed in the middle.
-- Whatever they do, the end is the same, and what does not belong to the fleet is not touched.

local child = require "spec.support.child"
local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local socket = require "socket"

local FLEET, OTHERS = 250, 20

local PROGRAM = [[
local aicore = require "aicore"
local client = assert(aicore.client { base_url = %q, auth_url = %q, client_id = "me", client_secret = "x" })
print "begun"
io.stdout:flush()
local report = assert(client:teardown({ scenario_id = "fleet" }, { timeout = 30 }))
local failed = {}
for id, err in pairs(report.failed) do
  failed[#failed + 1] = id .. ": " .. tostring(err)
end
report.failed = failed
print(require("cjson").encode(report))
]]

local LUA = package.loaded.jit and "luajit" or "lua5.4"

describe("programs that tear down the same fleet", function()
  local service, file, others

  setup(function()
    service = emulator.start { stop_time = 0.3, delete_time = 0.3, latency = 0.02 }
    file = os.tmpname()
    local script = assert(io.open(file, "w"))
    script:write(PROGRAM:format(service.url, service.url))
    script:close()
  end)

  teardown(function()
    service.stop()
    os.remove(file)
  end)

  before_each(function()
    service.clear_deployments()
    service.clear_journal()
    service.seed { count = FLEET, status = "RUNNING", scenario_id = "fleet" }
    others = service.seed { count = OTHERS, status = "RUNNING", scenario_id = "others" }
  end)

  --- Waits until the service has seen so many effects of a kind.
  local function await_effects(kind, count)
    local deadline = socket.gettime() + 20
    repeat
      local seen = 0
      for _, entry in ipairs(service.journal()) do
        seen = seen + (entry.what == kind and 1 or 0)
      end
      assert(socket.gettime() < deadline, ("%d of %d %s"):format(seen, count, kind))
    until seen >= count
  end

  local function start()
    local program = child.start(LUA .. " " .. file)
    assert.equal("begun", program.line)
    return program
  end

  local function report_of(program)
    local text = program:read_rest()
    local ok, report = pcall(cjson.decode, text)
    assert(ok, text)
    assert.same({}, report.failed)
    return report
  end

  --- How often what happened to whom; and that the fleet is gone, and nothing happened to the others.
  local function check_end()
    local effects = {}
    for _, entry in ipairs(service.journal()) do
      local of_kind = effects[entry.what] or {}
      effects[entry.what] = of_kind
      of_kind[entry.id] = (of_kind[entry.id] or 0) + 1
    end
    for _, kind in ipairs { "stop", "stopped", "delete", "gone" } do
      for _, id in ipairs(others) do
        assert.is_nil(effects[kind][id], kind .. " " .. id)
      end
    end
    local gone = 0
    for _, times in pairs(effects.gone) do
      assert.equal(1, times)
      gone = gone + 1
    end
    assert.equal(FLEET, gone)
    local left = service.call("GET", "/deployments").json
    assert.equal(OTHERS, #left.resources)
    for _, deployment in ipairs(left.resources) do
      assert.equal("RUNNING", deployment.status)
      assert.equal("RUNNING", deployment.targetStatus)
    end
  end

  it("may do so at the same time", function()
    local one, other = start(), start()
    for _, report in ipairs { report_of(one), report_of(other) } do
      assert.equal(FLEET, #report.deleted + #report.absent)
    end
    check_end()
  end)

  for _, kind in ipairs { "stop", "delete" } do
    it(("may be killed after the first %s, and run again"):format(kind), function()
      service.fault { operation = kind, refuse = 423, skip = 1, times = 0 } -- so that it is killed in the middle
      local killed = start()
      await_effects(kind, 1)
      os.execute("kill -KILL " .. killed.pid)
      killed:read_rest()
      service.clear_faults()
      assert.is_true(#service.call("GET", "/deployments").json.resources > OTHERS)
      local report = report_of(start())
      assert.is_true(#report.deleted > 0)
      check_end()
    end)
  end
end)
