-- A roster over a fake watch: what it lists, and when it asks whether to go on.

local roster = require "aicore.neovim.roster"

describe("a roster", function()
  local steps, on_progress, made, heard, looked

  local function record(id, status, created)
    return { id = id, status = status, targetStatus = status, createdAt = created }
  end

  local function change(id, status, created)
    return { id = id, status = status, deployment = record(id, status, created) }
  end

  --- A watch that goes through `steps`: a change, an error, or "look".
  local client = {
    watch = function(_, _, opts)
      on_progress = opts.on_progress
      return function()
        while #steps > 0 do
          local step = table.remove(steps, 1)
          if step == "look" then
            if on_progress { watched = 0, elapsed = 0 } then
              return nil
            end
          elseif step.kind then
            return false, step
          else
            return step
          end
        end
      end
    end,
  }

  local function follow(given)
    steps = given
    return made:follow(function(id, row, before)
      heard[#heard + 1] = ("%s %s>%s"):format(id, before and before.status or "", row and row.status or "")
    end)
  end

  local function ids()
    local list = {}
    for i, row in ipairs(made.rows) do
      list[i] = row.id
    end
    return table.concat(list, " ")
  end

  local function new(wanted)
    heard, looked = {}, 0
    made = roster.new(client, wanted or {}, function(self, err)
      assert.equal(made, self)
      assert.is_nil(err)
      looked = looked + 1
      return true
    end)
  end

  it("lists what a look has shown, the newest first, and is asked after each whether that is enough", function()
    new()
    assert.is_nil(
      follow { change("a", "RUNNING", "2026-01-01T00:00:00Z"), change("b", "DEAD"), "look", change("c", "DEAD") }
    )
    assert.same({ "a b", 1, 1 }, { ids(), looked, #steps })
    follow { change("c", "RUNNING", "2026-02-01T00:00:00Z"), "look" }
    assert.equal("c a b", ids())
    assert.same({ "a >RUNNING", "b >DEAD", "c >RUNNING" }, heard)
  end)

  it("has no rows before the first look, and none where there is nothing", function()
    new()
    assert.is_nil(made.rows)
    follow { "look" }
    assert.same({}, made.rows)
  end)

  it("lets go what is gone, and what no longer fits", function()
    new { status = "RUNNING" }
    follow { change("a", "RUNNING"), change("b", "RUNNING"), change("c", "STOPPED"), "look" }
    assert.equal("a b", ids())
    follow { change("a", "STOPPING"), { id = "b", status = "GONE" }, "look" }
    assert.equal("", ids())
    follow { change("a", "RUNNING"), "look" }
    assert.equal("a", ids())
    assert.same({ "a RUNNING>STOPPING", "b RUNNING>", "a >RUNNING" }, { heard[4], heard[5], heard[6] })
  end)

  it("says why it cannot go on", function()
    new()
    local err = { kind = "auth" }
    assert.equal(err, follow { err })
  end)
end)
