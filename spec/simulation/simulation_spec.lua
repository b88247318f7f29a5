--- A few dozen random services in `make test`; `make simulate` has as many as anybody wants.

local simulation = require "spec.simulation.simulation"

local SEEDS = 60

-- Seeds that failed once, and what they taught.
local KNOWN = {}

describe("the simulation", function()
  local function holds(seed)
    local _, breaches = simulation.run(seed)
    assert.same({}, breaches)
  end

  it(("holds in %d services, from kind to hostile"):format(SEEDS), function()
    for seed = 1, SEEDS do
      holds(seed)
    end
  end)

  it(("holds for the life of deployments in %d services"):format(SEEDS), function()
    for seed = 1, SEEDS do
      local _, breaches = simulation.live(seed)
      assert.same({}, breaches)
    end
  end)

  for seed, lesson in pairs(KNOWN) do
    it(("holds in seed %d: %s"):format(seed, lesson), function()
      holds(seed)
    end)
  end

  -- What a run of its own prints: tables with strings for keys have another order there.
  local function digests(lua)
    local command = 'eval "$(sh tools/env.sh %s)" && DIGEST=1 SEEDS=%d %s spec/simulation/run.lua'
    local pipe = assert(io.popen(command:format(lua, SEEDS, lua)))
    local lines = {}
    for line in pipe:lines() do
      lines[#lines + 1] = line:match "^digest.*"
    end
    pipe:close()
    return lines
  end

  it("takes the same course every time, in every Lua", function()
    local first = digests "lua5.4"
    assert.equal(SEEDS, #first)
    assert.equal(table.concat(first, "\n"), table.concat(digests "lua5.4", "\n"))
    assert.equal(table.concat(first, "\n"), table.concat(digests "luajit", "\n"))
  end)
end)
