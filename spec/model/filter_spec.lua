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

    it("finds nothing old that has a date which does not exist", function()
      local _, belongs = filter.split({ older_than = 60 }, 4e9)
      assert.is_true(belongs { id = "a", createdAt = "2026-02-28T00:00:00Z" })
      for _, date in ipairs {
        "0001-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
      } do
        assert.is_false(belongs { id = "a", createdAt = date }, date)
      end
    end)

    it("puts every id into exactly one shard", function()
      for i = 1, 100 do
        local found = 0
        for index = 0, 2 do
          local _, belongs = filter.split({ shard = { index, 3 } }, 0)
          found = found + (belongs { id = ("d%015d"):format(i) } and 1 or 0)
        end
        assert.equal(1, found)
      end
    end)

    it("makes shards of any number that are even, also of ids that are numbers in a row", function()
      for _, first in ipairs { 1, 500, 999500, 123456789 } do
        for count = 2, 64 do
          local sizes, even = {}, 1000 / count
          for i = first, first + 999 do
            local shard = filter.shard_of(("d%015d"):format(i), count)
            sizes[shard] = (sizes[shard] or 0) + 1
          end
          for index = 0, count - 1 do
            local off = math.abs((sizes[index] or 0) - even)
            assert.is_true(off <= math.max(2, even * 0.05), ("%d of %d: off by %.1f"):format(index, count, off))
          end
        end
      end
    end)

    it("makes even shards of ids that differ only far to the left", function()
      local sizes = {}
      for i = 1, 1000 do
        local shard = filter.shard_of(("job%d-0123456789012345678901234567890123456789"):format(i), 4)
        sizes[shard] = (sizes[shard] or 0) + 1
      end
      for index = 0, 3 do
        assert.is_true(math.abs(sizes[index] - 250) < 50, tostring(sizes[index]))
      end
    end)

    it("takes for retiring whose model stops working by then, and not on a day that nobody can read", function()
      local dates = { soon = { 100 }, late = { 101 }, never = {}, unclear = { nil, true } }
      local _, belongs = filter.split({ retiring_within = 90 }, 10, function(record)
        return dates[record.id][1], dates[record.id][2]
      end)
      for id, expected in pairs { soon = true, late = false, never = false, unclear = false } do
        assert.equal(expected, belongs { id = id }, id)
      end
    end)

    it("puts an id into the same shard in every Lua", function()
      local shards = {}
      for i, id in ipairs { "d748fdae9f88a9b0", "d000000000000001", ("zz"):rep(32), "a-b_c.d" } do
        shards[i] = filter.shard_of(id, 1000000)
      end
      assert.same({ 759977, 950815, 865191, 823400 }, shards)
    end)

    it("names what is wrong", function()
      for wrong, filters in pairs {
        ["older_than: seconds expected"] = { { older_than = "7d" }, { older_than = -1 }, { older_than = math.huge } },
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
