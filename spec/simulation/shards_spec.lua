--- A small fleet in shards in `make test`; `make simulate-shards` has a hundred thousand.

local shards = require "spec.simulation.shards"

describe("shards", function()
  it("tear down a fleet together, each its own and nothing else", function()
    local problems, about = shards.run(640, 16)
    assert.same({}, problems)
    assert.is_true(about.elapsed < 400, about.elapsed)
  end)
end)
