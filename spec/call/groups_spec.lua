--- The same in all resource groups, over the emulated AI Core on a virtual clock.

local groups = require "aicore.call.groups"
local virtual_client = require "spec.fleet.virtual_client"

describe("groups", function()
  local c

  local function search(operation, wanted)
    wanted.resource_group = "*"
    local request, belongs = c.caller:search(operation, wanted)
    return assert(request), belongs
  end

  --- What comes of one of the functions, which takes (caller, request, deadline, belongs).
  local function run(act, operation, wanted)
    local request, belongs = search(operation, wanted or {})
    return c:run(function()
      return act(c.caller, request, c.runtime.now() + 60, belongs)
    end)
  end

  before_each(function()
    c = virtual_client.new { settings = { latency = 1 } }
    for i = 1, 40 do
      c:seed(2, { resource_group = ("g%02d"):format(i) })
    end
  end)

  it("are read many at a time, and stand in their order", function()
    local records = run(groups.all, "list")
    assert.equal(80, #records)
    assert.same({ "g01", "g40" }, { records[1].resource_group, records[80].resource_group })
    assert.is_true(c:now() <= 6, c:now()) -- login, groups, and two turns of lists
  end)

  it("are read once, also where the list of groups shows one twice", function()
    local perform = c.caller.perform
    function c.caller.perform(self, request, deadline)
      local reply, err = perform(self, request, deadline)
      if reply and request.operation.name == "resource_groups" then
        table.insert(reply.resources, 1, reply.resources[#reply.resources])
      end
      return reply, err
    end
    assert.equal(80, #run(groups.all, "list"))
    assert.equal(80, run(groups.count, "count"))
  end)

  it("have shorter pages where many are read at the same time", function()
    assert.same({ 10000, 4000, 1250, 1250 }, {
      groups.page_size(1),
      groups.page_size(10),
      groups.page_size(32),
      groups.page_size(500),
    })
    c = virtual_client.new { settings = { latency = 1, count = "total" } }
    for i = 0, 19 do
      c:seed(i == 0 and 4100 or 1, { resource_group = ("g%02d"):format(i) })
    end
    assert.equal(4119, #run(groups.all, "list"))
    assert.equal(19 * 2 + 1 + 3, c:requests().list) -- that of 4,100 in three pages
    c:run(function()
      assert.equal(4119, #c:teardown({ all = true }, { resource_group = "*", dry_run = true }).skipped)
    end)
    assert.is_true(c:requests().list >= 42 + 20 + 3)
  end)

  it("are counted by the service where it can, and here where it cannot", function()
    assert.equal(80, run(groups.count, "count"))
    assert.is_nil(c:requests().list)
    assert.equal(80, run(groups.count, "count", { older_than = 60 }))
    assert.is_nil(run(groups.count, "count", { older_than = 1e6 }) ~= 0 or nil)
  end)

  it("give their records one by one, and are read ahead by a few", function()
    local request, belongs = search("list", {})
    c:run(function()
      local seen, before = 0, nil
      for record, err in groups.each(c.caller, request, c.runtime.now() + 60, belongs) do
        assert(record, err)
        seen = seen + 1
        before = before or c:requests().list
      end
      assert.same({ 80, true }, { seen, before <= 8 })
    end)
    assert.is_true(c:now() <= 24, c:now())
  end)

  it("ask for the models once, whatever their number", function()
    assert.equal(0, run(groups.count, "count", { retiring_within = 86400 }))
    assert.equal(1, c:requests().models)
  end)

  it("ask another group for the models where the client's own may not be asked", function()
    c:fault { operation = "models", resource_group = "default", status = 403, times = 0 }
    assert.equal(0, run(groups.count, "count", { retiring_within = 86400 }))
    c:fault { operation = "models", status = 403, times = 0 }
    local none, err = run(groups.count, "count", { retiring_within = 86400 })
    assert.same({ nil, 403, "models" }, { none, err.status, err.operation })
  end)

  it("are told to be lacking where their list shows less than its count, odd ones, or none", function()
    local perform, change = c.caller.perform, nil
    function c.caller.perform(self, request, deadline)
      local reply, err = perform(self, request, deadline)
      if reply and request.operation.name == "resource_groups" then
        change(reply, request)
      end
      return reply, err
    end
    for text, act in pairs {
      ["41 were shown, and 0 odd ones, its count says 50"] = function(reply)
        reply.count = 50
      end,
      ["41 were shown, and 2 odd ones"] = function(_, request)
        request.odd = 2
      end,
      ["0 were shown"] = function(reply)
        reply.resources = {}
      end,
    } do
      change = act
      local records, err = run(groups.all, "list")
      assert.equal(text:find "^0" and 0 or 80, #records)
      assert.matches(text, err.message, 1, true)
      local request, last, count = search("list", {}), nil, 0
      c:run(function()
        for record, record_err in groups.each(c.caller, request, c.runtime.now() + 60) do
          last, count = record_err, count + (record and 1 or 0)
        end
        assert.equal(#records, count)
        assert.matches(text, last.message, 1, true)
        local made = assert(c:teardown({ all = true }, { resource_group = "*", dry_run = true }))
        assert.same({ #records, true, "protocol" }, { #made.skipped, made.unsure, made.err.kind })
        local changes, watch_err = 0, nil
        for seen, err_seen in c:watch({ all = true }, { resource_group = "*", timeout = 5 }) do
          changes, watch_err = changes + (seen and 1 or 0), watch_err or err_seen
        end
        assert.equal(#records, changes)
        assert.matches(text, watch_err.message, 1, true)
      end)
    end
  end)

  it("that cannot be read are named, the first few, and told by an error of their kind", function()
    for i = 1, 7 do
      c:fault { operation = "list", resource_group = ("g%02d"):format(i), status = 403, times = 0 }
    end
    local request = search("list", {})
    c:run(function()
      local records, err = groups.all(c.caller, request, c.runtime.now() + 60)
      assert.same({ 66, "auth", 403, 403 }, { #records, err.kind, err.status, err.groups.g07.status })
      assert.matches("^7 of 41 resource groups could not be read %(g01: .*; g05: .*, and 2 more%)$", err.message)
    end)
  end)

  it("end with their host", function()
    local request = search("list", {})
    c:run(function()
      local thread = coroutine.running()
      c.runtime.at(c.runtime.now() + 2.5, function()
        c.runtime.cancel(thread)
      end)
      local records, err = groups.all(c.caller, request, c.runtime.now() + 60)
      assert.same({ nil, "cancelled" }, { records, err.kind })
    end)
  end)
end)
