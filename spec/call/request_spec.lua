local answered = require "spec.support.answered"

local ID = "d000000000000001"

describe("a request", function()
  local caller

  before_each(function()
    caller = answered.stage():connect()
  end)

  it("refuses what would not be heeded: all pages of a list are read", function()
    for _, option in ipairs { "top", "skip" } do
      for _, name in ipairs { "list", "count" } do
        local request, _, complaint = caller:search(name, { [option] = 5 })
        assert.is_nil(request)
        assert.equal(("%s: unknown option '%s': all pages are read"):format(name, option), complaint)
      end
    end
    assert(caller:search("list", { status = "RUNNING" }))
  end)

  it("is bound to a resource, which stands in every request", function()
    assert.equal("deployments", caller:request("status", nil, ID).options.resource)
    local other = caller:of "executions"
    assert.equal("executions", other:request("status", nil, ID).options.resource)
    assert.is_nil(other:request("capabilities").options.resource)
    local request, complaint = other:request("update", nil, ID, "conf-1")
    assert.is_nil(request)
    assert.matches("only deployments", complaint)
  end)

  it("splits a call's options, and says what is wrong with them", function()
    local request = assert(caller:request("status", { retry = false, timeout = 3 }, ID))
    assert.is_false(request.retry)
    assert.equal(3, request.options.timeout)
    for _, case in ipairs {
      { 7, "status: a table of options expected, got number" },
      { { retry = 1 }, "status: retry: a boolean expected, got number" },
      { { colour = "red" }, "status: unknown option 'colour'" },
    } do
      local none, complaint = caller:request("status", case[1], ID)
      assert.is_nil(none)
      assert.equal(case[2], complaint)
    end
  end)
end)
