--- What a place has: values of the right types, or an error that names the place and quotes nothing of it.

local cjson = require "cjson"
local sources = require "aicore.settings.sources"

local function list(arguments, variables, files)
  return sources.list(arguments, {
    getenv = function(name)
      return variables[name]
    end,
    read = function(path)
      return files and files[path]
    end,
  })
end

-- Where each place stands in the list, given a text of it.
local function key(text)
  return list({}, { AICORE_SERVICE_KEY = text })[2][1]
end

local function file(text)
  return list({ config_file = "/f.json" }, {}, { ["/f.json"] = text })[2][1]
end

local function binding(text)
  return list({}, { VCAP_SERVICES = text })[4][1]
end

local function values(place)
  return assert(sources.read(place))
end

describe("a place of settings", function()
  it("has what a service key says, wrapped or not, and not what is null or blank", function()
    local text = [[{"clientid":"i","clientsecret":" ","url":null,"certUrl":"c","serviceurls":{"AI_API_URL":"a"},"x":1}]]
    local expected = { client_id = "i", cert_url = "c", base_url = "a" }
    assert.same(expected, values(key(text)))
    assert.same(expected, values(key(('{"credentials":%s,"name":"x"}'):format(text))))
    assert.same(expected, values(binding(('{"aicore":[{"credentials":%s}]}'):format(text))))
    assert.same({ base_url = "a" }, values(list({ service_key = { serviceurls = { AI_API_URL = "a" } } }, {})[1][2]))
  end)

  it("has what is looked for in a file, and no choice of another place", function()
    assert.same(
      { client_id = "i", resource_group = "g" },
      values(file '{"AICORE_CLIENT_ID":"i","AICORE_RESOURCE_GROUP":"g","AICORE_PROFILE":1,"AICORE_SERVICE_KEY":"k"}')
    )
    assert.same({}, values(file "{}"))
  end)

  it("has nothing where there is none, and says why", function()
    local cases = {
      [key(nil)] = "not set",
      [binding(nil)] = "not set",
      [binding '{"xsuaa":[]}'] = "without aicore",
      [binding '{"aicore":{"x":1}}'] = "without aicore",
      [binding '{"aicore":[{"credentials":null}]}'] = "without aicore",
      [list({}, { HOME = "/h" })[3][1]] = "no such file",
    }
    for place, note in pairs(cases) do
      assert.same({}, values(place))
      assert.equal(note, place.absent)
    end
  end)

  it("names a value of a wrong type", function()
    local function expect(place, message)
      local found, err = sources.read(place)
      assert.is_nil(found)
      assert.equal("config", err.kind)
      assert.equal(message, err.message)
    end
    expect(file '{"AICORE_CLIENT_ID":7}', "AICORE_CLIENT_ID in /f.json: a string expected, got a number")
    expect(
      file '{"AICORE_RESOURCE_GROUP":["hidden"]}',
      "AICORE_RESOURCE_GROUP in /f.json: a string expected, got a table"
    )
    expect(key '{"clientsecret":false}', "clientsecret in AICORE_SERVICE_KEY: a string expected, got a boolean")
    expect(key '{"serviceurls":"hidden"}', "serviceurls in AICORE_SERVICE_KEY: an object expected, got a string")
    expect(
      key '{"serviceurls":{"AI_API_URL":1}}',
      "serviceurls.AI_API_URL in AICORE_SERVICE_KEY: a string expected, got a number"
    )
    expect(binding '{"aicore":[{"credentials":{"key":1}}]}', "key in VCAP_SERVICES: a string expected, got a number")
    local given = list({ service_key = { clientid = print } }, {})[1][2]
    expect(given, "clientid in service_key: a string expected, got a function")
  end)

  it("is named if it is no JSON object, and not quoted", function()
    for _, text in ipairs { "hidden", '{"clientsecret":"hidden', "[1]", '"hidden"', '{"a":NaN}', ("["):rep(70) } do
      for called, place in pairs {
        AICORE_SERVICE_KEY = key(text),
        VCAP_SERVICES = binding(text),
        ["the config file /f.json"] = file(text),
      } do
        local found, err = sources.read(place)
        assert.is_nil(found)
        assert.equal(called .. " is not a JSON object", err.message:match "^[^:;]+")
        assert.is_nil(err.message:find("hidden", 1, true))
      end
    end
    assert.equal("the config file /f.json is not a JSON object: it is empty", select(2, sources.read(file "")).message)
  end)

  it("is a key only if something of a key is in it", function()
    for _, text in ipairs { "{}", '{"error":"unauthorized"}', '{"clientid":null}', '{"credentials":{}}' } do
      assert.equal("nothing of a service key is in AICORE_SERVICE_KEY", select(2, sources.read(key(text))).message)
    end
    local text = '{"aicore":[{"credentials":{"uri":"x"}}]}'
    assert.equal("nothing of a service key is in VCAP_SERVICES", select(2, sources.read(binding(text))).message)
  end)

  it("is read the same way, whatever the host has done to lua-cjson's common instance", function()
    local text = '{"clientid":"i","serviceurls":{"AI_API_URL":"a"}}'
    local depth, numbers = cjson.decode_max_depth(), cjson.decode_invalid_numbers()
    finally(function()
      cjson.decode_max_depth(depth)
      cjson.decode_invalid_numbers(numbers)
    end)
    cjson.decode_max_depth(1)
    assert.same({ client_id = "i", base_url = "a" }, values(key(text)))
    cjson.decode_max_depth(1000)
    cjson.decode_invalid_numbers(true)
    assert.is_nil((sources.read(key '{"clientid":"i","x":NaN}')))
    assert.is_nil((sources.read(key(('{"clientid":"i","x":%s}'):format(("["):rep(99) .. ("]"):rep(99))))))
  end)
end)
