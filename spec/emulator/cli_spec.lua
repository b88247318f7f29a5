--- aicorectl emulator: options, the line it prints, how it ends.

local commands = require "spec.cli.command"
local emulator = require "spec.support.emulator"

local function run(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1; echo status $?"))
  local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
  pipe:close()
  return output, tonumber(status)
end

local CLEAN = package.loaded.jit and "" or "env -u LUA_PATH -u LUA_CPATH "
local CALL = CLEAN .. "luajit bin/aicorectl emulator "

describe("aicorectl emulator", function()
  it("prints one line and ends without a trace", function()
    local script = "f=$(mktemp); %s > $f & pid=$!; until [ -s $f ]; do sleep 0.01; done;"
      .. " kill -%s $pid; wait $pid; code=$?; cat $f; rm $f; (exit $code)"
    for signal, expected in pairs { TERM = 0, INT = 130 } do
      local output, status = run(script:format(CALL, signal))
      assert.matches("^listening on http://127%.0%.0%.1:%d+\n$", output)
      assert.equal(expected, status)
    end
  end)

  it("takes faults from the command line", function()
    local server = emulator.start {
      "--deployments",
      1,
      "--fault",
      "status=503,times=2,operation=status",
      "--fault",
      "ignore=true,operation=stop,id=d000000000000001",
    }
    finally(server.stop)
    local statuses = {}
    for i = 1, 3 do
      statuses[i] = server.call("GET", "/deployments/d000000000000001").status
    end
    assert.same({ 503, 503, 200 }, statuses)
    assert.equal(
      202,
      server.call("PATCH", "/deployments/d000000000000001", { body = { targetStatus = "STOPPED" } }).status
    )
    assert.equal("RUNNING", server.call("GET", "/deployments/d000000000000001").json.targetStatus)
  end)

  it("asks for patience with retry_after", function()
    local server = emulator.start { "--fault", "status=429,retry_after=7,operation=list" }
    finally(server.stop)
    local reply = server.call("GET", "/deployments")
    assert.same({ 429, "7" }, { reply.status, reply.headers["retry-after"] })
  end)

  it("ends where nobody can be told its URL", function()
    local output, status = run(CALL .. "2>&1 >/dev/full")
    assert.same({ 1, "aicorectl: the result could not be written: No space left on device\n" }, { status, output })
    -- What it opens must not take the place of what is closed.
    for _, closed in ipairs { ">&-", "<&- >&-" } do
      output, status = run(CALL .. "2>&1 " .. closed)
      assert.same({ 1, "aicorectl: the result could not be written: Bad file descriptor\n" }, { status, output })
    end
  end)

  it("refuses faults that are none", function()
    for text, problem in pairs {
      ["status=503,operation=stopp"] = "operation must name an operation",
      ["status=99"] = "bad value of status",
      ["colour=red"] = "unknown field colour",
      ["503"] = "'503' is not NAME=VALUE",
      ["refuse=409,operation=list"] = "refuse and ignore are about",
    } do
      local output, status = run(CALL .. "--fault " .. text)
      assert.equal(2, status)
      assert.matches(problem, output, 1, true)
    end
  end)

  it("tells a person at a terminal what to paste", function()
    local screen = os.tmpname()
    local line = "trap : INT; " .. CALL .. "--client-id me --client-secret 'a b'"
    local keys = assert(io.popen(("script -qfc '%s' /dev/null >%s 2>&1"):format(line:gsub("'", "'\\''"), screen), "w"))
    local text
    commands.eventually(function()
      local file = assert(io.open(screen))
      text = file:read "*a"
      file:close()
      return text:find "AICORE_CLIENT_SECRET=[^\n]*\n" ~= nil
    end, function()
      return text
    end)
    keys:write "\3"
    keys:close()
    os.remove(screen)
    local url = text:match "^listening on (http://[%d.:]+)\r\n"
    local exports = "export AICORE_BASE_URL=%s AICORE_AUTH_URL=%s AICORE_CLIENT_ID=me AICORE_CLIENT_SECRET='a b'\r\n"
    assert.is_truthy(text:find(exports:format(url, url), 1, true), text)
  end)

  it("leaves no process and no port behind", function()
    local server = emulator.start()
    assert.equal(200, server.request("GET", "/_emulator/settings").status)
    server.stop()
    server.stop()
    assert.are_not.equal(0, select(2, run("kill -0 " .. server.pid)))
    assert.is_nil((server.request("GET", "/_emulator/settings")))
  end)

  it("begins as the options say", function()
    local server = emulator.start {
      "--deployments",
      2,
      "--status",
      "DEAD",
      "--stop-time",
      "0.5",
      "--no-bulk",
      client_id = "me",
      client_secret = "a secret",
      latency = 0.01,
    }
    finally(server.stop)
    local settings = server.settings()
    assert.same({ 0.5, 2, 2, 0.01 }, {
      settings.stop_time,
      settings.start_time,
      settings.delete_time,
      settings.latency,
    })
    assert.is_false(settings.bulk)
    assert.same({ 0, 0, 0, 0, -1 }, {
      settings.update_time,
      settings.read_lag,
      settings.list_lag,
      settings.page_cap,
      settings.quota,
    })
    local list = server.call("GET", "/deployments").json
    assert.same({ "d000000000000001", "DEAD" }, { list.resources[1].id, list.resources[1].status })
    assert.equal(2, list.count)
  end)

  it("is as unpleasant as the options say", function()
    local server = emulator.start {
      deployments = 3,
      update_time = "1m30s",
      run_time = 7,
      read_lag = 2.5,
      list_lag = 60,
      page_cap = 2,
      quota = 3,
    }
    finally(server.stop)
    local settings = server.settings()
    assert.same({ 90, 7, 2.5, 60, 2, 3 }, {
      settings.update_time,
      settings.run_time,
      settings.read_lag,
      settings.list_lag,
      settings.page_cap,
      settings.quota,
    })
    local function statuses(query)
      local words = {}
      for i, deployment in ipairs(server.call("GET", "/deployments" .. query).json.resources) do
        words[i] = deployment.status
      end
      return table.concat(words, " ")
    end
    local body = { configurationId = "conf-1" }
    local refused = server.call("POST", "/deployments", { body = body })
    assert.equal(400, refused.status)
    assert.matches("quota", refused.json.error.message)
    server.settings { quota = 4, count = "total" }
    assert.equal(202, server.call("POST", "/deployments", { body = body }).status)
    assert.equal(
      202,
      server.call("PATCH", "/deployments/d000000000000001", { body = { targetStatus = "STOPPED" } }).status
    )
    assert.equal("RUNNING RUNNING", statuses "?$top=3")
    assert.equal("RUNNING", statuses "?$top=3&$skip=2")
    assert.equal("3", server.call("GET", "/deployments/$count").body)
    assert.equal("RUNNING", server.call("GET", "/deployments/d000000000000001").json.status)
    server.settings { read_lag = 0 }
    assert.equal("STOPPING", server.call("GET", "/deployments/d000000000000001").json.status)
    assert.equal(3, server.call("GET", "/deployments").json.count)
  end)

  it("gives the same ids for the same seed", function()
    local function first_id(seed)
      local server = emulator.start { seed = seed }
      local created = server.call("POST", "/deployments", { body = { configurationId = "conf-1" } })
      server.stop()
      return created.json.id
    end
    assert.equal(first_id(5), first_id(5))
    assert.are_not.equal(first_id(5), first_id(6))
  end)

  it("refuses wrong options with 2 and its usage", function()
    for _, options in ipairs {
      "--port x",
      "--port 70000",
      "--deployments 1.5",
      "--stop-time -1",
      "--list-lag -1",
      "--page-cap 1.5",
      "--status RUNING",
      "--bogus",
      "--tls-cert x",
      "--client-ca x",
      "--client-id me",
      "--client-secret s",
    } do
      local output, status = run(CALL .. options)
      assert.equal(2, status, options)
      assert.matches("^aicorectl: [^\n]+\n  try: aicorectl emulator %-%-help\n$", output)
    end
    assert.equal(2, select(2, run(CLEAN .. "luajit bin/aicorectl")))
    assert.equal(2, select(2, run(CLEAN .. "luajit bin/aicorectl dance")))
  end)

  it("says in one line why it cannot serve", function()
    local server = emulator.start()
    finally(server.stop)
    for options, reason in pairs {
      ["--port " .. server.port] = "cannot listen on 127.0.0.1:" .. server.port .. ": Address already in use",
      ["--tls-cert missing.pem --tls-key missing.key"] = "missing.pem: No such file or directory",
      ["--tls-cert Makefile --tls-key Makefile"] = "Makefile: there is no certificate in it",
    } do
      local output, status = run(CALL .. options)
      assert.equal("aicorectl: " .. reason .. "\n", output)
      assert.equal(1, status)
    end
  end)

  it("names the library that an interpreter lacks", function()
    local without = [[luajit -e 'package.preload["http.server"] = function()
      error("module \39http.server\39 not found:", 0)
    end' bin/aicorectl emulator]]
    local output, status = run(CLEAN .. without)
    assert.equal(1, status)
    assert.matches("^aicorectl: the emulator needs lua%-http, which LuaJIT does not find here[^\n]*\n$", output)
  end)

  it("can be called from any folder", function()
    local root = run("pwd"):gsub("\n", "")
    for _, command in ipairs {
      ("cd / && %sluajit %s/bin/aicorectl --help"):format(CLEAN, root),
      ("cd bin && %sluajit aicorectl --help"):format(CLEAN),
      ("cd bin && %s./aicorectl --help"):format(CLEAN),
    } do
      local output, status = run(command)
      assert.equal(0, status)
      assert.matches("Usage: aicorectl", output)
    end
  end)
end)
