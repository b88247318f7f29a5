local blocking = require "aicore.runtime.blocking"
local core = require "aicore.core"
local raw_server = require "spec.support.raw_server"

local REPLY = '{"status":"RUNNING"}'
local ANSWER = ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#REPLY, REPLY)

describe("the blocking runtime", function()
  describe("gather", function()
    it("returns what the functions return, in their order", function()
      local functions = {}
      for i = 1, 5 do
        functions[i] = function()
          blocking.sleep((6 - i) * 0.002)
          return i
        end
      end
      local results, cancelled = blocking.gather(functions, 5)
      assert.same({ 1, 2, 3, 4, 5 }, results)
      assert.is_false(cancelled)
      assert.same({}, (blocking.gather({}, 3)))
    end)

    it("runs no more than so many at a time, and as many as it may", function()
      local running, most, functions = 0, 0, {}
      for i = 1, 20 do
        functions[i] = function()
          running = running + 1
          most = math.max(most, running)
          blocking.sleep(0.001)
          running = running - 1
        end
      end
      blocking.gather(functions, 7)
      assert.equal(7, most)
    end)

    it("lets those sleep on whom the end of another gather does not concern", function()
      local slept
      local results = blocking.gather({
        function()
          local began = core.now()
          blocking.sleep(0.05)
          slept = core.now() - began
        end,
        function()
          return pcall(blocking.gather, {
            function()
              blocking.sleep(0.001)
              error "no"
            end,
            function()
              return blocking.sleep(60)
            end,
          }, 2)
        end,
      }, 2)
      assert.is_false(results[2])
      assert.is_true(slept >= 0.05, slept)
    end)

    it("has many exchanges in flight, and wakes all who wait for the same", function()
      local server = raw_server.start { ANSWER }
      local session = core.session { base_url = server.url }
      local shared = assert(core.start(session, "status", "abcd"))
      local functions = {}
      for i = 1, 30 do
        functions[i] = function()
          if i % 2 == 0 then
            assert.is_nil(blocking.await(session, shared))
            return "shared"
          end
          local own = assert(core.start(session, "status", "abcd"))
          assert.is_nil(blocking.await(session, own))
          return own:result().status
        end
      end
      local results = blocking.gather(functions, 30)
      for i = 1, 30 do
        assert.equal(i % 2 == 0 and "shared" or "RUNNING", results[i])
      end
      server.stop()
    end)

    it("waits for several sessions at once", function()
      local server = raw_server.start { ANSWER }
      local functions = {}
      for i = 1, 4 do
        functions[i] = function()
          local session = core.session { base_url = server.url }
          local transfer = assert(core.start(session, "status", "abcd"))
          assert.is_nil(blocking.await(session, transfer))
          return transfer:result().status
        end
      end
      assert.same({ "RUNNING", "RUNNING", "RUNNING", "RUNNING" }, (blocking.gather(functions, 4)))
      server.stop()
    end)

    it("may be nested, and all of it runs at the same time", function()
      local order = {}
      local function inner(name, seconds)
        return function()
          local results = blocking.gather({
            function()
              blocking.sleep(seconds)
              order[#order + 1] = name
              return name
            end,
          }, 1)
          return results[1]
        end
      end
      assert.same({ "slow", "quick" }, (blocking.gather({ inner("slow", 0.03), inner("quick", 0.001) }, 2)))
      assert.same({ "quick", "slow" }, order)
      assert.same({ {} }, (blocking.gather({
        function()
          return (blocking.gather({}, 1))
        end,
      }, 1)))
    end)

    it("that is nested ends with the one around it", function()
      local inner_ended
      local raised, message = pcall(blocking.gather, {
        function()
          blocking.gather({
            function()
              inner_ended = blocking.sleep(60) == false
            end,
          }, 1)
        end,
        function()
          blocking.sleep(0.001)
          error("oh", 0)
        end,
      }, 2)
      assert.is_false(raised)
      assert.equal("oh", message)
      assert.is_true(inner_ended)
    end)

    it("ends the others when one raises, and raises that again", function()
      local ended
      local raised, message = pcall(blocking.gather, {
        function()
          ended = blocking.sleep(60) == false
        end,
        function()
          blocking.sleep(0.001)
          error("oh", 0)
        end,
        function()
          error "never begun"
        end,
      }, 2)
      assert.is_false(raised)
      assert.equal("oh", message)
      assert.is_true(ended)
    end)

    it("is cut short by Ctrl-C, and tells what was done", function()
      local results, cancelled = blocking.gather({
        function()
          return "done"
        end,
        function()
          error("interrupted!", 0) -- as lua.c's hook does wherever it strikes
        end,
        function()
          return "never begun"
        end,
      }, 2)
      assert.same({ "done" }, results)
      assert.is_true(cancelled)
    end)
  end)

  it("ends a wait at its deadline", function()
    local silent = require("socket").bind("127.0.0.1", 0)
    local _, port = silent:getsockname()
    local session = core.session { base_url = "http://127.0.0.1:" .. port }
    local transfer = assert(core.start(session, "status", "abcd"))
    assert.equal("timeout", blocking.await(session, transfer, blocking.now() + 0.02))
    local results = blocking.gather({
      function()
        return blocking.await(session, transfer, blocking.now() + 0.02)
      end,
    }, 1)
    assert.same({ "timeout" }, results)
    silent:close()
  end)
end)
