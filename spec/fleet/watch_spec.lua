--- Looks that are shared, with a service made of tables and a clock that only sleep() moves.

local watch = require "aicore.fleet.watch"
local wait = require "aicore.fleet.wait"

local ABSENT = { status = 404, code = "01010016", kind = "http" }

local function new_port()
  local port = { time = 0, deployments = {}, requests = { status = 0, list = 0 } }
  port.runtime = {
    now = function()
      return port.time
    end,
    sleep = function(seconds)
      port.time = port.time + seconds
      if port.on_sleep then
        port.on_sleep(port.time)
      end
      return not port.cancelled
    end,
    apart = function(fn)
      fn()
      return true
    end,
  }
  port.status = function(_, id)
    port.requests.status = port.requests.status + 1
    if port.err then
      return nil, port.err
    end
    local status = port.deployments[id]
    if status then
      return { id = id, status = status }
    end
    return nil, ABSENT
  end
  port.pages = function()
    port.requests.list = port.requests.list + 1
    local pages = port.shown or { port.deployments }
    local number = 0
    return function()
      number = number + 1
      if port.err then
        return nil, port.err
      end
      local page = {}
      for id, status in pairs(pages[number] or {}) do
        page[#page + 1] = { id = id, status = status }
      end
      if pages[number] then
        return page, nil, port.count and port.count[number] or #page
      end
    end
  end
  return port
end

describe("watch", function()
  local port, shared, seen

  before_each(function()
    port = new_port()
    shared = watch.new(port)
    seen = {}
  end)

  local function observe(id)
    shared:add(id, function(_, look)
      seen[id] = look.deployment and look.deployment.status or look.absent and "absent" or look.err.kind
    end)
  end

  local function observe_many(count)
    for i = 1, count do
      local id = ("d%05d"):format(i)
      port.deployments[id] = "RUNNING"
      observe(id)
    end
  end

  it("asks for three by id, and for more with one list", function()
    observe_many(3)
    shared:look(1)
    assert.same({ status = 3, list = 0 }, port.requests)
    observe_many(10000)
    shared:look(1)
    assert.same({ status = 3, list = 1 }, port.requests)
    assert.equal("RUNNING", seen.d10000)
  end)

  it("believes a 404 of AI Core at once, and no other", function()
    port.deployments = {}
    observe "gone1"
    shared:look(1)
    assert.equal("absent", seen.gone1)
    port.err = { status = 404, kind = "http" }
    shared:look(1)
    assert.equal("http", seen.gone1)
  end)

  it("takes absence from a list for a hint: three in a row, or two after a delete", function()
    observe_many(5)
    port.deployments.d00001, port.deployments.d00002 = nil, nil
    shared:expect_absence "d00002"
    shared:look(1)
    assert.same({ "protocol", "protocol" }, { seen.d00001, seen.d00002 })
    shared:look(1)
    assert.same({ "protocol", "absent" }, { seen.d00001, seen.d00002 })
    port.deployments.d00001 = "RUNNING" -- it had only been overlooked
    shared:look(1)
    assert.equal("RUNNING", seen.d00001)
    port.deployments.d00001 = nil
    shared:look(1)
    shared:look(1)
    assert.equal("protocol", seen.d00001)
    shared:look(1)
    assert.equal("absent", seen.d00001)
  end)

  it("does not count absence from pages that do not add up", function()
    observe_many(5)
    port.deployments.d00005 = nil
    port.shown = { { d00001 = "RUNNING", d00002 = "RUNNING" }, { d00003 = "RUNNING", d00004 = "RUNNING" } }
    port.count = { 5, 5 }
    shared:look(1)
    shared:look(1)
    assert.is_nil(seen.d00005)
    port.count = { 4, 4 } -- the whole length, or …
    for _ = 1, 3 do
      shared:look(1)
    end
    assert.equal("absent", seen.d00005)
    observe "d00005"
    port.count = nil -- … each page's own
    for _ = 1, 3 do
      shared:look(1)
    end
    assert.equal("absent", seen.d00005)
  end)

  it("asks by id where lists never add up", function()
    observe_many(5)
    port.deployments.d00005 = nil
    port.shown = { { d00001 = "RUNNING", d00002 = "RUNNING" }, { d00003 = "RUNNING", d00004 = "RUNNING" } }
    port.count = { 7, 7 }
    shared:look(1)
    shared:look(1)
    assert.equal(0, port.requests.status)
    shared:look(1)
    assert.equal(1, port.requests.status)
    assert.equal("absent", seen.d00005)
    port.count = { "7", "7" } -- and no number says nothing
    observe "d00006"
    for _ = 1, 3 do
      shared:look(1)
    end
    assert.equal("absent", seen.d00006)
  end)

  it("tells everybody who waits for the same, and nobody who has left", function()
    local told = {}
    port.deployments.same = "RUNNING"
    local function observer(name)
      return function()
        told[#told + 1] = name
      end
    end
    local a, b, c = observer "a", observer "b", observer "c"
    shared:add("same", a)
    shared:add("same", b)
    shared:add("same", c)
    shared:look(1)
    assert.same({ "a", "b", "c" }, told)
    told = {}
    shared:remove("same", b)
    shared:remove("same", observer "stranger")
    shared:look(1)
    assert.same({ "a", "c" }, told)
    shared:remove("same", a)
    shared:remove("same", c)
    assert.equal(0, shared.count)
  end)

  describe("wait", function()
    local function wait_for(id, goal, deadline, on_progress)
      local machine = wait.new { goal = goal, id = id, now = port.time, deadline = deadline }
      return watch.wait(shared, machine, function()
        return 0.5
      end, on_progress)
    end

    it("goes on until the goal is there, and tells changes", function()
      port.deployments.abcd = "PENDING"
      port.on_sleep = function(time)
        port.deployments.abcd = time > 3 and "RUNNING" or "PENDING"
      end
      local told = {}
      local deployment = wait_for("abcd", "RUNNING", 60, function(p)
        told[#told + 1] = p.status
      end)
      assert.equal("RUNNING", deployment.status)
      assert.same({ "PENDING", "RUNNING" }, told)
      assert.equal(0, shared.count)
    end)

    it("ends at the deadline, by cancelling, and when there is no hope", function()
      port.deployments.abcd = "PENDING"
      local _, err = wait_for("abcd", "RUNNING", 10)
      assert.equal("timeout", err.kind)
      assert.is_true(port.time >= 10 and port.time < 10.1)
      port.deployments.abcd = "DEAD"
      _, err = wait_for("abcd", "RUNNING", 60)
      assert.equal("state", err.kind)
      port.cancelled, port.deployments.abcd = true, "PENDING"
      _, err = wait_for("abcd", "RUNNING", 60)
      assert.equal("cancelled", err.kind)
      assert.equal("PENDING", err.last_status)
      assert.equal(0, shared.count)
    end)
  end)
end)
