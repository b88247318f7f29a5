local config = require "aicore.settings.resolve"

local SECRET_KEY = [[{"clientid":"id-k","clientsecret":"s-k","url":"https://auth.k",
  "serviceurls":{"AI_API_URL":"https://api.k"}}]]

--- A host with these variables and files only.
local function host_with(variables, files)
  return {
    getenv = function(name)
      return variables[name]
    end,
    read = function(path)
      return files and files[path]
    end,
  }
end

local function resolve(arguments, variables, files)
  return config.resolve(arguments or {}, host_with(variables or {}, files))
end

local ALL = {
  AICORE_CLIENT_ID = "id-v",
  AICORE_CLIENT_SECRET = "s-v",
  AICORE_AUTH_URL = "https://auth.v",
  AICORE_BASE_URL = "https://api.v",
  AICORE_RESOURCE_GROUP = "group-v",
}

local function with(base, more)
  local joined = {}
  for name, value in pairs(base) do
    joined[name] = value
  end
  for name, value in pairs(more) do
    joined[name] = value
  end
  return joined
end

describe("config", function()
  describe("the order of sources", function()
    local FILE = [[{"AICORE_CLIENT_ID":"id-f","AICORE_CLIENT_SECRET":"s-f",
      "AICORE_AUTH_URL":"https://auth.f","AICORE_BASE_URL":"https://api.f",
      "AICORE_RESOURCE_GROUP":"group-f"}]]
    local VCAP = ('{"aicore":[{"credentials":%s}]}'):format(SECRET_KEY)

    it("takes arguments before everything", function()
      local settings = assert(resolve({ client_id = "id-a", resource_group = "group-a" }, ALL))
      assert.equal("id-a", settings.session.client_id)
      assert.equal("s-v", settings.session.client_secret)
      assert.equal("group-a", settings.session.resource_group)
    end)

    it("takes the service key before the variables, as a whole", function()
      local settings = assert(resolve({}, with(ALL, { AICORE_SERVICE_KEY = SECRET_KEY })))
      assert.equal("id-k", settings.session.client_id)
      assert.equal("s-k", settings.session.client_secret)
      assert.equal("https://api.k/v2", settings.session.base_url)
      assert.equal("https://auth.k/oauth/token", settings.session.token_url)
      assert.equal("group-v", settings.session.resource_group)
    end)

    it("does not complete a service key from a later source", function()
      local key = '{"clientid":"id-k","url":"https://auth.k","serviceurls":{"AI_API_URL":"https://a"}}'
      local settings, err = resolve({}, with(ALL, { AICORE_SERVICE_KEY = key }))
      assert.is_nil(settings)
      assert.equal("no client secret: looked in arguments, AICORE_SERVICE_KEY (without one)", err.message)
    end)

    it("takes variables before the file, setting by setting", function()
      local settings = assert(
        resolve(
          {},
          { AICORE_CONFIG = "/etc/aicore.json", AICORE_RESOURCE_GROUP = "group-v" },
          { ["/etc/aicore.json"] = FILE }
        )
      )
      assert.equal("group-v", settings.session.resource_group)
      assert.equal("id-f", settings.session.client_id)
    end)

    it("finds the file by profile, in AICORE_HOME or ~/.aicore", function()
      local cases = {
        ["/h/.aicore/config.json"] = { HOME = "/h" },
        ["/x/config.json"] = { HOME = "/h", AICORE_HOME = "/x" },
        ["/x/config_test.json"] = { AICORE_HOME = "/x", AICORE_PROFILE = "test" },
      }
      for path, variables in pairs(cases) do
        local settings = assert(resolve({}, variables, { [path] = FILE }))
        assert.equal("id-f", settings.session.client_id, path)
      end
      assert(resolve({ profile = "p" }, { HOME = "/h" }, { ["/h/.aicore/config_p.json"] = FILE }))
      assert(resolve({ config_file = "/c" }, {}, { ["/c"] = FILE }))
    end)

    it("takes VCAP_SERVICES last", function()
      assert.equal("id-k", resolve({}, { VCAP_SERVICES = VCAP }).session.client_id)
      assert.equal("id-v", resolve({}, with(ALL, { VCAP_SERVICES = VCAP })).session.client_id)
    end)

    it("treats an empty variable as not set", function()
      local settings = assert(resolve({}, with(ALL, { AICORE_SERVICE_KEY = " " })))
      assert.equal("id-v", settings.session.client_id)
    end)
  end)

  describe("what is missing", function()
    it("is named with the places that were looked in", function()
      local settings, err = resolve({ base_url = "https://a" }, { HOME = "/h" })
      assert.is_nil(settings)
      assert.equal("config", err.kind)
      assert.equal(
        "no client id: looked in arguments, AICORE_SERVICE_KEY (not set), AICORE_CLIENT_ID (not set), "
          .. "/h/.aicore/config.json (no such file), VCAP_SERVICES (not set)",
        err.message
      )
    end)

    it("is asked for one by one", function()
      for variable, title in pairs {
        AICORE_BASE_URL = "no base URL",
        AICORE_CLIENT_ID = "no client id",
        AICORE_CLIENT_SECRET = "no client secret",
        AICORE_AUTH_URL = "no auth URL",
      } do
        local variables = with(ALL, {})
        variables[variable] = nil
        local _, err = resolve({}, variables)
        assert.equal(title, err.message:match "^[^:]+")
      end
    end)

    it("includes files and JSON that cannot be read, without quoting them", function()
      local cases = {
        { { AICORE_SERVICE_KEY = "{secret" }, "AICORE_SERVICE_KEY is not a JSON object" },
        { { VCAP_SERVICES = "[" }, "VCAP_SERVICES is not a JSON object" },
        { { AICORE_CONFIG = "/none" }, "the config file /none cannot be read" },
        {
          { AICORE_HOME = "/x", AICORE_PROFILE = "p" },
          "the config file /x/config_p.json cannot be read",
        },
      }
      for _, case in ipairs(cases) do
        local settings, err = resolve({}, case[1])
        assert.is_nil(settings)
        assert.equal(case[2], err.message)
      end
      local _, err = resolve({}, { AICORE_CONFIG = "/c" }, { ["/c"] = "secret" })
      assert.equal("the config file /c is not a JSON object", err.message)
    end)
  end)

  describe("X.509", function()
    local CERTIFICATE = {
      AICORE_CLIENT_ID = "id",
      AICORE_CERT_URL = "https://cert",
      AICORE_BASE_URL = "https://api",
    }

    it("takes files", function()
      local settings =
        assert(resolve({}, with(CERTIFICATE, { AICORE_CERT_FILE_PATH = "/c.pem", AICORE_KEY_FILE_PATH = "/k.pem" })))
      assert.equal("/c.pem", settings.session.certificate_file)
      assert.equal("/k.pem", settings.session.key_file)
      assert.equal("https://cert/oauth/token", settings.session.token_url)
      assert.is_nil(settings.session.client_secret)
    end)

    it("takes text, with newlines as two characters", function()
      local settings = assert(resolve({}, with(CERTIFICATE, { AICORE_CERT_STR = [[a\nb]], AICORE_KEY_STR = [[k\nl]] })))
      assert.equal("a\nb", settings.session.certificate)
      assert.equal("k\nl", settings.session.key)
    end)

    it("takes a service key with either spelling of certurl", function()
      for _, name in ipairs { "certurl", "certUrl" } do
        local key = ([[{"clientid":"id","certificate":"c","key":"k","%s":"https://cert",
          "url":"https://auth","serviceurls":{"AI_API_URL":"https://api"}}]]):format(name)
        local settings = assert(resolve { service_key = key })
        assert.equal("https://cert/oauth/token", settings.session.token_url)
        assert.equal("c", settings.session.certificate)
      end
    end)

    it("loses to a secret from an earlier source, and wins over one from a later", function()
      local variables =
        with(CERTIFICATE, { AICORE_CERT_STR = "c", AICORE_KEY_STR = "k", AICORE_AUTH_URL = "https://a" })
      assert.equal("s", resolve({ client_secret = "s" }, variables).session.client_secret)
      local settings = assert(resolve({ certificate = "c", key = "k", cert_url = "https://cert" }, ALL))
      assert.is_nil(settings.session.client_secret)
      assert.equal("c", settings.session.certificate)
    end)

    it("contradicts a secret from the same source", function()
      local settings, err =
        resolve({}, with(ALL, { AICORE_CERT_STR = "c", AICORE_KEY_STR = "k", AICORE_CERT_URL = "https://c" }))
      assert.is_nil(settings)
      assert.equal(
        "both client secret and certificate are set (AICORE_CLIENT_SECRET, AICORE_CERT_STR): "
          .. "one of them is too much",
        err.message
      )
    end)

    it("contradicts itself when there are a file and a text", function()
      local _, err = resolve({}, with(CERTIFICATE, { AICORE_CERT_STR = "c", AICORE_CERT_FILE_PATH = "/c" }))
      assert.matches("^both certificate and certificate file are set", err.message)
      _, err =
        resolve({}, with(CERTIFICATE, { AICORE_CERT_STR = "c", AICORE_KEY_STR = "k", AICORE_KEY_FILE_PATH = "/k" }))
      assert.matches("^both key and key file are set", err.message)
    end)

    it("misses the key and the URL by name", function()
      local _, err = resolve({}, with(CERTIFICATE, { AICORE_CERT_STR = "c" }))
      assert.matches("^no private key: looked in arguments", err.message)
      _, err = resolve({ client_id = "i", base_url = "https://a", certificate = "c", key = "k" })
      assert.matches("^no certificate URL: looked in arguments", err.message)
    end)
  end)

  it("accepts URLs as people paste them", function()
    local bases = { "https://api", "https://api/", "https://api/v2", " https://api/v2/ ", "https://api//" }
    for _, base in ipairs(bases) do
      local settings = assert(resolve({ base_url = base }, ALL))
      assert.equal("https://api/v2", settings.session.base_url, base)
    end
    for _, url in ipairs { "https://x", "https://x/", "https://x/oauth/token", "https://x/oauth/token/" } do
      local settings = assert(resolve({ auth_url = url }, ALL))
      assert.equal("https://x/oauth/token", settings.session.token_url, url)
    end
  end)

  it("needs no credentials with a ready token, and takes no others beside it", function()
    local settings = assert(resolve { base_url = "https://a", token = "t" })
    assert.equal("t", settings.token)
    assert.is_nil(settings.session.token_url)
    local _, err = resolve { base_url = "https://a", token = "t", client_secret = "s" }
    assert.matches("^both token and credentials", err.message)
  end)

  describe("origins", function()
    local function origins(arguments, variables, files)
      local found = {}
      for _, origin in ipairs(assert(config.origins(arguments, host_with(variables, files)))) do
        found[#found + 1] = ("%s from %s: %s"):format(origin.setting, origin.source, tostring(origin.value))
      end
      return found
    end

    it("tells which settings are set and where, but no secret", function()
      assert.same(
        {
          "base_url from arguments: https://a",
          "certificate from AICORE_CERT_STR: nil",
          "client_id from AICORE_CLIENT_ID: i",
          "client_secret from /f.json: nil",
          "key from /f.json: nil",
        },
        origins(
          { base_url = "https://a", config_file = "/f.json" },
          { AICORE_BASE_URL = "https://v", AICORE_CLIENT_ID = "i", AICORE_CERT_STR = "c" },
          { ["/f.json"] = '{"AICORE_CLIENT_SECRET":"s","AICORE_KEY_STR":"k","AICORE_CLIENT_ID":"j"}' }
        )
      )
    end)

    it("takes a service key as a whole, as resolve does", function()
      local key = '{"clientid":"id-k","serviceurls":{"AI_API_URL":"https://api.k"}}'
      assert.same({
        "base_url from AICORE_SERVICE_KEY: https://api.k",
        "client_id from AICORE_SERVICE_KEY: id-k",
        "resource_group from AICORE_RESOURCE_GROUP: group-v",
      }, origins({}, with(ALL, { AICORE_SERVICE_KEY = key })))
    end)

    it("shows neither a password in a URL nor a key in the place of a file's name", function()
      assert.same(
        { "base_url from arguments: https://…@a/x", "key_file from arguments: nil" },
        origins({ base_url = "https://me:p/w@a/x", key_file = "-----BEGIN PRIVATE KEY-----" }, {})
      )
    end)

    it("fails where a source is unusable", function()
      local found, err = config.origins({}, host_with { VCAP_SERVICES = "[" })
      assert.is_nil(found)
      assert.equal("VCAP_SERVICES is not a JSON object", err.message)
    end)
  end)

  it("names unknown settings and wrong types", function()
    assert.equal("unknown setting 'clientid'", config.check { clientid = "x" })
    assert.equal("timeout: number expected, got string", config.check { timeout = "1" })
    assert.equal("token: string or function expected, got table", config.check { token = {} })
    assert.is_nil(config.check { token = print, timeout = 3, service_key = {} })
  end)
end)
