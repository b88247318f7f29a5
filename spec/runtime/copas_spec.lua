-- copas.lua in Copas, where that is there, 4 or newer: Debian has an old one, or none. What every runtime promises
-- stands in spec/contract/suite.lua.

local runtimes = require "aicore.runtime"

describe("the runtime of Copas", function()
  it("refuses a Copas that is too old, and names it", function()
    local before, runtime = package.loaded.copas, package.loaded["aicore.runtime.copas"]
    package.loaded.copas, package.loaded["aicore.runtime.copas"] = { _VERSION = "Copas 1.2.0" }, nil
    local found, complaint = runtimes.find "copas"
    package.loaded.copas, package.loaded["aicore.runtime.copas"] = before, runtime
    assert.is_nil(found)
    assert.equal("the runtime 'copas' cannot be loaded: Copas 4 or newer is needed, this is Copas 1.2.0", complaint)
  end)

  -- Copas wants to be loaded before socket.http in Lua 5.1, as it changes that: so it runs in programs of its own.
  local PROLOGUE = [[
    local copas = require "copas"
    local core = require "aicore.core"
    local runtime = require "aicore.runtime.copas"
    local aicore = require "aicore"
    local function run(...)
      for i = 1, select("#", ...) do
        copas.addthread((select(i, ...)))
      end
      copas.loop()
    end
    -- A server whose queue accepts connections, and that never says a word.
    local silent = assert(require("socket").bind("127.0.0.1", 0))
    local _, port = silent:getsockname()
    local function begin_transfer()
      local session = core.session { base_url = "http://127.0.0.1:" .. port }
      return session, assert(core.start(session, "status", "abcd"))
    end
  ]]

  local interpreter = package.loaded.jit and "luajit" or "lua5.4"

  local function output_of(code)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(code)
    file:close()
    local pipe = assert(io.popen(("timeout 60 %s %s 2>&1"):format(interpreter, path)))
    local said = pipe:read "*a"
    pipe:close()
    os.remove(path)
    return said
  end

  local there = output_of [[print(tonumber(require("copas")._VERSION:match "%d+") >= 4)]] == "true\n"

  local function inside(name, code)
    if there then
      it(name, function()
        assert.equal("held\n", output_of(PROLOGUE .. code .. '\nprint "held"'))
      end)
    else
      pending(name)
    end
  end

  inside(
    "waits in a coroutine only",
    [[
    local called, message = pcall(function()
      local slept = runtime.sleep(0)
      return slept
    end)
    assert(not called and message:find("cannot wait here: call it in a coroutine of Copas", 1, true), message)
  ]]
  )

  inside(
    "is the host of what it has spawned, and of no other coroutine",
    [[
    local here = {}
    run(function()
      here[1] = runtime.here()
      aicore.spawn(function()
        runtime.sleep(0.001)
        here[2] = runtime.here()
      end)
    end)
    assert(here[1] == false and here[2] == true)
    assert(not pcall(aicore.spawn, print)) -- no loop runs
  ]]
  )

  inside(
    "leaves nothing in the loop once nobody waits",
    [[
    local session, transfer = begin_transfer()
    run(function()
      assert("timeout" == runtime.await(session, transfer, core.now() + 0.01))
    end) -- returns: what read has ended
    session:close()
  ]]
  )

  inside(
    "lets go of a session before it is closed, and wakes who waits",
    [[
    local session, transfer = begin_transfer()
    local said, after
    run(function()
      said = runtime.await(session, transfer) or "finished"
    end, function()
      copas.pause(0.005)
      runtime.release(session)
      session:close()
      local other, slow = begin_transfer() -- gets the descriptor's number
      assert("timeout" == runtime.await(other, slow, core.now() + 0.01))
      other:close()
      after = true
    end)
    assert(said == "finished" and after)
  ]]
  )

  inside(
    "reports what a coroutine of spawn has raised, and goes on",
    [[
    local stderr, said = io.stderr, ""
    io.stderr = { write = function(_, ...) said = said .. table.concat { ... } end }
    local slept
    run(function()
      aicore.spawn(function()
        runtime.sleep(0.001)
        error "oh"
      end)
      slept = runtime.sleep(0.01)
    end)
    io.stderr = stderr
    assert(slept and said:find("^aicore: .-oh\nstack traceback:"), said)
  ]]
  )
end)
