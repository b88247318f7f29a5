-- Which runtime a client gets, and where aicore.spawn finds its loop.

local cqueues = require "cqueues"
local runtimes = require "aicore.runtime"
local uv = require "luv"

describe("a runtime", function()
  --- Calls fn while these modules are not loaded, or something else.
  local function with_loaded(changes, fn)
    local before = {}
    for name, module in pairs(changes) do
      before[name] = package.loaded[name] or false
      package.loaded[name] = module or nil
    end
    local ok, failure = pcall(fn)
    for name, module in pairs(before) do
      package.loaded[name] = module or nil
    end
    if not ok then
      error(failure, 0)
    end
  end

  --- Runs fn as a coroutine of a controller of cqueues.
  local function in_controller(fn)
    local controller = cqueues.new()
    controller:wrap(fn)
    assert(controller:loop())
  end

  it("is found by its name", function()
    for _, name in ipairs { "blocking", "luv", "cqueues" } do
      assert.equal(require("aicore.runtime." .. name), runtimes.find(name))
    end
  end)

  it("that is none is told, with those there are", function()
    for _, name in ipairs { "init", "tasks", "Blocking", "" } do
      local runtime, complaint = runtimes.find(name)
      assert.is_nil(runtime)
      assert.equal(("no runtime '%s': there are blocking, copas, cqueues, luv, neovim, ngx"):format(name), complaint)
    end
  end)

  it("whose library is missing is told in one line", function()
    package.preload["aicore.runtime.luv"] = function()
      error("module 'luv' not found:\nno file here\nno file there", 0)
    end
    finally(function()
      package.preload["aicore.runtime.luv"] = nil
    end)
    with_loaded({ ["aicore.runtime.luv"] = false }, function()
      local runtime, complaint = runtimes.find "luv"
      assert.is_nil(runtime)
      assert.equal("the runtime 'luv' cannot be loaded: module 'luv' not found:", complaint:gsub("^(.-:.-:).*", "%1"))
      assert.is_nil(complaint:find "\n")
    end)
  end)

  it("of another host is refused here", function()
    for _, name in ipairs { "neovim", "ngx" } do
      local runtime, complaint = runtimes.find(name)
      assert.is_nil(runtime)
      assert.equal(("the runtime '%s' works in that host only"):format(name), complaint)
    end
  end)

  it("is by default the blocking one, though libraries are loaded", function()
    assert.equal(require "aicore.runtime.blocking", runtimes.find())
    in_controller(function()
      assert.equal(require "aicore.runtime.blocking", runtimes.find())
    end)
  end)

  it("is by default that of the host, where there is one", function()
    for _, name in ipairs { "neovim", "ngx" } do
      local host = {
        here = function()
          return true
        end,
      }
      with_loaded({ ["aicore.runtime." .. name] = host }, function()
        assert.equal(host, runtimes.find())
      end)
    end
  end)

  it("is by default, in a coroutine of spawn, the one that this runs on", function()
    local found = {}
    with_loaded({ cqueues = false }, function()
      runtimes.spawn(function()
        found.luv = runtimes.find()
        found.luv.sleep(0.001)
        found.later = runtimes.find()
      end)
    end)
    uv.run()
    in_controller(function()
      runtimes.spawn(function()
        found.cqueues = runtimes.find()
      end)
    end)
    local luv = require "aicore.runtime.luv"
    assert.same({ luv = luv, later = luv, cqueues = require "aicore.runtime.cqueues" }, found)
  end)
end)

describe("spawn", function()
  it("takes a function, and says so at the caller's line", function()
    for _, wrong in ipairs { 1, "f", {} } do
      local called, message = pcall(function()
        runtimes.spawn(wrong)
      end)
      assert.is_false(called)
      assert.matches("^spec/runtime/init_spec.lua:%d+: spawn: a function expected, got " .. type(wrong) .. "$", message)
    end
  end)

  it("needs a loop: luv that the program has loaded, or a controller that runs", function()
    local luv = package.loaded.luv
    package.loaded.luv = nil
    local called, message = pcall(function()
      runtimes.spawn(error)
    end)
    package.loaded.luv = luv
    assert.is_false(called)
    assert.matches("^spec/runtime/init_spec.lua:%d+: spawn: there is no event loop here that it could use", message)
  end)
end)
