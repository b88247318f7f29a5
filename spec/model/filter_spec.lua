local filter = require "aicore.model.filter"

describe("filter", function()
  describe("split", function()
    it("leaves the service its part", function()
      local query, belongs = filter.split({ status = "RUNNING", all = true, foo = 1 }, 0)
      assert.same({ status = "RUNNING", foo = 1 }, query)
      assert.is_nil(belongs)
      assert.same({}, (filter.split(nil, 0)))
    end)

    it("decides about age; who has none is not old", function()
      local _, belongs = filter.split({ older_than = 60 }, 100)
      assert.is_true(belongs { id = "a", createdAt = "1970-01-01T00:00:40Z" })
      assert.is_false(belongs { id = "a", createdAt = "1970-01-01T00:00:41Z" })
      assert.is_false(belongs { id = "a" })
      assert.is_false(belongs { id = "a", createdAt = "soon" })
    end)

    it("puts every id into exactly one shard, in fair parts", function()
      local sizes = { [0] = 0, 0, 0 }
      for i = 1, 3000 do
        local id = ("d%015d"):format(i)
        local found
        for index = 0, 2 do
          local _, belongs = filter.split({ shard = { index, 3 } }, 0)
          if belongs { id = id } then
            assert.is_nil(found)
            found = index
          end
        end
        sizes[found] = sizes[found] + 1
      end
      for index = 0, 2 do
        assert.is_true(sizes[index] > 800 and sizes[index] < 1200, tostring(sizes[index]))
      end
    end)

    it("names what is wrong", function()
      for wrong, filters in pairs {
        ["older_than: seconds expected"] = { { older_than = "7d" }, { older_than = -1 } },
        ["shard: { index, count } expected, index from 0"] = {
          { shard = 1 },
          { shard = { 3, 3 } },
          { shard = { -1, 3 } },
          { shard = { 0.5, 3 } },
          { shard = { 0 } },
        },
        ["all: a boolean expected"] = { { all = 1 } },
      } do
        for _, case in ipairs(filters) do
          local _, _, complaint = filter.split(case, 0)
          assert.equal(wrong, complaint)
        end
      end
    end)
  end)
end)
