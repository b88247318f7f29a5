-- Who is at it still, as others see it. What nginx says of its light threads stands in spec/openresty/.

local life = require "aicore.runtime.life"

describe("the life of a coroutine", function()
  it("is as its status says, whoever asks", function()
    local status, own
    local thread = coroutine.create(function()
      status = life.of {}
      own = status()
      coroutine.yield()
      coroutine.wrap(function()
        own = own .. " " .. status()
      end)()
    end)
    coroutine.resume(thread)
    assert.equal("suspended", status())
    coroutine.resume(thread)
    assert.equal("running normal", own)
    assert.equal("dead", status())
  end)

  it("is known of the main chunk, too, which has no coroutine in Lua 5.1", function()
    local code = [[
      local status = require("aicore.runtime.life").of {}
      print(status(), coroutine.wrap(function() return status() end)())
    ]]
    local pipe = assert(io.popen(("env LUA_PATH='./lua/?.lua;;' lua5.1 -e '%s' 2>&1"):format(code)))
    local said = pipe:read "*a"
    pipe:close()
    assert.equal("running\tnormal\n", said)
  end)

  it("is what the runtime knows of it, where that knows more", function()
    local status = life.of {
      life = function()
        return function()
          return "dead"
        end
      end,
    }
    assert.equal("dead", status())
  end)
end)
