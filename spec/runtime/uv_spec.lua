-- uv.lua over luv: coroutines that others resume, descriptors that are used again, and a loop that nothing keeps alive.
-- What every runtime promises stands in spec/contract/suite.lua, what is Neovim's alone in spec/neovim/.

local uv = require "luv"
local uv_tasks = require "aicore.runtime.uv"

--- A session over one end of a pair of sockets.
local function new_session(pair)
  local session, finished = {}, {}

  function session.fd()
    if session.is_closed then
      error "closed"
    end
    return pair[1]
  end

  function session.closed()
    return session.is_closed == true
  end

  function session.step()
    session.fd()
    local over = finished
    finished = {}
    return over
  end

  --- These transfers are over, and the descriptor tells.
  function session.finish(...)
    finished = { ... }
    assert(uv.fs_write(pair[2], "."))
  end

  return session
end

local function new_transfer()
  local transfer = { is_finished = false }

  function transfer.finished()
    return transfer.is_finished
  end

  return transfer
end

local function open_handles()
  local open = {}
  uv.walk(function(handle)
    if not handle:is_closing() then
      open[#open + 1] = tostring(handle)
    end
  end)
  return open
end

describe("a runtime over libuv", function()
  local host, runtime, reported, pair

  before_each(function()
    reported = {}
    host = {
      uv = uv,
      name = "specs",
      advice = "do otherwise",
      enter = function(resume)
        resume()
      end,
      report = function(message)
        reported[#reported + 1] = message
      end,
    }
    runtime = uv_tasks.new(host)
    pair = assert(uv.socketpair(nil, nil, { nonblock = true }, { nonblock = true }))
  end)

  after_each(function()
    uv.run() -- returns: nothing that was begun keeps the loop alive
    assert.same({}, open_handles())
    uv.fs_close(pair[1])
    uv.fs_close(pair[2])
    assert.same({}, host.watched)
  end)

  it("waits in any coroutine, but not in the main chunk", function()
    local slept
    coroutine.wrap(function()
      slept = runtime.sleep(0.001)
    end)()
    uv.run()
    assert.is_true(slept)
    local interpreter = package.loaded.jit and "luajit" or "lua5.4"
    local code = [[local slept = require("aicore.runtime.luv").sleep(1) print(slept)]]
    local pipe = assert(io.popen(("%s -e '%s' 2>&1"):format(interpreter, code)))
    local said = pipe:read "*a"
    pipe:close()
    assert.matches("(command line):1: the runtime 'luv' cannot wait here: call it in a coroutine, as", said, 1, true)
  end)

  it("lets go of a timer that is not needed any more", function()
    local slept
    runtime.spawn(function()
      pcall(runtime.gather, {
        function()
          slept = runtime.sleep(60)
        end,
        function()
          error("oh", 0)
        end,
      }, 2)
    end)
    assert.is_false(slept)
    assert.same({}, open_handles())
  end)

  it("has one timer for all that wait, which rings for each in its time", function()
    local order = {}
    for _, seconds in ipairs { 0.03, 0.01, 0.02, 0.01 } do
      runtime.spawn(function()
        assert.is_true(runtime.sleep(seconds))
        order[#order + 1] = seconds
      end)
    end
    local handles = open_handles()
    uv.run()
    assert.equal(1, #handles)
    assert.same({ 0.01, 0.01, 0.02, 0.03 }, order)
  end)

  it("is kept alive no longer than its time by one that was dropped", function()
    local said
    local thread = coroutine.create(function()
      runtime.sleep(0.01)
      said = "it went on"
    end)
    local _, fn = coroutine.resume(thread)
    fn(function() end) -- a scheduler that never goes on with it
    local began = uv.hrtime()
    uv.run()
    assert.is_nil(said)
    assert.is_true(uv.hrtime() - began >= 0.01e9)
  end)

  it("sleeps no less than it says, though libuv's clock stands still while Lua runs", function()
    local began, ended
    runtime.spawn(function()
      local busy = runtime.now() + 0.01
      repeat
      until runtime.now() >= busy
      began = runtime.now()
      runtime.sleep(0.0055)
      ended = runtime.now()
    end)
    uv.run()
    assert.is_true(ended - began >= 0.0055)
  end)

  it("is not led astray by whoever else resumes its coroutine", function()
    local slept
    local wake_at
    local thread = coroutine.create(function()
      wake_at = runtime.now() + 0.005
      slept = { runtime.sleep(0.005), runtime.now() }
    end)
    assert(coroutine.resume(thread))
    for _ = 1, 3 do
      assert(coroutine.resume(thread, "news of something else"))
    end
    assert.is_nil(slept)
    uv.run()
    assert.is_true(slept[1] and slept[2] >= wake_at)
  end)

  it("goes on through the step of a scheduler that calls what its coroutines yield", function()
    -- As plenary.async and async.nvim do it: what is yielded is a function that takes the way to go on.
    local stepped, done = 0, false
    local thread = coroutine.create(function()
      runtime.sleep(0.001)
      runtime.sleep(0.001)
      done = true
    end)
    local function step()
      stepped = stepped + 1
      local ok, fn, count = coroutine.resume(thread)
      assert(ok)
      if coroutine.status(thread) ~= "dead" then
        assert.equal(1, count) -- of the arguments that fn takes
        fn(step)
      end
    end
    step()
    uv.run()
    assert.is_true(done)
    assert.is_true(stepped >= 3) -- once more where libuv's whole milliseconds end a sleep too early
  end)

  it("reports an error of the coroutine that it resumes, with where, and the loop goes on", function()
    coroutine.wrap(function()
      runtime.sleep(0.001)
      error "oh"
    end)()
    uv.run()
    assert.equal(1, #reported)
    assert.matches("^spec/runtime/uv_spec.lua:%d+: oh\nstack traceback:", reported[1])
  end)

  it("resumes by the host's own way in", function()
    local entered = 0
    function host.enter(resume)
      entered = entered + 1
      resume()
    end
    runtime.spawn(function()
      runtime.sleep(0.001)
    end)
    uv.run()
    assert.is_true(entered >= 1) -- libuv counts whole milliseconds: it may wake a sleep too early, and once more
  end)

  it("notices a session that is closed without a word", function()
    local session, transfer, said = new_session(pair), new_transfer(), nil
    runtime.spawn(function()
      said = runtime.await(session, transfer) or "finished"
    end)
    runtime.spawn(function()
      runtime.sleep(0.001)
      session.is_closed, transfer.is_finished = true, true
    end)
    uv.run()
    assert.equal("finished", said)
  end)

  it("leaves a descriptor to the session that has it now", function()
    local old, new = new_session(pair), new_session(pair)
    local lost, found, said = new_transfer(), new_transfer(), {}
    runtime.spawn(function()
      said.old = runtime.await(old, lost) or "finished"
    end)
    runtime.spawn(function()
      old.is_closed, lost.is_finished = true, true -- and before the loop has noticed:
      said.new = runtime.await(new, found) or "finished"
    end)
    assert.equal("finished", said.old) -- whoever watched it for the old one was told
    runtime.spawn(function()
      runtime.sleep(0.005)
      found.is_finished = true
      new.finish(found)
    end)
    uv.run()
    assert.equal("finished", said.new)
  end)
end)
