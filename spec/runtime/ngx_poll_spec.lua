-- What runs in a thread of nginx's pool, without nginx: it needs LuaJIT's ffi, and nothing else.

if not package.loaded.jit then
  return
end

local clock = require "aicore.runtime.clock"
local ngx_poll = require "aicore.runtime.ngx_poll"
local uv = require "luv"

describe("ngx_poll", function()
  local pair

  before_each(function()
    pair = assert(uv.socketpair())
  end)

  after_each(function()
    uv.fs_close(pair[1])
    uv.fs_close(pair[2])
  end)

  it("waits until a descriptor is readable, or so many milliseconds", function()
    local began = clock.now()
    assert.equal(0, ngx_poll.poll(pair[1], 10))
    assert.is_true(clock.now() - began >= 0.009)
    assert(uv.fs_write(pair[2], "."))
    assert.equal(1, ngx_poll.poll(pair[1], 60000))
  end)

  it("returns at once where there is nothing to wait for", function()
    assert.equal(1, ngx_poll.poll(1e6, 60000)) -- no descriptor: poll(2) tells of that as an event
  end)
end)
