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
int getpid(void);
int open(const char *path, int flags);
int dup2(int from, int to);
int fcntl(int fd, int command);
int socket(int domain, int type, int protocol);
int epoll_create1(int flags);
int eventfd(unsigned int value, int flags);
typedef struct { uint32_t events; int32_t fd, rest; } __attribute__((packed)) aicore_epoll_event;
int epoll_ctl(int set, int operation, int fd, aicore_epoll_event *event);
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

  local function is_open(fd)
    return ffi.C.fcntl(fd, 1) >= 0
  end

  -- The descriptors of this process from 3 on, by what they are of.
  local function descriptors()
    local found = {}
    local pipe = io.popen("ls -l /proc/" .. ffi.C.getpid() .. "/fd 2>/dev/null")
    local listing = pipe:read "*a"
    pipe:close()
    for fd, what in listing:gmatch "(%d+) %-> ([^\n]*)" do
      fd = tonumber(fd)
      if fd > 2 and is_open(fd) then
        found[fd] = what
      end
    end
    return found
  end

  -- What a child may open under all numbers that it has closed.
  local OTHERS = {
    files = function()
      return ffi.C.open("/dev/null", 0)
    end,
    sockets = function()
      return ffi.C.socket(1, 1, 0)
    end,
    timers = function()
      return ffi.C.eventfd(0, 0)
    end,
    ["epoll sets"] = function(numbers)
      local set, event = ffi.C.epoll_create1(0), ffi.new("aicore_epoll_event", { events = 1 })
      for _, fd in ipairs(numbers) do
        assert(ffi.C.dup2(ffi.C.eventfd(0, 0), fd) == fd)
        event.fd = fd
        assert(ffi.C.epoll_ctl(set, 1, fd, event) == 0) -- add
      end
      return set
    end,
  }
  for what, open in pairs(OTHERS) do
    it("does not make the child close what is its own: " .. what, function()
      local numbers = {}
      for fd in pairs(descriptors()) do
        numbers[#numbers + 1] = fd
      end
      local outcome = in_child(function()
        local other = open(numbers)
        for _, fd in ipairs(numbers) do
          assert(fd == other or ffi.C.dup2(other, fd) == fd)
        end
        client:close()
        for _, fd in ipairs(numbers) do
          assert(is_open(fd))
        end
      end)
      assert.equal(0, outcome())
      ask()
    end)
  end

  it("leaves the child no descriptor of the parent's once it has closed its client", function()
    --- Sets and their timers; other specs of this process may have left some.
    local function count()
      local found = 0
      for _, what in pairs(descriptors()) do
        found = found + ((what:find "eventpoll" or what:find "timerfd") and 1 or 0)
      end
      return found
    end
    local before = count()
    assert(before >= 2)
    local outcome = in_child(function()
      client:close()
      assert(count() == before - 2)
    end)
    assert.equal(0, outcome())
    ask()
  end)
end)
