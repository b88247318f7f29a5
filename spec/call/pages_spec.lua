local pages = require "aicore.call.pages"

--- A service with so many deployments; fails at the page that begins after `broken`.
local function service(total, broken)
  local asked = {}
  return function(top, skip)
    asked[#asked + 1] = skip or 0
    if broken and skip == broken then
      return nil, { kind = "http" }
    end
    local resources = {}
    for i = (skip or 0) + 1, math.min((skip or 0) + top, total) do
      resources[#resources + 1] = { id = i }
    end
    return { count = total, resources = resources }
  end,
    asked
end

describe("pages", function()
  it("ask for pages until one is not full", function()
    for total, count in pairs { [0] = 1, [1] = 1, [9999] = 1, [10000] = 2, [10001] = 2, [20000] = 3 } do
      local fetch, asked = service(total)
      assert.equal(total, #pages.all(pages.of(fetch)))
      assert.equal(count, #asked)
    end
  end)

  it("keep what belongs, and of that what is picked", function()
    local found = pages.all(pages.of((service(5))), function(deployment)
      return deployment.id > 3
    end, function(deployment)
      return deployment.id * 10
    end)
    assert.same({ 40, 50 }, found)
  end)

  it("go on behind records that were set aside", function()
    local fetch, asked = service(15000)
    local found = pages.all(pages.of(function(top, skip)
      local reply = fetch(top, skip)
      table.remove(reply.resources)
      return reply, nil, 1
    end))
    assert.equal(14998, #found)
    assert.same({ 0, 10000 }, asked)
  end)

  it("are an error if one page is", function()
    local found, err = pages.all(pages.of((service(20000, 10000))))
    assert.is_nil(found)
    assert.equal("http", err.kind)
  end)

  it("one by one say that a page is missing, once, and then end", function()
    local seen, last, err = 0, nil, nil
    for deployment, problem in pages.each(pages.of((service(20000, 10000)))) do
      seen, last, err = seen + 1, deployment, problem
    end
    assert.equal(10001, seen)
    assert.is_false(last)
    assert.equal("http", err.kind)
  end)
end)
