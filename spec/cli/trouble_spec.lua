--- What aicorectl says when the world is not as it should be: one line what, one line what to do, and an exit code.

local certificates = require "spec.tls.certificates"
local command = require "spec.cli.command"
local emulator = require "spec.support.emulator"
local raw_server = require "spec.support.raw_server"

local server

setup(function()
  server = emulator.start { client_id = "me", client_secret = "right" }
end)

teardown(function()
  server.stop()
end)

before_each(function()
  server.clear_faults()
end)

--- Runs it; checks that nothing is on standard output, and exactly two lines are on standard error.
local function trouble(arguments, env)
  local result = command.run(arguments, { env = env })
  local what, advice = result.err:match "^aicorectl: ([^\n]+)\n  try: ([^\n]+)\n$"
  assert.is_not_nil(what, result.err)
  assert.equal("", result.out)
  return result.code, what, advice
end

local function settings(more)
  local env = command.settings(server, { AICORE_CLIENT_SECRET = "right" })
  for name, value in pairs(more or {}) do
    env[name] = value
  end
  return env
end

local function contains(text, ...)
  for _, part in ipairs { ... } do
    assert.is_truthy(text:find(part, 1, true), text)
  end
end

describe("aicorectl explains", function()
  it("that there are no settings", function()
    local code, what, advice = trouble("list", {})
    assert.equal(1, code)
    contains(what, "no base URL", "AICORE_SERVICE_KEY", "config.json")
    contains(advice, "AICORE_SERVICE_KEY", "AICORE_CLIENT_SECRET", "aicorectl emulator")
  end)

  it("a wrong secret, and does not repeat it", function()
    local code, what, advice = trouble("list", settings { AICORE_CLIENT_SECRET = "wrong-secret-word" })
    assert.equal(5, code)
    contains(what, "login", "HTTP 401")
    contains(advice, "AICORE_CLIENT_SECRET")
    assert.is_nil((what .. advice):find("secret-word", 1, true))
  end)

  it("a wrong URL", function()
    local code, what, advice = trouble("status drunning", settings { AICORE_BASE_URL = server.url .. "/nowhere" })
    assert.equal(1, code)
    contains(what, "HTTP 404")
    contains(advice, "AICORE_BASE_URL")
    code, what, advice = trouble("list", settings { AICORE_AUTH_URL = server.url .. "/nowhere" })
    assert.equal(1, code)
    contains(what, "login", "HTTP 404")
    contains(advice, "AICORE_AUTH_URL")
    code, what, advice = trouble("list", settings { AICORE_BASE_URL = "not a URL" })
    assert.equal(1, code)
    contains(what, "base_url")
    contains(advice, "SETTINGS")
  end)

  it("an unknown id", function()
    local code, what, advice = trouble("stop d748fdae9f88a9b0", settings())
    assert.equal(3, code)
    contains(what, "stop d748fdae9f88a9b0", "not found")
    contains(advice, "aicorectl list", "--resource-group")
  end)

  it("that nobody answers", function()
    local gone = emulator.start()
    gone.stop()
    local code, what, advice = trouble("list", settings { AICORE_BASE_URL = gone.url, AICORE_AUTH_URL = gone.url })
    assert.equal(1, code)
    contains(what, "connect")
    contains(advice, "network", "AICORE_BASE_URL", "https_proxy")
  end)

  it("too many requests, and for how long", function()
    server.fault { operation = "list", status = 429, headers = { ["retry-after"] = "600" }, times = 0 }
    local code, what, advice = trouble("list --timeout 30", settings())
    assert.equal(1, code)
    contains(what, "HTTP 429", "600")
    contains(advice, "wait a while")
  end)

  it("a quota that is used up", function()
    local refusal = { code = "01010099", message = "Quota for deployments exceeded", requestId = "r1", target = "/" }
    server.fault { operation = "create", status = 400, body = { error = refusal } }
    local code, what, advice = trouble("create conf-1", settings())
    assert.equal(1, code)
    contains(what, "Quota for deployments exceeded", "request r1")
    contains(advice, "aicorectl teardown --older-than 7d")
  end)

  it("that it is not allowed to", function()
    server.fault { operation = "list", status = 403 }
    local code, _, advice = trouble("list", settings())
    assert.equal(5, code)
    contains(advice, "roles")
  end)

  it("that the service is in trouble, or slow", function()
    server.fault { operation = "list", status = 503, times = 0, headers = { ["retry-after"] = "600" } }
    local code, _, advice = trouble("list --timeout 30", settings())
    assert.equal(1, code)
    contains(advice, "in trouble")
    server.clear_faults()
    server.fault { operation = "list", latency = 20 }
    code, _, advice = trouble("list --timeout 0.3", settings())
    assert.equal(4, code)
    contains(advice, "--timeout")
  end)

  it("a lost answer to a create: there may be a deployment", function()
    server.fault { operation = "create", drop = "after" }
    local code, _, advice = trouble("create conf-lost", settings())
    assert.equal(1, code)
    contains(advice, "aicorectl list --configuration conf-lost")
    local journal = server.journal()
    assert.equal("create", journal[#journal].what)
  end)

  it("certificates: an expired one, one of a stranger", function()
    local made = certificates.new()
    finally(made.remove)
    local authority = made.authority "ca"
    local function serve(name, options)
      options.by = "ca"
      local certificate, key = made.issue(name, options)
      return emulator.start { tls_cert = certificate, tls_key = key, stderr = "/dev/null" } -- it tells of refusals
    end
    local expired, good = serve("old", { expired = true }), serve("new", {})
    finally(function()
      expired.stop()
      good.stop()
      made.remove()
    end)
    local function of(one)
      local url = one.url:gsub("127%.0%.0%.1", "localhost")
      return settings { AICORE_BASE_URL = url, AICORE_AUTH_URL = url }
    end
    local code, what, advice = trouble("list --ca-file " .. authority, of(expired))
    assert.equal(1, code)
    contains(what, "expired")
    contains(advice, "renewed")
    code, what, advice = trouble("list", of(good))
    assert.equal(1, code)
    contains(what, "certificate")
    contains(advice, "--ca-file")
    assert.equal(0, command.run("list --ca-file " .. authority, { env = of(good) }).code)
  end)

  it("that the client's own certificate has expired", function()
    local made = certificates.new()
    local authority = made.authority "ca"
    local certificate, key = made.issue("server", { by = "ca" })
    local old, old_key = made.issue("me", { by = "ca", purpose = "client", expired = true })
    local strict = emulator.start {
      tls_cert = certificate,
      tls_key = key,
      client_ca = authority,
      client_id = "me",
      stderr = "/dev/null",
    }
    finally(function()
      strict.stop()
      made.remove()
    end)
    local url = strict.url:gsub("127%.0%.0%.1", "localhost")
    local code, what, advice = trouble("list --ca-file " .. authority, {
      AICORE_BASE_URL = url,
      AICORE_CERT_URL = url,
      AICORE_CLIENT_ID = "me",
      AICORE_CERT_FILE_PATH = old,
      AICORE_KEY_FILE_PATH = old_key,
    })
    assert.equal(1, code)
    contains(what, "certificate")
    contains(advice, "take a new key")
  end)

  it("a library that an interpreter lacks", function()
    for module, install in pairs { argparse = "lua-argparse", cjson = "lua-cjson", ["aicore.core"] = "make" } do
      local before = ([[-e 'package.preload["%s"] = function() error("module \39%s\39 not found:", 0) end']]):format(
        module,
        module
      )
      local result = command.run("list", { before = before })
      assert.equal(1, result.code)
      assert.matches("^aicorectl: " .. module:gsub("%.", "%%.") .. ", which is needed, [^\n]+\n  try: ", result.err)
      contains(result.err, install)
    end
  end)
end)

describe("aicorectl lets no control character through", function()
  local foreign = [[\\u001b]0;title\\u0007\\u009b31m\\n\\u007f]]
  foreign = foreign:gsub("\\\\", "\\")
  local record = (
    '{"id":"d0000001","status":"%s","targetStatus":"%s","statusMessage":"%s","scenarioId":"%s",'
    .. '"configurationName":"%s","deploymentUrl":"%s","details":{"%s":"%s"},"lastOperation":"%s"}'
  ):gsub("%%s", function()
    return foreign
  end)
  local answers = {
    ["status d0000001"] = record,
    list = ('{"count":1,"resources":[%s]}'):format(record),
    ["logs d0000001"] = ('{"data":{"result":[{"timestamp":"%s","msg":"%s"}]}}'):format(foreign, foreign),
    ["stop d0000001"] = ('{"error":{"code":"%s","message":"%s","requestId":"%s","target":"%s","details":"%s"}}'):gsub(
      "%%s",
      function()
        return foreign
      end
    ),
  }

  local function http(status, body)
    local head = "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\nX-Request-Id: a\194\155b\r\n\r\n%s"
    return head:format(status, #body, body)
  end

  for arguments, body in pairs(answers) do
    for _, output in ipairs { "", " -o json", " -o ids", " -v" } do
      it("of " .. arguments .. output, function()
        local status = arguments:find "^stop" and "400 Bad" or "200 OK"
        local token = http("200 OK", '{"access_token":"t","expires_in":600}')
        local raw = raw_server.start { token, http(status, body) }
        local result = command.run(arguments .. output, { env = command.settings(raw) })
        raw.stop()
        local said = result.out .. result.err
        assert.is_true(#said > 0)
        assert.is_nil(said:gsub("\n", ""):find "%c", said)
        assert.is_nil(said:find "\194[\128-\159]", said)
      end)
    end
  end
end)
