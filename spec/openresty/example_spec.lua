-- examples/openresty/ as its README tells it: run.sh, a real nginx, an emulator.

if not package.loaded.jit then -- once is enough: nginx brings its own Lua
  return
end

local child = require "spec.support.child"
local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local nginx = require "spec.support.nginx"

local SETTINGS = "env AICORE_BASE_URL=%s AICORE_AUTH_URL=%s AICORE_CLIENT_ID=me AICORE_CLIENT_SECRET=any"

describe("examples/openresty", function()
  local service, example, url

  setup(function()
    service = emulator.start { stop_time = 0.05, delete_time = 0.05 }
    local port = nginx.free_port()
    url = "http://127.0.0.1:" .. port
    local settings = SETTINGS:format(service.url, service.url)
    example = child.start(("%s sh examples/openresty/run.sh %d"):format(settings, port))
    assert.matches(
      "^try: curl",
      example.line or "run.sh failed; if there is no nginx: run make deps, or sh tools/openresty.sh"
    )
    nginx.wait_until(function()
      return nginx.request(url .. "/teardown/nothing")
    end, "nginx")
  end)

  teardown(function()
    example:stop()
    service.stop()
  end)

  before_each(function()
    service.clear_deployments()
    service.clear_journal()
    service.clear_faults()
    service.seed { count = 3, status = "RUNNING", scenario_id = "nightly" }
    service.seed { count = 2, status = "RUNNING", scenario_id = "other" }
  end)

  local function ask(method, path)
    local reply = assert(nginx.request(url .. path, method))
    return reply.status, cjson.decode(reply.body), reply.headers
  end

  --- The deployments that something was done to, sorted, so many times as it was.
  local function touched(what)
    local ids = {}
    for _, entry in ipairs(service.journal()) do
      if what and entry.what == what or not what and entry.what ~= "login" then
        ids[#ids + 1] = entry.id
      end
    end
    table.sort(ids)
    return ids
  end

  it("only looks, unless it is told to act", function()
    local status, body = ask("GET", "/teardown?older_than=0&scenario=nightly")
    assert.equal(200, status)
    assert.equal(3, body.count)
    assert.equal(3, #body.would_tear_down)
    assert.same({ count = 0 }, (select(2, ask("GET", "/teardown?older_than=86400"))))
    assert.same({}, touched())
  end)

  it("tears down what it would have, and nothing else", function()
    local _, would = ask("GET", "/teardown?scenario=nightly")
    local status, body, headers = ask("POST", "/teardown?scenario=nightly")
    assert.equal(202, status)
    assert.equal(body.look, headers.location)
    local job = nginx.wait_until(function()
      local _, known = ask("GET", body.look)
      return known.state ~= "running" and known
    end, "the report")
    assert.equal("done", job.state)
    table.sort(job.report.deleted)
    table.sort(would.would_tear_down)
    assert.same(would.would_tear_down, job.report.deleted)
    assert.is_nil(job.report.failed)
    assert.same(would.would_tear_down, touched "stop")
    assert.same(would.would_tear_down, touched "delete")
    assert.equal(2, select(2, ask("GET", "/teardown?all=true")).count)
  end)

  it("runs one at a time", function()
    service.fault { operation = "batch", latency = 1, times = 1 }
    local _, first = ask("POST", "/teardown?scenario=nightly")
    local status, second = ask("POST", "/teardown?scenario=other")
    assert.equal(409, status)
    assert.equal(first.look, second.look)
    nginx.wait_until(function()
      return select(2, ask("GET", first.look)).state == "done"
    end, "the report")
  end)

  it("refuses what it does not understand, instead of tearing down more", function()
    local queries = { "", "?older=3600", "?older_than=1h", "?scenario=", "?scenario=a&scenario=b", "?all=yes" }
    for _, query in ipairs(queries) do
      for _, method in ipairs { "GET", "POST" } do
        local status, body = ask(method, "/teardown" .. query)
        assert.equal(400, status, query)
        assert.is_string(body.reason)
      end
    end
    assert.equal(405, (ask("DELETE", "/teardown?all=true")))
    assert.equal(404, (ask("GET", "/teardown/running")))
    assert.same({}, touched())
  end)

  it("tells why AI Core refused", function()
    service.fault { status = 403, operation = "list", times = 0 }
    local status, body = ask("POST", "/teardown?scenario=nightly")
    assert.equal(502, status)
    assert.matches("403", body.reason)
    assert.same({}, touched())
  end)

  it("says which deployment serves, and asks for it once a minute", function()
    service.seed { id = "served", status = "RUNNING", scenario_id = "served" }
    local before = service.requests().total
    local status, body = ask("GET", "/serving?scenario=served")
    assert.equal(200, status)
    assert.equal("served", body.id)
    assert.matches("^http://127.0.0.1:%d+/v2/inference/deployments/served$", body.url)
    local between = service.requests().total
    assert.is_true(between > before)
    -- Each of the two workers looks for itself.
    for _ = 1, 20 do
      assert.equal("served", select(2, ask("GET", "/serving?scenario=served")).id)
    end
    assert.is_true(service.requests().total - between <= between - before)
  end)

  it("says that none serves, and whether that is AI Core's fault", function()
    local status, body, headers = ask("GET", "/serving?scenario=nobody-serves-this")
    assert.equal(503, status)
    assert.equal("30", headers["retry-after"])
    assert.matches("no deployment fits", body.reason)
    service.fault { status = 403, operation = "list", times = 0 }
    assert.equal(502, (ask("GET", "/serving?scenario=nobody-is-allowed")))
  end)

  it("finds none that was not asked for: what is not understood is refused", function()
    service.seed { id = "served", status = "RUNNING", scenario_id = "served" }
    for query, reason in pairs {
      ["modle=gpt-4o"] = "not understood: modle",
      ["model="] = "not understood: model=",
      ["scenario=a%20b"] = "4 to 64 letters",
    } do
      local status, body = ask("GET", "/serving?" .. query)
      assert.equal(400, status)
      assert.matches(reason, body.reason)
    end
  end)

  it("shows what all workers have exchanged, as Prometheus reads it", function()
    local function metrics()
      local reply = assert(nginx.request(url .. "/metrics"))
      assert.equal(200, reply.status)
      assert.matches("^text/plain", reply.headers["content-type"])
      local values = {}
      for line in reply.body:gmatch "[^\n]+" do
        local name, value = line:match '^([%w_]+{[%w_]+="[^"]+"[^}]*}) (%S+)$'
        assert(name or line:match "^# HELP aicore_[%w_]+ .+" or line:match "^# TYPE aicore_[%w_]+ %w+$", line)
        values[name or line] = tonumber(value) or true
      end
      return values
    end
    service.fault { status = 503, operation = "list", times = 1 }
    local before = metrics()
    ask("GET", "/teardown?scenario=nightly")
    local after = metrics()
    local function grown(name)
      return (after[name] or 0) - (before[name] or 0)
    end
    assert.equal(1, grown 'aicore_exchanges_total{operation="list",outcome="503"}')
    local lists = grown 'aicore_exchanges_total{operation="list",outcome="200"}'
    assert.is_true(lists > 0)
    assert.equal(lists + 1, grown 'aicore_exchange_seconds_count{operation="list"}')
    assert.is_true(grown 'aicore_exchange_seconds_sum{operation="list"}' > 0)
  end)

  it("finds a key by its path from where it is started", function()
    local folder = assert(io.popen("mktemp -d"):read "*l")
    local key = { clientid = "me", clientsecret = "any", url = service.url, serviceurls = { AI_API_URL = service.url } }
    local file = assert(io.open(folder .. "/key.json", "w"))
    file:write(cjson.encode(key))
    file:close()
    local port = nginx.free_port()
    local started = child.start(
      ("env -C %s AICORE_SERVICE_KEY=key.json sh $PWD/examples/openresty/run.sh %d 2>&1"):format(folder, port)
    )
    finally(function()
      started:stop()
      os.execute("rm -r " .. folder)
    end)
    local reply = nginx.wait_until(function()
      return nginx.request(("http://127.0.0.1:%d/teardown?scenario=nightly"):format(port))
    end, "nginx")
    assert.equal(3, cjson.decode(reply.body).count)
  end)
end)
