-- A bare fork: parent and child both go on with a client that was in use before. spec/c/host_test.c does the same to
-- the C module under Lua 5.4; the workers of nginx are in spec/openresty/.

local aicore = require "aicore"
local core = require "aicore.core"
local emulator = require "spec.support.emulator"

-- Lua itself cannot fork; LuaJIT can call what can.
if not package.loaded.jit then
  return
end

local ffi = require "ffi"
ffi.cdef [[
int fork(void);
int waitpid(int pid, int *status, int options);
void _exit(int status);
]]

--- Runs a function in a child; returns what came of it, once the child has ended.
local function in_child(act)
  local pid = ffi.C.fork()
  if pid == 0 then
    ffi.C._exit(pcall(act) and 0 or 1) -- at once: nothing of busted's may run twice
  end
  return function()
    local status = ffi.new "int[1]"
    assert(ffi.C.waitpid(pid, status, 0) == pid)
    return status[0]
  end
end

describe("a fork", function()
  local service, client

  setup(function()
    service = emulator.start { deployments = 2 }
  end)

  teardown(function()
    service.stop()
  end)

  before_each(function()
    client = assert(aicore.client {
      base_url = service.url,
      auth_url = service.url,
      client_id = "me",
      client_secret = "x",
      runtime = "blocking",
    })
    assert(client:status "d000000000000001")
  end)

  after_each(function()
    service.clear_faults()
    client:close()
  end)

  local function ask()
    local functions = {}
    for i = 1, 10 do
      functions[i] = function()
        return assert(client:status("d00000000000000" .. i % 2 + 1)).status
      end
    end
    local results = client.runtime.gather(functions, 10)
    assert(#results == 10 and results[10] == "RUNNING")
  end

  it("leaves parent and child a client that works, at the same time", function()
    local outcome = in_child(ask)
    ask()
    assert.equal(0, outcome())
    ask()
  end)

  it("leaves the parent what it had in flight, and the child nothing of it", function()
    service.fault { operation = "status", latency = 0.3, times = 1 }
    local transfer = assert(core.start(client.caller.session, "status", "d000000000000001"))
    local outcome = in_child(function()
      assert(transfer:finished())
      local result, err = transfer:result()
      assert(result == nil and err.kind == "cancelled")
      ask()
      client:close()
    end)
    assert.equal(0, outcome())
    assert.is_nil(client.runtime.await(client.caller.session, transfer))
    assert.equal("RUNNING", transfer:result().status)
    ask()
  end)

  it("lets the child of a child go on, too", function()
    local outcome = in_child(function()
      ask()
      assert(in_child(ask)() == 0)
      ask()
    end)
    assert.equal(0, outcome())
    ask()
  end)
end)
