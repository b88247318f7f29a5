--- Ctrl-C, as a person at a terminal has it: the interpreter's own handler, and a blocking call.

local child = require "spec.support.child"
local core = require "aicore.core"

local interpreter = rawget(_G, "jit") and "luajit" or "lua5.4"

-- What the child does; the server's queue accepts the connection, and nobody ever answers.
local PRELUDE = [[
local core = require "aicore.core"
local server = require("socket").bind("127.0.0.1", 0)
local _, port = server:getsockname()
local session = core.session { base_url = "http://127.0.0.1:" .. port }
local function ready() print "ready" io.stdout:flush() end
]]

local BLOCKED = {
  ["a blocking call"] = [[ready() core.status(session, "abcd")]],
  ["a blocking call in a coroutine"] = [[
    coroutine.wrap(function() ready() local _, err = core.status(session, "abcd") print(err and err.kind) end)()
    for _ = 1, 1e9 do end]],
  ["a wait for transfers"] = [[core.start(session, "status", "abcd") ready() session:wait(60)]],
  ["a sleep"] = [[ready() core.sleep(60)]],
}

-- The interpreter alone, which its own handler ends (LuaJIT looks for that where it does not compile).
local ALONE = [[ready() while true do os.getenv "HOME" end]]

--- Runs the code until it is ready, and interrupts it; returns what it has said, and how long its end took.
local function interrupt(code)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(PRELUDE, code, "\nprint 'not interrupted'\n")
  file:close()
  local process = child.start(("%s %s 2>&1"):format(interpreter, path))
  assert.equal("ready", process.line)
  local begun = core.now()
  os.execute("kill -INT " .. process.pid)
  local rest = process:read_rest()
  local elapsed = core.now() - begun
  os.remove(path)
  assert.matches("interrupted!", rest, 1, true)
  assert.is_nil(rest:match "not interrupted")
  return rest, elapsed
end

describe("Ctrl-C ends", function()
  for what, code in pairs(BLOCKED) do
    it(what, function()
      local _, alone = interrupt(ALONE)
      local _, elapsed = interrupt(code)
      -- Within 0.1 s, and what a busy machine takes for the end of a child; the limits are a minute.
      assert.is_true(elapsed < 1 + 5 * alone, ("it took %.3f s, and %.3f s without a call"):format(elapsed, alone))
    end)
  end
end)

describe("Ctrl-C in a teardown", function()
  it("ends it with a report of what was done until then", function()
    local server = require("spec.support.emulator").start { stop_time = 60, delete_time = 0 }
    server.seed { count = 5, status = "RUNNING", scenario_id = "runs-long" }
    server.seed { count = 3, status = "STOPPED" }
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(([[
      local c = assert(require("aicore").client {
        base_url = %q, auth_url = %q, client_id = "me", client_secret = "any" })
      local function on_progress(p)
        if p.deleted == 3 then print "ready" io.stdout:flush() end
      end
      local report = c:teardown({ all = true }, { on_progress = on_progress })
      local failed = 0
      for _, err in pairs(report.failed) do
        failed = failed + 1
        assert(err.kind == "cancelled", tostring(err))
      end
      print(report.cancelled, #report.deleted, failed)
      assert(c:count { scenario_id = "runs-long" } == 5)]]):format(server.url, server.url))
    file:close()
    local process = child.start(("%s %s 2>&1"):format(interpreter, path))
    assert.equal("ready", process.line)
    local begun = core.now()
    os.execute("kill -INT " .. process.pid)
    local rest = process:read_rest():gsub("ready\n", "")
    assert.equal("true\t3\t5\n", rest)
    assert.is_true(core.now() - begun < 30) -- what it waits for takes a minute
    os.remove(path)
    server.stop()
  end)
end)

describe("Ctrl-C in what takes long", function()
  -- As lua.c does it: a hook on the main thread, which raises this as soon as Lua code runs there again.
  local function strike(main, instructions)
    local function raise()
      debug.sethook(main)
      error "interrupted!"
    end
    debug.sethook(main, raise, "", instructions)
  end

  local CALLS = {
    wait = function(client)
      return client:wait("d000000000000001", "STOPPED", { timeout = 30 })
    end,
    ["teardown of a filter"] = function(client)
      return client:teardown({ all = true }, { timeout = 30 })
    end,
    ["teardown of ids"] = function(client)
      return client:teardown({ "d000000000000001", "d000000000000002" }, { timeout = 30 })
    end,
    stop_all = function(client)
      return client:stop_all({ "d000000000000001", "d000000000000002" }, { timeout = 30 })
    end,
  }

  it("gives the report, or an error of kind cancelled, at whatever exchange and instruction it strikes", function()
    local server = require("spec.support.emulator").start { deployments = 5, stop_time = 60 }
    -- LuaJIT has one hook for all coroutines, and compiled code does not look for it.
    local main = rawget(_G, "jit") and coroutine.create(function() end) or coroutine.running()
    if rawget(_G, "jit") then
      require("jit").off()
    end
    local wrong = {}
    for name, call in pairs(CALLS) do
      for exchange = 1, 3 do
        for _, instructions in ipairs { 1, 7, 50, 333 } do
          local seen = 0
          local client = assert(require("aicore").client {
            base_url = server.url,
            auth_url = server.url,
            client_id = "me",
            client_secret = "any",
            on_attempt = function()
              seen = seen + 1
              if seen == exchange then
                strike(main, instructions)
              end
            end,
          })
          local began = core.now()
          local ok, value, err = pcall(call, client)
          debug.sethook(main)
          local late = core.now() - began > 20 -- it has gone on until its deadline
          if not ok or late or not (value and value.cancelled or err and err.kind == "cancelled") then
            wrong[#wrong + 1] = ("%s, exchange %d, %d: %s"):format(name, exchange, instructions, tostring(value or err))
          end
          client:close()
        end
      end
    end
    if rawget(_G, "jit") then
      require("jit").on()
    end
    server.stop()
    assert.same({}, wrong)
  end)
end)

describe("other signals", function()
  it("end nothing", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(
      PRELUDE,
      [[ready() print(core.sleep(0.3), select(2, core.status(session, "abcd", { timeout = 0.3 })).kind)]]
    )
    file:close()
    local process = child.start(("%s %s 2>&1"):format(interpreter, path))
    for _ = 1, 5 do
      os.execute("kill -WINCH " .. process.pid)
      core.sleep(0.02)
    end
    assert.equal("true\ttimeout\n", process:read_rest())
    os.remove(path)
  end)
end)
