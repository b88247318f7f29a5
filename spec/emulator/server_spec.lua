--- The emulator on a port: connections, both HTTP versions, TLS, and clients that misbehave.

local emulator = require "spec.support.emulator"
local socket = require "socket"

local FIRST = "d000000000000001"
local TIMEOUT = 10

local function run(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1; echo status $?"))
  local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
  pipe:close()
  return output, tonumber(status)
end

describe("the server", function()
  local server

  setup(function()
    server = emulator.start { deployments = 3, start_time = 0.1, stop_time = 0.05, delete_time = 0.05 }
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
    server.clear_deployments()
    server.seed { count = 3 }
  end)

  local function connect(text)
    local client = assert(socket.connect("127.0.0.1", server.port))
    client:settimeout(TIMEOUT)
    if text then
      assert(client:send(text))
    end
    return client
  end

  local function get(id)
    local head =
      "GET /v2/lm/deployments/%s HTTP/1.1\r\nHost: x\r\nAI-Resource-Group: default\r\nAuthorization: Bearer %s\r\n\r\n"
    return head:format(id, server.token())
  end

  -- One answer from a connection: the status line and the body.
  local function receive(client)
    local first, length = assert(client:receive "*l"), 0
    repeat
      local line = assert(client:receive "*l")
      length = tonumber(line:match "^content%-length: (%d+)") or length
    until line == ""
    return first, length > 0 and client:receive(length) or ""
  end

  local function look_until(id, holds)
    local reply
    repeat
      reply = assert(server.call("GET", "/deployments/" .. id))
    until holds(reply)
    return reply
  end

  it("goes the whole way: create, run, stop, delete, gone", function()
    local created = assert(server.call("POST", "/deployments", { body = { configurationId = "conf-1" } })).json
    local path = "/deployments/" .. created.id
    look_until(created.id, function(reply)
      return reply.status == 200 and reply.json.status == "RUNNING"
    end)
    assert.equal(202, server.call("PATCH", path, { body = { targetStatus = "STOPPED" } }).status)
    look_until(created.id, function(reply)
      return reply.json.status == "STOPPED"
    end)
    assert.equal(202, server.call("DELETE", path, { body = { targetStatus = "DELETED" } }).status)
    look_until(created.id, function(reply)
      return reply.status == 404
    end)
    local what = {}
    for _, entry in ipairs(server.journal()) do
      what[#what + 1] = entry.id == created.id and entry.what or nil
    end
    assert.same({ "create", "unknown", "pending", "running", "stop", "stopped", "delete", "gone" }, what)
  end)

  it("keeps a connection, after bodies and errors, too", function()
    local client = connect()
    local form = "grant_type=client_credentials&client_id=a&client_secret=b"
    local login = "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s"
    for _, media_type in ipairs { "application/x-www-form-urlencoded", "text/plain" } do
      client:send(login:format(#form, media_type, form))
      receive(client)
    end
    client:send(get(FIRST))
    assert.matches("200", (receive(client)))
    client:send(get "d-nothing")
    assert.matches("404", (receive(client)))
    client:send(get(FIRST) .. get "d-nothing") -- and two at once
    assert.matches("200", (receive(client)))
    assert.matches("404", (receive(client)))
    client:close()
  end)

  it("waits for a body that was announced", function()
    local client = connect "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    assert.equal("HTTP/1.1 100 Continue", (receive(client)))
    client:send "abcd"
    assert.matches("400", (receive(client)))
    client:close()
  end)

  it("answers HEAD without a body", function()
    local reply = assert(server.request("HEAD", "/oauth/token"))
    assert.equal(405, reply.status)
    assert.equal("", reply.body)
  end)

  it("serves others while one waits", function()
    server.fault { operation = "status", id = FIRST, latency = 0.3 }
    local slow = connect(get(FIRST))
    repeat -- until its request has arrived
    until #server.faults() == 0
    assert.equal(200, server.call("GET", "/deployments/d000000000000002").status)
    assert.same({}, (socket.select({ slow }, nil, 0)))
    assert.matches("200", (receive(slow)))
    slow:close()
  end)

  it("serves hundreds of connections at once", function()
    local request, clients = get(FIRST), {}
    for i = 1, 300 do
      clients[i] = connect()
    end
    for _, client in ipairs(clients) do
      client:send(request)
    end
    for _, client in ipairs(clients) do
      assert.matches("200", (receive(client)))
      client:close()
    end
  end)

  it("lists 10,000", function()
    server.seed { count = 9997, status = "STOPPED" }
    local list = assert(server.call("GET", "/deployments")).json
    assert.equal(10000, list.count)
    assert.equal(10000, #list.resources)
  end)

  it("dates its answers, unless it is told not to", function()
    assert.matches("^%a%a%a, %d%d %a%a%a %d%d%d%d %d%d:%d%d:%d%d GMT$", server.call("GET", "/deployments").headers.date)
    server.settings { dates = false }
    local undated = server.call("GET", "/deployments").headers.date
    server.settings { dates = true }
    assert.is_nil(undated)
  end)

  describe("loses connections on demand", function()
    local function state_after(drop)
      server.seed { id = "d-drop", status = "STOPPED" }
      server.fault { operation = "delete", drop = drop }
      local client = connect((get("d-drop"):gsub("^GET", "DELETE")))
      local data, problem, partial = client:receive "*a"
      client:close()
      return data or partial, problem, server.call("GET", "/deployments/d-drop")
    end

    it("before the effect", function()
      local data, _, reply = state_after "before"
      assert.equal("", data)
      assert.equal("STOPPED", reply.json.targetStatus)
    end)

    it("after the effect", function()
      local data, _, reply = state_after "after"
      assert.equal("", data)
      assert.is_true(reply.status == 404 or reply.json.targetStatus == "DELETED")
    end)

    it("in the middle of the answer", function()
      local data = state_after "during"
      local length, body = data:match "content%-length: (%d+)", data:match "\r\n\r\n(.*)$"
      assert.is_true(#body > 0 and #body < tonumber(length))
    end)
  end)

  describe("outlives clients", function()
    local POST = "POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
    for name, text in pairs {
      ["that say nothing"] = "",
      ["that talk nonsense"] = "\1\2\3\r\n\r\n",
      ["that talk TLS to a plain port"] = "\22\3\1\2\0\1\0\1\252\3\3" .. ("x"):rep(100),
      ["that end in the request line"] = "POST /oauth",
      ["that end in the headers"] = POST .. "Conte",
      ["that end in the body"] = POST .. "Content-Length: 100\r\n\r\ngrant_type=",
      ["that end in a chunk"] = POST .. "Transfer-Encoding: chunked\r\n\r\n20\r\ngrant",
      ["with a bad length"] = POST .. "Content-Length: many\r\n\r\n",
      ["with a bad chunk"] = POST .. "Transfer-Encoding: chunked\r\n\r\nmany\r\n",
      ["with an encoding of their own"] = POST .. "Transfer-Encoding: secret\r\n\r\n",
      ["that break HTTP/2"] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" .. ("\255"):rep(100),
    } do
      it(name, function()
        local client = connect(text)
        client:shutdown "send"
        client:receive "*a"
        client:close()
        assert.equal(200, server.request("GET", "/_emulator/settings").status)
      end)
    end

    it("that go away while they are served", function()
      server.seed { count = 3000 }
      server.fault { operation = "list", latency = 0.05, times = 20 }
      local request = get("?"):gsub("/%?", "")
      for i = 1, 20 do
        local client = connect(request)
        if i % 2 == 0 then
          client:setoption("linger", { on = true, timeout = 0 }) -- a reset instead of an orderly end
        end
        client:close()
      end
      repeat
        local left = #server.faults()
      until left == 0
      assert.equal(200, server.call("GET", "/deployments?$top=1").status)
    end)
  end)

  it("speaks HTTP/2 without TLS to those who know", function()
    local output =
      run("curl -s --http2-prior-knowledge -w '%{http_version}' -o /dev/null " .. server.url .. "/v2/lm/meta")
    assert.equal("2", output)
    for _, drop in ipairs { "before", "during", "after" } do
      server.fault { operation = "*", drop = drop }
      local _, status = run("curl -s --http2-prior-knowledge -o /dev/null " .. server.url .. "/v2/lm/meta")
      assert.equal(92, status) -- a stream that was not closed cleanly
    end
  end)
end)

describe("a fault of our own", function()
  it("becomes a 500 and a line, and the server goes on", function()
    local script = [[
      local emulator, server = require "aicore.emulator", require "aicore.emulator.server"
      server.run(function()
        local model = emulator.new()
        function model.perform() error "our mistake" end
        return model
      end, { port = 0 }, function(url) print(url) io.stdout:flush() end)
    ]]
    local paths = "LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='build/5.1/?.so;;'"
    local pipe = assert(io.popen(("echo $$; exec env %s luajit -e '%s' 2>&1"):format(paths, script)))
    local pid, url = pipe:read "*l", pipe:read "*l"
    local body, status = run("curl -s -w '%{http_code}' " .. url .. "/v2/lm/meta " .. url .. "/v2/lm/meta")
    os.execute("kill -TERM " .. pid)
    local log = pipe:read "*a"
    pipe:close()
    assert.equal(0, status)
    assert.equal(2, select(2, body:gsub('"Internal server error".-500', "")))
    assert.equal(2, select(2, log:gsub("aicore emulator: [^\n]*our mistake\n", "")))
  end)
end)

describe("the server with TLS", function()
  local server, folder

  setup(function()
    folder = run("mktemp -d"):gsub("\n", "")
    local script = [[set -e; cd %s
      key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
      openssl req -x509 -days 2 $key -keyout ca.key -out ca.pem -subj /CN=ca
      openssl req -x509 -days 2 $key -keyout other.key -out other.pem -subj /CN=other
      openssl req $key -keyout server.key -out server.csr -subj /CN=server
      openssl req $key -keyout client.key -out client.csr -subj /CN=client
      echo subjectAltName=IP:127.0.0.1 > names
      openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem
      openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out client.pem]]
    assert.equal(0, select(2, run(script:format(folder))))
    server = emulator.start {
      stderr = "/dev/null", -- it names the clients that it refuses
      tls_cert = folder .. "/server.pem",
      tls_key = folder .. "/server.key",
      client_ca = folder .. "/ca.pem",
      client_id = "me",
      deployments = 1,
    }
  end)

  teardown(function()
    server.stop()
    run("rm -r " .. folder)
  end)

  local function curl(options, path)
    local command = "cd %s && curl -s --cacert ca.pem -o /dev/null -w '%%{http_code} %%{http_version}\\n' %s %s%s"
    return run(command:format(folder, options, server.url, path))
  end

  local LOGIN = "-d 'grant_type=client_credentials&client_id=me' "
  local CERTIFICATE = "--cert client.pem --key client.key "

  it("proves who it is and speaks both versions", function()
    assert.equal("401 2\n", (curl("--http2", "/v2/lm/meta")))
    assert.equal("401 1.1\n", (curl("--http1.1", "/v2/lm/meta")))
    assert.equal("401 1.1\n", (curl("--http1.1 --tls-max 1.2", "/v2/lm/meta")))
    assert.are_not.equal(0, select(2, curl("--tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0", "/v2/lm/meta")))
  end)

  it("lets a client certificate stand for a secret", function()
    assert.equal("200 2\n", (curl(LOGIN .. CERTIFICATE, "/oauth/token")))
    assert.equal("401 2\n", (curl(LOGIN, "/oauth/token")))
    assert.are_not.equal(0, select(2, curl(LOGIN .. "--cert other.pem --key other.key", "/oauth/token")))
    assert.equal("200 2\n", (curl(LOGIN .. CERTIFICATE, "/oauth/token")))
  end)

  it("takes a client certificate again on the client's next connection", function()
    for _, version in ipairs { "--tls-max 1.2 ", "--tls-max 1.3 " } do
      local options = "--http1.1 -H 'Connection: close' " .. version .. LOGIN .. CERTIFICATE
      local again = ("-o /dev/null %s/oauth/token "):format(server.url)
      assert.equal("200 1.1\n200 1.1\n", (curl(options .. again, "/oauth/token")))
    end
  end)

  --- Returns a token.
  local function login()
    local form = { body = "grant_type=client_credentials&client_id=me" }
    form.headers = { ["content-type"] = "application/x-www-form-urlencoded" }
    form.curl = ("--cert %s/client.pem --key %s/client.key"):format(folder, folder)
    return assert(server.request("POST", "/oauth/token", form).json.access_token)
  end

  it("resets only the stream that a fault concerns", function()
    login()
    server.fault { operation = "capabilities", drop = "before" }
    local options = ("--http2 -o /dev/null %s/v2/lm/meta "):format(server.url)
    assert.equal("000 0\n401 2\n", (curl(options, "/v2/lm/meta")))
  end)

  it("keeps a connection of HTTP/2 for as long as the client likes", function()
    server.seed { count = 100 }
    local command = "curl -s --cacert %s/ca.pem -w '%%{http_code} %%{num_connects}\\n' "
      .. "-H 'AI-Resource-Group: default' -H 'Authorization: Bearer %s'"
    local parts, expected = { command:format(folder, login()) }, {}
    for i = 0, 99 do -- answers of many lengths, each of which comes again
      parts[i + 2] = ("-o /dev/null '%s/v2/lm/deployments?$top=%d'"):format(server.url, i % 80)
      expected[i + 1] = i == 0 and "200 1\n" or "200 0\n"
    end
    assert.equal(table.concat(expected), (run(table.concat(parts, " "))))
  end)
end)
