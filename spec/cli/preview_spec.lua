local fakes = require "spec.cli.fakes"
local preview = require "aicore.cli.preview"

local function ids(count)
  local list = {}
  for i = 1, count do
    list[i] = ("dep-%d"):format(i)
  end
  return list
end

--- A client that knows deployments by id.
local function client_of(known)
  return fakes.client {
    status = function(id)
      if known[id] == nil then
        return nil, fakes.not_found(id)
      end
      return known[id]
    end,
    each = function()
      local id, record
      return function()
        id, record = next(known, id)
        return record
      end
    end,
    list = function()
      return { known["dep-1"] }
    end,
  }
end

describe("what a target means just now", function()
  local known = {
    ["dep-1"] = { id = "dep-1", status = "RUNNING", scenarioId = "nightly" },
    ["dep-2"] = { id = "dep-2", status = "DEAD" },
    other = { id = "other", status = "DEAD" },
  }

  it("is asked one by one of a few ids; one that is not there is said to be so", function()
    local client = client_of(known)
    local found = preview.find(client, { "dep-2", "dep-1", "dep-9" }, 5)
    assert.same({ known["dep-2"], known["dep-1"], { id = "dep-9", status = "not there" } }, found)
    assert.equal(3, #client.calls)
    for _, call in ipairs(client.calls) do
      assert.equal("status", call[1])
      assert.equal(5, call[3].timeout)
    end
  end)

  it("is picked from one list for many ids", function()
    local client = client_of(known)
    local found = assert(preview.find(client, ids(9), 5))
    assert.equal(1, #client.calls)
    assert.same({ "each", { timeout = 5 } }, client.calls[1])
    assert.equal(9, #found)
    assert.equal("nightly", found[1].scenarioId)
    assert.equal("not there", found[9].status)
    assert.equal("dep-9", found[9].id)
  end)

  it("is listed for a filter", function()
    local client = client_of(known)
    assert.same({ known["dep-1"] }, preview.find(client, { scenario_id = "nightly" }, 5))
    assert.same({ { "list", { scenario_id = "nightly", timeout = 5 } } }, client.calls)
  end)

  it("is not known if a look fails: that is no absence", function()
    for _, fields in ipairs { { kind = "http", status = 404 }, { kind = "auth", status = 403 } } do
      local err = fakes.err(fields)
      local function fail()
        return nil, err
      end
      local client = fakes.client {
        status = fail,
        list = fail,
        each = function()
          return function()
            return false, err
          end
        end,
      }
      for _, target in ipairs { { "dep-1" }, ids(9), { status = "DEAD" } } do
        local found, why = preview.find(client, target, 5)
        assert.is_nil(found)
        assert.equal(err, why)
      end
    end
  end)
end)

describe("a preview", function()
  it("counts the states, and shows the first few", function()
    local found = {}
    for i, id in ipairs(ids(7)) do
      found[i] = { id = id, status = i > 2 and "RUNNING" or "DEAD", scenarioId = i > 1 and "nightly" or nil }
    end
    assert.equal(
      table.concat({
        "7 deployments (2 DEAD, 5 RUNNING) will be torn down",
        "  dep-1   DEAD",
        "  dep-2   DEAD      nightly",
        "  dep-3   RUNNING   nightly",
        "  dep-4   RUNNING   nightly",
        "  dep-5   RUNNING   nightly",
        "  … and 2 more",
      }, "\n"),
      preview.text(found, "will be torn down", {})
    )
  end)

  it("says where", function()
    local place, found = { base_url = "https://api", resource_group = "team" }, { { id = "dep-1", status = "DEAD" } }
    assert.equal(
      "1 deployment (1 DEAD) in resource group team of https://api would go\n  dep-1   DEAD",
      preview.text(found, "would go", {}, place)
    )
    local text = preview.text(found, "would go", { all_resource_groups = true, kind = "executions" }, place)
    assert.matches("^1 execution %(1 DEAD%) in all resource groups of https://api would go\n", text)
  end)

  it("cannot speak to the terminal", function()
    local text = preview.text({ { id = "dep-1", status = "A\27[2J", scenarioId = "s\n" } }, "would go", {})
    assert.equal("1 deployment (1 A?[2J) would go\n  dep-1   A?[2J   s?", text)
    text = preview.text({ { id = "dep-1", status = "DEAD", scenarioId = 5 } }, "would go", {})
    assert.matches("DEAD   5$", text)
  end)

  it("is of one, or of none", function()
    assert.equal(
      "1 deployment (1 not there) would go\n  dep-1   not there",
      preview.text({ { id = "dep-1", status = "not there" } }, "would go", {})
    )
    assert.equal("0 deployments would go", preview.text({}, "would go", {}))
  end)
end)
