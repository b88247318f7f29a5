--- The rows of the settings, and that nothing says otherwise: C, the annotations, the documents, an example.

local core = require "aicore.core"
local documents = require "tools.settings"
local schema = require "aicore.settings.schema"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("a row of the settings", function()
  it("stands under its name, once", function()
    local count = 0
    for name, row in pairs(schema.by_name) do
      assert.equal(name, row.name)
      count = count + 1
    end
    assert.equal(#schema.rows, count)
  end)

  it("has a line of help, and says nothing that no code knows", function()
    local known = "name help type variable in_key field alone part secret default unit most blank title suffix pem "
      .. "file looked_for credential "
    for _, row in ipairs(schema.rows) do
      assert.matches("^%S[^\n]+$", row.help)
      for fact in pairs(row) do
        assert(known:find(fact .. " ", 1, true), ("%s of %s"):format(fact, row.name))
      end
    end
  end)

  it("names a field of C's session, and each of these has a row", function()
    local fields = {}
    for _, row in ipairs(schema.rows) do
      if row.field then
        fields[row.field] = true
        local _, complaint = pcall(core.session, { base_url = "https://a", [row.field] = true })
        assert.is_nil(complaint:find("unknown setting", 1, true), complaint)
      end
    end
    local annotated = read("lua/aicore/meta/core.lua"):match "@class aicore.core.Config\n(.-)\n\n"
    for field in annotated:gmatch "@field ([%w_]+)" do
      assert(fields[field] or ("token client_type no_proxy"):find(field, 1, true), field .. " has no row")
    end
  end)

  it("has a default that suits its type", function()
    for _, row in ipairs(schema.rows) do
      assert.is_nil(row.default and schema.complaint(row, row.default), row.name)
    end
  end)

  it("complains of wrong types and of numbers that are none", function()
    local cases = {
      { "timeout", "1", "number expected, got string" },
      { "timeout", 0, "a positive and finite number expected, got 0" },
      { "timeout", -1, "a positive and finite number expected, got -1" },
      { "timeout", math.huge, "a positive and finite number expected, got " .. tostring(math.huge) },
      { "timeout", 0 / 0, "a positive and finite number expected, got " .. tostring(0 / 0) },
      { "timeout", 0.5, nil },
      { "max_depth", 1.5, "a positive whole number expected, got 1.5" },
      { "max_depth", 2, nil },
      { "token", {}, "string or function expected, got table" },
      { "service_key", {}, nil },
      { "client_secret", 1, "string expected, got number" },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[3], (schema.complaint(schema.by_name[case[1]], case[2])))
    end
  end)

  it("lets variables through in the example for nginx, which has to name them", function()
    local text = read "examples/openresty/nginx.conf"
    for _, row in ipairs(schema.rows) do
      assert(not row.variable or text:find(("env %s;"):format(row.variable), 1, true), row.variable)
    end
  end)
end)

describe("the table of settings", function()
  for _, document in ipairs(documents) do
    it("is in " .. document.path .. " what the rows give", function()
      assert(documents.renew(document) == read(document.path), "run: make format")
    end)
  end
end)
