--- What platforms bind: which of the bindings are AI Core's, and which counts.

local bindings = require "aicore.settings.bindings"
local cjson = require "cjson"

local KEY = { clientid = "i", serviceurls = { AI_API_URL = "https://a" } }

--- A host with these files only; a folder has what is below its path.
local function host_with(files)
  local host = {}
  function host.read(path)
    return files[path]
  end
  function host.folder(path)
    local seen, names = {}, {}
    for file in pairs(files) do
      local name = file:sub(1, #path + 1) == path .. "/" and file:sub(#path + 2):match "^[^/]+"
      names[#names + 1] = name and not seen[name] and name or nil
      seen[name or ""] = true
    end
    return names[1] and names or nil
  end
  return host
end

describe("Cloud Foundry's bindings", function()
  local function instance(name, more)
    local entry = { name = name, credentials = { clientid = name } }
    for field, value in pairs(more or {}) do
      entry[field] = value
    end
    return entry
  end

  it("are AI Core's below its label, or by their label, tags or URL below another", function()
    local cases = {
      { aicore = { instance "x" } },
      { ["user-provided"] = { instance "x", { name = "db", credentials = {} } } },
      { ["user-provided"] = { instance("x", { tags = { "ai", "aicore" } }), { name = "db" } }, xsuaa = { 1 } },
      { ["user-provided"] = { instance("x", { label = "aicore" }) }, odd = { x = 1 }, text = "t" },
    }
    cases[2]["user-provided"][1].credentials.serviceurls = { AI_API_URL = "https://a" }
    for _, services in ipairs(cases) do
      assert.equal("x", assert(bindings.of_cloud_foundry(services)).clientid)
    end
  end)

  it("are none where nothing says so", function()
    for _, services in ipairs {
      {},
      { xsuaa = { instance "x" } },
      { aicore = { { credentials = cjson.null } } },
      { ["user-provided"] = { instance("x", { tags = "aicore", label = 7 }) } },
    } do
      local key, complaint = bindings.of_cloud_foundry(services)
      assert.same({}, { key, complaint })
    end
  end)

  it("are chosen among where there are several", function()
    local services = { aicore = { instance "prod", instance "dev" }, ["user-provided"] = { instance("x") } }
    local key, complaint = bindings.of_cloud_foundry(services)
    assert.is_nil(key)
    assert.equal("several instances of AI Core are bound (dev, prod): AICORE_INSTANCE says which", complaint)
    assert.equal("dev", bindings.of_cloud_foundry(services, "dev").clientid)
    key, complaint = bindings.of_cloud_foundry(services, "test")
    assert.is_nil(key)
    assert.equal("AICORE_INSTANCE names none of the instances of AI Core that are bound (dev, prod)", complaint)
    services["user-provided"][1].tags = { "aicore" }
    assert.equal("x", bindings.of_cloud_foundry(services, "x").clientid)
  end)

  it("have another name where they have none of their own", function()
    local entry = instance "a"
    entry.name = nil
    entry.instance_name = "i"
    local services = { aicore = { entry, { credentials = { clientid = "b" } } } }
    assert.equal("a", bindings.of_cloud_foundry(services, "i").clientid)
    assert.equal("b", bindings.of_cloud_foundry(services, "aicore 2").clientid)
  end)
end)

describe("Kubernetes' bindings", function()
  local function find(files, chosen)
    return bindings.of_kubernetes("/b", host_with(files), chosen)
  end

  it("are a file for each entry, whose last newline is not part of it", function()
    local key = find {
      ["/b/ai/type"] = "aicore\n",
      ["/b/ai/clientid"] = "i\n",
      ["/b/ai/clientsecret"] = "s\r\n",
      ["/b/ai/serviceurls"] = '{"AI_API_URL":"https://a"}\n',
      ["/b/ai/..data/clientid"] = "other",
      ["/b/..2026/type"] = "aicore",
      ["/b/db/type"] = "postgresql",
    }
    assert.same(
      { type = "aicore", clientid = "i", clientsecret = "s", serviceurls = { AI_API_URL = "https://a" } },
      key
    )
  end)

  it("are one file that has all, by its usual name or the one that .metadata says", function()
    local text = cjson.encode(KEY)
    assert.same(KEY, find { ["/b/ai/type"] = "aicore", ["/b/ai/credentials"] = text })
    local about = { credentialProperties = { { name = "k", format = "json", container = true }, { name = "x" }, 7 } }
    assert.same(KEY, find { ["/b/ai/type"] = "aicore", ["/b/ai/k"] = text, ["/b/ai/.metadata"] = cjson.encode(about) })
    about.credentialProperties[1].name = "../k"
    assert.equal(
      "i",
      find({
        ["/b/ai/type"] = "aicore",
        ["/b/ai/clientid"] = "i",
        ["/b/k"] = text,
        ["/b/ai/.metadata"] = cjson.encode(about),
      }).clientid
    )
    local key, complaint = find { ["/b/ai/type"] = "aicore", ["/b/ai/credentials"] = "hidden" }
    assert.is_nil(key)
    assert.equal("/b/ai/credentials is not a JSON object", complaint)
  end)

  it("are none where none has the type", function()
    for _, files in ipairs { {}, { ["/b/ai/clientid"] = "i" }, { ["/b/ai/type"] = "xsuaa" } } do
      local key, complaint = find(files)
      assert.same({}, { key, complaint })
    end
  end)

  it("are chosen among where there are several", function()
    local files = {
      ["/b/one/type"] = "aicore",
      ["/b/one/clientid"] = "1",
      ["/b/two/type"] = "aicore",
      ["/b/two/clientid"] = "2",
    }
    assert.equal(
      "several instances of AI Core are bound (one, two): AICORE_INSTANCE says which",
      select(2, find(files))
    )
    assert.equal("2", find(files, "two").clientid)
  end)
end)
