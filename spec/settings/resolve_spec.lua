local config = require "aicore.settings.resolve"
local record = require "aicore.settings.record"
local core = require "aicore.core"

local SECRET_KEY = [[{"clientid":"id-k","clientsecret":"s-k","url":"https://auth.k",
  "serviceurls":{"AI_API_URL":"https://api.k"}}]]

--- A host with these variables and files only.
local function host_with(variables, files)
  return {
    getenv = function(name)
      return variables[name]
    end,
    complaint = core.check_setting,
    mode = function() end,
    folder = function() end,
    read = function(path)
      return files and files[path]
    end,
    head = function(path)
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

describe("settings", function()
  local FILE = [[{"AICORE_CLIENT_ID":"id-f","AICORE_CLIENT_SECRET":"s-f","AICORE_AUTH_URL":"https://auth.f",
    "AICORE_BASE_URL":"https://api.f","AICORE_RESOURCE_GROUP":"group-f"}]]
  local VCAP = ('{"aicore":[{"credentials":%s}]}'):format(SECRET_KEY)
  local IN_FILE = { ["/h/.aicore/config.json"] = FILE }

  describe("the order of sources", function()
    it("takes a service key before the variables, part by part", function()
      local settings = assert(resolve({}, with(ALL, { AICORE_SERVICE_KEY = SECRET_KEY })))
      assert.equal("id-k", settings.session.client_id)
      assert.equal("s-k", settings.session.client_secret)
      assert.equal("https://api.k/v2", settings.session.base_url)
      assert.equal("https://auth.k/oauth/token", settings.session.token_url)
      assert.equal("group-v", settings.session.resource_group)
    end)

    it("lets the variables add what a service key lacks", function()
      local key = '{"clientid":"id-k","url":"https://auth.k"}'
      local settings = assert(resolve({}, with(ALL, { AICORE_SERVICE_KEY = key })))
      assert.equal("id-k", settings.session.client_id)
      assert.equal("s-v", settings.session.client_secret)
      assert.equal("https://auth.k/oauth/token", settings.session.token_url)
      assert.equal("https://api.v/v2", settings.session.base_url)
    end)

    it("lets no other proof of a variable's beside that of a service key", function()
      local more = { AICORE_SERVICE_KEY = SECRET_KEY, AICORE_CERT_STR = "c", AICORE_KEY_STR = "k" }
      local settings = assert(resolve({}, with(ALL, more)))
      assert.equal("s-k", settings.session.client_secret)
      assert.is_nil(settings.session.certificate)
    end)

    it("takes the resource group from the first place that has one, whatever else that has", function()
      local variables = { HOME = "/h", AICORE_RESOURCE_GROUP = "group-v" }
      local settings = assert(resolve({}, variables, IN_FILE))
      assert.equal("group-v", settings.session.resource_group)
      assert.equal("id-f", settings.session.client_id)
      assert.equal("group-a", resolve({ resource_group = "group-a" }, variables, IN_FILE).session.resource_group)
      assert.equal("group-f", resolve({ service_key = SECRET_KEY }, { HOME = "/h" }, IN_FILE).session.resource_group)
      assert.equal("default", resolve({}, { AICORE_SERVICE_KEY = SECRET_KEY }).session.resource_group)
    end)

    it("takes named arguments before what a service key given with them has", function()
      local settings = assert(resolve({ service_key = SECRET_KEY, base_url = "https://other" }, ALL))
      assert.equal("https://other/v2", settings.session.base_url)
      assert.equal("s-k", settings.session.client_secret)
    end)

    it("takes a file that an argument has chosen before the environment", function()
      local environment = with(ALL, { HOME = "/h", AICORE_SERVICE_KEY = SECRET_KEY })
      for _, arguments in ipairs { { profile = "p" }, { config_file = "/h/.aicore/config_p.json" } } do
        local settings = assert(resolve(arguments, environment, { ["/h/.aicore/config_p.json"] = FILE }))
        assert.equal("https://api.f/v2", settings.session.base_url)
        assert.equal("id-f", settings.session.client_id)
        assert.equal("group-f", settings.session.resource_group)
      end
    end)

    it("quotes no key that stands where the file's path belongs", function()
      for variable, value in pairs {
        AICORE_CONFIG = '{"clientsecret":"hidden"}',
        AICORE_PROFILE = '{"clientsecret":"hidden"}',
        AICORE_HOME = "/x\nhidden",
      } do
        local _, err = resolve({}, { [variable] = value })
        assert.is_nil(err.message:find "hidden", err.message)
      end
      local expected = "AICORE_CONFIG: not a path; a service key itself is given by AICORE_SERVICE_KEY"
      assert.equal(expected, select(2, resolve({}, { AICORE_CONFIG = ' {"clientsecret":"hidden"}' })).message)
      assert.matches("^config_file: not a path", select(2, resolve({ config_file = "{}" }, {})).message)
    end)

    it("takes ~ for the home, where no shell has", function()
      local home = { HOME = "/h" }
      assert(resolve({ config_file = "~/f.json" }, home, { ["/h/f.json"] = FILE }))
      assert(resolve({}, with(home, { AICORE_CONFIG = '"~/f.json"' }), { ["/h/f.json"] = FILE }))
      assert(resolve({}, with(home, { AICORE_HOME = "~/x" }), { ["/h/x/config.json"] = FILE }))
      local settings = assert(resolve({ ca_file = "~/ca.pem" }, with(home, ALL)))
      assert.equal("/h/ca.pem", settings.session.ca_file)
      assert.equal("/k/~/f", record.file("/k/~/f", "/h"))
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
      assert(resolve({ config_file = "/c" }, { AICORE_CONFIG = "/d", AICORE_PROFILE = "e" }, { ["/c"] = FILE }))
      assert(resolve({ profile = "p" }, { HOME = "/h", AICORE_CONFIG = "/d" }, { ["/h/.aicore/config_p.json"] = FILE }))
    end)

    it("takes config.json for the profile default, which nobody has to have", function()
      for _, home in ipairs { "/h", "/none" } do
        local variables = { HOME = home, AICORE_PROFILE = "default", VCAP_SERVICES = VCAP }
        assert.equal(home == "/h" and "id-f" or "id-k", assert(resolve({}, variables, IN_FILE)).session.client_id)
      end
      assert.equal("id-f", resolve({ profile = "default" }, with(ALL, { HOME = "/h" }), IN_FILE).session.client_id)
      local _, err = resolve({ profile = "default" }, with(ALL, { HOME = "/none" }))
      assert.equal("the config file /none/.aicore/config.json cannot be read: no such file", err.message)
    end)

    it("takes a service key from the file that stands in its place, or is the config file", function()
      local downloaded = "\239\187\191" .. SECRET_KEY:gsub("\n", "\r\n") .. "\r\n"
      local files = { ["/d/key.json"] = downloaded, ["/h/k"] = ('{"credentials":%s}'):format(SECRET_KEY) }
      for _, case in ipairs {
        { {}, { AICORE_SERVICE_KEY = "/d/key.json" } },
        { {}, { AICORE_SERVICE_KEY = "~/k\n", HOME = "/h" } },
        { { service_key = "/d/key.json" }, {} },
        { {}, { AICORE_CONFIG = "/d/key.json" } },
        { { config_file = "/h/k" }, ALL },
      } do
        local session = assert(resolve(case[1], case[2], files)).session
        assert.same(
          { "id-k", "s-k", "https://api.k/v2" },
          { session.client_id, session.client_secret, session.base_url }
        )
      end
    end)

    it("takes VCAP_SERVICES last but bindings of Kubernetes, and a file in its place", function()
      local files = { ["/v"] = VCAP, ["/b/ai/type"] = "aicore", ["/b/ai/credentials"] = '{"clientid":"id-b"}' }
      local host = host_with({ VCAP_SERVICES_FILE_PATH = "/v", SERVICE_BINDING_ROOT = "/b" }, files)
      function host.folder(path)
        return path == "/b" and { "ai" } or nil
      end
      assert.equal("id-k", assert(config.resolve({}, host)).session.client_id)
      files["/v"] = '{"other":[]}'
      local _, err = config.resolve({}, host)
      assert.equal("no base URL: looked in arguments, SERVICE_BINDING_ROOT (without one)", err.message)
      files["/b/ai/credentials"] = SECRET_KEY
      assert.equal("id-k", assert(config.resolve({}, host)).session.client_id)
    end)

    it("asks which of several bindings is meant", function()
      local entry = ('{"name":"%%s","credentials":%s}'):format(SECRET_KEY)
      local services = ('{"aicore":[%s,%s]}'):format(entry:format "one", entry:format "two")
      local _, err = resolve({}, { VCAP_SERVICES = services })
      assert.equal(
        "VCAP_SERVICES: several instances of AI Core are bound (one, two): AICORE_INSTANCE says which",
        err.message
      )
      assert(resolve({}, { VCAP_SERVICES = services, AICORE_INSTANCE = "two" }))
      assert(resolve({ instance = "one" }, { VCAP_SERVICES = services, AICORE_INSTANCE = "none" }))
    end)

    it("leaves out the newline that a value ends in, as a file's last line does", function()
      local lines = {}
      for name, value in pairs(ALL) do
        lines[name] = value .. "\r\n"
      end
      local session = assert(resolve({}, lines)).session
      assert.same(
        { "id-v", "s-v", "https://auth.v/oauth/token", "https://api.v/v2", "group-v" },
        { session.client_id, session.client_secret, session.token_url, session.base_url, session.resource_group }
      )
      assert.equal(
        "s a ",
        resolve({ client_secret = "s a \n" }, with(ALL, { AICORE_CLIENT_SECRET = "" })).session.client_secret
      )
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

  -- The hosts and the secret of each source; `host` has the hosts alone, `proof` the rest.
  local function key_text(name, host, proof)
    local fields = {}
    if host then
      fields[#fields + 1] = ('"url":"https://auth.%s","serviceurls":{"AI_API_URL":"https://api.%s"}'):format(name, name)
    end
    if proof then
      fields[#fields + 1] = ('"clientid":"id-%s","clientsecret":"secret-%s"'):format(name, name)
    end
    return ("{%s}"):format(table.concat(fields, ","))
  end

  local function variables_of(name, host, proof)
    return {
      AICORE_BASE_URL = host and "https://api." .. name,
      AICORE_AUTH_URL = host and "https://auth." .. name,
      AICORE_CLIENT_ID = proof and "id-" .. name,
      AICORE_CLIENT_SECRET = proof and "secret-" .. name,
    }
  end

  -- Each puts something into what a client is made of; they stand in their order.
  local SOURCES = {
    {
      name = "arguments",
      put = function(world, host, proof)
        world.arguments.base_url = host and "https://api.arguments" or nil
        world.arguments.auth_url = host and "https://auth.arguments" or nil
        world.arguments.client_id = proof and "id-arguments" or nil
        world.arguments.client_secret = proof and "secret-arguments" or nil
      end,
    },
    {
      name = "service_key",
      put = function(world, host, proof)
        world.arguments.service_key = key_text("service_key", host, proof)
      end,
    },
    {
      name = "key",
      put = function(world, host, proof)
        world.variables.AICORE_SERVICE_KEY = key_text("key", host, proof)
      end,
    },
    {
      name = "variables",
      put = function(world, host, proof)
        for name, value in pairs(variables_of("variables", host, proof)) do
          world.variables[name] = value or nil
        end
      end,
    },
    {
      name = "file",
      put = function(world, host, proof)
        local fields = {}
        for name, value in pairs(variables_of("file", host, proof)) do
          fields[#fields + 1] = value and ('"%s":"%s"'):format(name, value) or nil
        end
        world.files["/h/.aicore/config.json"] = ("{%s}"):format(table.concat(fields, ","))
      end,
    },
    {
      name = "binding",
      put = function(world, host, proof)
        world.variables.VCAP_SERVICES = ('{"aicore":[{"credentials":%s}]}'):format(key_text("binding", host, proof))
      end,
    },
  }

  local SAME = { service_key = "arguments", variables = "key" } -- these two count as one source

  local function session_of(parts)
    local world = { arguments = {}, variables = { HOME = "/h" }, files = {} }
    for _, part in ipairs(parts) do
      part.source.put(world, part.host, part.proof)
    end
    local settings, err = resolve(world.arguments, world.variables, world.files)
    return settings and settings.session, err
  end

  describe("credentials of two sources", function()
    for i, one in ipairs(SOURCES) do
      for j, other in ipairs(SOURCES) do
        local first = i < j and one or other
        local is_same = (SAME[one.name] or one.name) == (SAME[other.name] or other.name)
        local may_add = first.name == "arguments" or first.name == "service_key"

        if i ~= j and not is_same then
          it(("whole: %s beside %s"):format(one.name, other.name), function()
            local session =
              session_of { { source = one, host = true, proof = true }, { source = other, host = true, proof = true } }
            assert.equal("https://auth." .. first.name .. "/oauth/token", session.token_url)
            assert.equal("https://api." .. first.name .. "/v2", session.base_url)
            assert.equal("secret-" .. first.name, session.client_secret)
            assert.equal("id-" .. first.name, session.client_id)
          end)

          it(("the host of %s beside the whole of %s"):format(one.name, other.name), function()
            local session, err =
              session_of { { source = one, host = true }, { source = other, host = true, proof = true } }
            if first == one then
              assert.is_nil(session)
              assert.matches("^no client id: looked in arguments", err.message)
              assert.matches("has one, but credentials are taken from one source as a whole", err.message, 1, true)
            else
              assert.equal("https://auth." .. other.name .. "/oauth/token", session.token_url)
              assert.equal("https://api." .. other.name .. "/v2", session.base_url)
              assert.equal("secret-" .. other.name, session.client_secret)
            end
          end)

          it(("the secret of %s beside the whole of %s"):format(one.name, other.name), function()
            local session, err =
              session_of { { source = one, proof = true }, { source = other, host = true, proof = true } }
            if first == one then
              assert.is_nil(session)
              assert.matches("^no base URL: looked in arguments", err.message)
              assert.matches("has one, but credentials are taken from one source as a whole", err.message, 1, true)
            else
              assert.equal("secret-" .. other.name, session.client_secret)
              assert.equal("https://auth." .. other.name .. "/oauth/token", session.token_url)
            end
          end)

          it(("the host of %s and the secret of %s"):format(one.name, other.name), function()
            local session, err = session_of { { source = one, host = true }, { source = other, proof = true } }
            if may_add then
              assert.equal("https://auth." .. one.name .. "/oauth/token", session.token_url)
              assert.equal("secret-" .. other.name, session.client_secret)
            else
              assert.is_nil(session)
              assert.matches("credentials are taken from one source as a whole", err.message, 1, true)
            end
          end)
        end
      end
    end

    it("are told of by name: what was looked for where, who has it, and which source counts", function()
      local _, err = resolve({}, { HOME = "/h", AICORE_BASE_URL = "https://staging" }, IN_FILE)
      assert.equal("config", err.kind)
      assert.equal(
        "no client id: looked in arguments, AICORE_SERVICE_KEY (not set), AICORE_CLIENT_ID (not set); "
          .. "/h/.aicore/config.json has one, but credentials are taken from one source as a whole, "
          .. "here the environment (AICORE_BASE_URL)",
        err.message
      )
      _, err = resolve({ auth_url = "https://staging" }, ALL)
      assert.equal(
        "no base URL: looked in arguments; AICORE_BASE_URL has one, but credentials are taken from one source "
          .. "as a whole, here arguments",
        err.message
      )
    end)

    it("are those of the arguments where these suffice, even beside another kind of login", function()
      local certificate =
        { certificate = "c", key = "k", cert_url = "https://c", client_id = "i", base_url = "https://b" }
      local session = assert(resolve(certificate, ALL)).session
      assert.is_nil(session.client_secret)
      assert.equal("https://c/oauth/token", session.token_url)
      local variables = { AICORE_CERT_STR = "c", AICORE_KEY_STR = "k", AICORE_CERT_URL = "https://c" }
      local secret = { client_secret = "s", auth_url = "https://a", client_id = "i", base_url = "https://b" }
      session = assert(resolve(secret, variables)).session
      assert.equal("s", session.client_secret)
      assert.is_nil(session.certificate)
    end)

    it("are completed by a secret from the arguments", function()
      local variables = with(ALL, {})
      variables.AICORE_CLIENT_SECRET = nil
      local session = assert(resolve({ client_secret = "s-a" }, variables)).session
      assert.equal("s-a", session.client_secret)
      assert.equal("id-v", session.client_id)
    end)
  end)

  describe("an argument that cannot be used", function()
    it("is an error that names it, whatever the environment has", function()
      local cases = {
        { { service_key = "not json" }, "service_key is not a JSON object" },
        { { service_key = '["x"]' }, "service_key is not a JSON object: it is a list: give the one object in it" },
        { { service_key = "{}" }, "nothing of a service key is in service_key" },
        { { service_key = {} }, "nothing of a service key is in service_key" },
        { { service_key = "" }, "the argument service_key is blank" },
        { { client_secret = "" }, "the argument client_secret is blank" },
        { { base_url = " \n" }, "the argument base_url is blank" },
        { { resource_group = "" }, "the argument resource_group is blank" },
        { { profile = " " }, "the argument profile is blank" },
        { { ca_file = "" }, "the argument ca_file is blank" },
        { { config_file = "/none" }, "the config file /none cannot be read: no such file" },
        { { profile = "p" }, "the config file /h/.aicore/config_p.json cannot be read: no such file" },
        {
          { profile = "p", config_file = "/c" },
          "both profile and config file are given (arguments): one of them is too much",
        },
      }
      for _, case in ipairs(cases) do
        for _, ask in ipairs { config.resolve, config.origins } do
          local found, err = ask(case[1], host_with(with(ALL, { HOME = "/h" }), IN_FILE))
          assert.equal(ask == config.origins, found ~= nil)
          assert.equal("config", err.kind)
          assert.equal(case[2], err.message)
        end
      end
    end)

    it("is no empty proxy: that means none", function()
      local session = assert(resolve({ proxy = "" }, with(ALL, { https_proxy = "http://p" }))).session
      assert.equal("", session.proxy)
      assert.is_userdata(core.session(session))
    end)
  end)

  describe("what C cannot use", function()
    -- { arguments, variables, files }, and what is said of it.
    local deployment = "https://api.v/v2/inference/deployments/d0123456789abcdef"
    local ONLY_API = "the URL of the AI API itself expected, not of something in it (/inference/, /lm)"
    local PLAIN = "a URL without '?' and '#' expected"
    local key = SECRET_KEY:gsub("https://api.k", "%0/?k=hidden")
    local file = FILE:gsub("https://auth.f", "%0:0")
    local cases = {
      { "base_url (AICORE_BASE_URL): " .. PLAIN, {}, { AICORE_BASE_URL = "https://api.v/#hidden" } },
      { "base_url (AICORE_BASE_URL): " .. PLAIN, {}, { AICORE_BASE_URL = "https://api.v/v2?" } },
      { "base_url (AICORE_BASE_URL): " .. PLAIN, {}, { AICORE_BASE_URL = "https://api.v/v2#" } },
      { "base_url (AICORE_BASE_URL): " .. ONLY_API, {}, { AICORE_BASE_URL = deployment } },
      { "base_url (AICORE_BASE_URL): " .. ONLY_API, {}, { AICORE_BASE_URL = "https://api.v/v2/lm/deployments" } },
      { "base_url (AICORE_BASE_URL): there is no port 0", {}, { AICORE_BASE_URL = "https://api.v:0/v2" } },
      { "base_url (AICORE_SERVICE_KEY): " .. PLAIN, {}, { AICORE_SERVICE_KEY = key } },
      { "base_url (service_key): " .. PLAIN, { service_key = key }, {} },
      { "base_url (arguments): " .. PLAIN, { base_url = "https://api.v#hidden", token = "t" }, {} },
      { "base_url (arguments): a URL must not contain a user", { base_url = "https://a:hidden@x", token = "t" }, {} },
      { "base_url (arguments): not a URL", { base_url = "hidden hidden", token = "t" }, {} },
      { "auth_url (AICORE_AUTH_URL): " .. PLAIN, {}, { AICORE_AUTH_URL = "https://auth.v?hidden" } },
      { "auth_url (/c): there is no port 0", { config_file = "/c" }, {}, { ["/c"] = file } },
      {
        "resource_group (AICORE_RESOURCE_GROUP): the name of one, 1 to 253 characters without control characters and "
          .. "outer blanks, expected",
        {},
        { AICORE_RESOURCE_GROUP = "group " },
      },
      { "proxy (arguments): not a URL", { proxy = "http://u:hidden@[" }, {} },
      { "proxy (arguments): a proxy's URL begins with http, https or socks5h", { proxy = "ftp://u:hidden@p" }, {} },
      { "https_proxy: not a URL", {}, { https_proxy = "http://u:hidden@h:99999999" } },
      { "HTTPS_PROXY: there is no port 0", {}, { https_proxy = "", HTTPS_PROXY = "http://u:hidden@h:0" } },
      { "all_proxy: " .. PLAIN, {}, { all_proxy = "http://u:hidden@h/#x" } },
      { "connect_timeout (arguments): a number from 0.001 to 86400.0 expected", { connect_timeout = 1e9 }, {} },
      {
        "key_file (arguments): a file's name expected, not what is in it",
        {
          base_url = "https://a",
          certificate_file = "/c",
          key_file = "-----BEGIN hidden",
          cert_url = "https://c",
          client_id = "i",
        },
        {},
      },
    }
    for _, case in ipairs(cases) do
      it(("is named with where it came from, and not quoted: %s"):format(case[1]), function()
        local arguments = case[2]
        local full = arguments.token or arguments.service_key or arguments.config_file
        local found, err = resolve(arguments, full and case[3] or with(ALL, case[3]), case[4])
        assert.is_nil(found)
        assert.equal("config", err.kind)
        assert.equal(case[1], (err.message:gsub("86400 e", "86400.0 e")))
        assert.is_nil(tostring(err):find("hidden", 1, true))
      end)
    end
  end)

  describe("the proxy", function()
    local function proxy(arguments, variables)
      local session = assert(resolve(arguments, with(ALL, variables))).session
      return session.proxy, session.no_proxy
    end

    it("is that of the standard variables, by the first that is not empty", function()
      assert.same({ nil, "" }, { proxy({}, {}) })
      assert.same({ "http://a", "" }, { proxy({}, { https_proxy = "http://a", ALL_PROXY = "http://b" }) })
      assert.same({ "http://b", "" }, { proxy({}, { https_proxy = "", HTTPS_PROXY = "http://b" }) })
      assert.same({ "http://b", "" }, { proxy({}, { HTTPS_PROXY = "", all_proxy = "http://b" }) })
      assert.same({ nil, "x" }, { proxy({}, { no_proxy = "", NO_PROXY = "x", http_proxy = "http://a" }) })
      assert.same({ nil, "x" }, { proxy({}, { no_proxy = "x", NO_PROXY = "y" }) })
    end)

    it("is that of the argument, and then for every host", function()
      assert.same({ "http://c" }, { proxy({ proxy = "http://c" }, { https_proxy = "http://a", no_proxy = "x" }) })
    end)
  end)

  describe("a source that cannot be used", function()
    it("is no trouble where nothing has to be asked of it", function()
      local whole = { service_key = SECRET_KEY, resource_group = "g" }
      for _, variables in ipairs {
        { AICORE_SERVICE_KEY = "{" },
        { VCAP_SERVICES = "[" },
        { AICORE_CONFIG = "/none" },
        { AICORE_CONFIG = "/c" },
      } do
        assert(resolve(whole, variables, { ["/c"] = "[" }))
      end
      assert(resolve({}, with(ALL, { VCAP_SERVICES = "[" })))
    end)

    it("is an error where it comes first, or its resource group would be taken", function()
      local _, err = resolve({}, { HOME = "/h", AICORE_SERVICE_KEY = "{" }, IN_FILE)
      assert.matches("^AICORE_SERVICE_KEY is not a JSON object", err.message)
      _, err = resolve({ base_url = "https://a" }, { AICORE_SERVICE_KEY = "{}" })
      assert.equal("nothing of a service key is in AICORE_SERVICE_KEY", err.message)
      _, err = resolve({ service_key = SECRET_KEY }, { AICORE_CONFIG = "/none" })
      assert.equal("the config file /none cannot be read: no such file", err.message)
    end)
  end)

  describe("what is missing", function()
    it("is named with the places that were looked in", function()
      local settings, err = resolve({ base_url = "https://a" }, { HOME = "/h" })
      assert.is_nil(settings)
      assert.equal("config", err.kind)
      assert.equal(
        "no client id: looked in arguments, AICORE_SERVICE_KEY (not set), AICORE_CLIENT_ID (not set), "
          .. "/h/.aicore/config.json (no such file), VCAP_SERVICES (not set), "
          .. "SERVICE_BINDING_ROOT (not set)",
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
        {
          { AICORE_SERVICE_KEY = "{secret" },
          "AICORE_SERVICE_KEY is not a JSON object: its quotes are gone, as where a shell took them; "
            .. 'give it by: export AICORE_SERVICE_KEY="$(cat key.json)"',
        },
        {
          { AICORE_SERVICE_KEY = "/none.json" },
          "AICORE_SERVICE_KEY is not a JSON object: it looks like a path, "
            .. 'and no such file can be read; give it by: export AICORE_SERVICE_KEY="$(cat key.json)"',
        },
        { { VCAP_SERVICES_FILE_PATH = "/none" }, "VCAP_SERVICES_FILE_PATH cannot be read: no such file" },
        { { VCAP_SERVICES = "hidden" }, "VCAP_SERVICES is not a JSON object" },
        { { AICORE_CONFIG = "/none" }, "the config file /none cannot be read: no such file" },
        {
          { AICORE_HOME = "/x", AICORE_PROFILE = "p" },
          "the config file /x/config_p.json cannot be read: no such file",
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

    it("names a key that is encrypted, and a path in the place of a text", function()
      local encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhidden"
      local cases = {
        { { AICORE_CERT_STR = "c", AICORE_KEY_STR = encrypted }, "^key %(AICORE_KEY_STR%): it is encrypted" },
        {
          { AICORE_CERT_STR = "/hidden.pem", AICORE_KEY_STR = "k" },
          "a path; certificate_file %(AICORE_CERT_FILE_PATH%) takes",
        },
        {
          { AICORE_CERT_FILE_PATH = "~/c", AICORE_KEY_FILE_PATH = "~/k" },
          "^key_file %(AICORE_KEY_FILE_PATH%): it is encrypted",
        },
      }
      for _, case in ipairs(cases) do
        local variables, expected = case[1], case[2]
        local _, err = resolve({}, with(with(CERTIFICATE, { HOME = "/h" }), variables), { ["/h/k"] = encrypted })
        assert.matches(expected, err.message)
        assert.is_nil(err.message:find "hidden")
      end
      local _, err = resolve({}, with(CERTIFICATE, { AICORE_CERT_FILE_PATH = "/c.pem" }))
      assert.matches("^no key file: looked in arguments, .*AICORE_KEY_FILE_PATH %(not set%)", err.message)
    end)

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

    it(
      "takes the auth URL for that of the certificate where there is no other, as SAP's Python pages have it",
      function()
        local variables = with(CERTIFICATE, {
          AICORE_AUTH_URL = "https://x.authentication.cert.eu",
          AICORE_CERT_FILE_PATH = "/c.pem",
          AICORE_KEY_FILE_PATH = "/k.pem",
        })
        assert.equal("https://cert/oauth/token", assert(resolve({}, variables)).session.token_url)
        variables.AICORE_CERT_URL = nil
        assert.equal("https://x.authentication.cert.eu/oauth/token", assert(resolve({}, variables)).session.token_url)
      end
    )

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
      local settings = assert(resolve({}, with(ALL, { AICORE_BASE_URL = base })))
      assert.equal("https://api/v2", settings.session.base_url, base)
    end
    for _, url in ipairs { "https://x", "https://x/", "https://x/oauth/token", "https://x/oauth/token/" } do
      local settings = assert(resolve({}, with(ALL, { AICORE_AUTH_URL = url })))
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

    it("tells which settings are taken and from where, but no secret", function()
      local file = '{"AICORE_CLIENT_SECRET":"s","AICORE_KEY_STR":"k","AICORE_CLIENT_ID":"j","AICORE_CERT_STR":"c"}'
      assert.same(
        {
          "base_url from arguments: https://a",
          "certificate from /f.json: nil",
          "client_id from /f.json: j",
          "client_secret from /f.json: nil",
          "key from /f.json: nil",
          "resource_group from AICORE_RESOURCE_GROUP: g",
        },
        origins(
          { base_url = "https://a", config_file = "/f.json" },
          { AICORE_RESOURCE_GROUP = "g" },
          { ["/f.json"] = file }
        )
      )
    end)

    it("tells of one source's credentials only, as resolve takes them", function()
      assert.same(
        { "base_url from AICORE_BASE_URL: https://v", "resource_group from /h/.aicore/config.json: group-f" },
        origins({}, { HOME = "/h", AICORE_BASE_URL = "https://v" }, IN_FILE)
      )
      local key = '{"clientid":"id-k","serviceurls":{"AI_API_URL":"https://api.k"}}'
      assert.same({
        "auth_url from AICORE_AUTH_URL: https://auth.v",
        "base_url from AICORE_SERVICE_KEY: https://api.k",
        "client_id from AICORE_SERVICE_KEY: id-k",
        "client_secret from AICORE_CLIENT_SECRET: nil",
        "resource_group from AICORE_RESOURCE_GROUP: group-v",
      }, origins({}, with(ALL, { AICORE_SERVICE_KEY = key })))
    end)

    it("shows neither a password in a URL nor a key in the place of a file's name", function()
      assert.same({
        "base_url from arguments: https://…@a/x",
        "key_file from arguments: nil",
        "resource_group from the default: default",
      }, origins({ base_url = "https://me:p/w@a/x", key_file = "-----BEGIN PRIVATE KEY-----" }, {}))
    end)

    it("tells what stands before a source that is unusable, and that source", function()
      local host = host_with { AICORE_SERVICE_KEY = "[", AICORE_CLIENT_ID = "i", VCAP_SERVICES = "[" }
      local found, err = config.origins({}, host)
      assert.matches("^AICORE_SERVICE_KEY is not a JSON object", err.message)
      assert.same({
        { setting = "client_id", source = "AICORE_CLIENT_ID", value = "i" },
        { setting = "resource_group", source = "the default", value = "default" },
        { setting = "service_key", source = "AICORE_SERVICE_KEY", unusable = true },
      }, found)
      found, err = config.origins({ base_url = "https://a" }, host_with { HOME = "/h", AICORE_PROFILE = "p" })
      assert.matches("config_p.json cannot be read: no such file$", err.message)
      assert.same({ "base_url", "config_file", "resource_group" }, {
        found[1].setting,
        found[2].setting,
        found[3].setting,
      })
    end)

    it("shows no service key that stands where a name belongs", function()
      local found = origins({ client_id = '{"clientsecret":"x"}' }, {})
      assert.equal("client_id from arguments: nil", found[1])
    end)
  end)

  it("names unknown settings and wrong types", function()
    local function check(arguments)
      return config.check(arguments, host_with {})
    end
    assert.equal("unknown setting 'clientid'", check { clientid = "x" })
    assert.equal("timeout: number expected, got string", check { timeout = "1" })
    assert.equal("token: string or function expected, got table", check { token = {} })
    assert.equal("timeout: a positive and finite number expected, got 0", check { timeout = 0 })
    assert.equal("max_depth: a positive whole number expected, got -1", check { max_depth = -1 })
    assert.equal("timeout: at most 1000000 expected, got 10000000", check { timeout = 10000000 })
    for _, name in ipairs { "connect_timeout", "exchange_timeout", "max_response" } do
      assert.matches("^" .. name .. ": a number from ", check { [name] = 10000000000000 })
    end
    assert.is_nil(check { token = print, timeout = 3, service_key = {} })
  end)
end)
