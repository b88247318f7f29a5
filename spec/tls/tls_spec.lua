--- TLS: whoever cannot prove who he is gets nothing, and the error names the cause. Certificates are made on the spot.

local certificates = require "spec.tls.certificates"
local child = require "spec.support.child"
local client = require "aicore.client"
local commands = require "spec.cli.command"
local emulator = require "spec.support.emulator"
local leaks = require "spec.secrets.leaks"
local service = require "spec.faults.service"

local ID = "d000000000000001"
local SECRET = "sec-4b7e19d2c0f85a36"

describe("TLS", function()
  local made, authority

  setup(function()
    made = certificates.new()
    authority = made.authority "authority"
    made.authority "other"
  end)

  teardown(function()
    made.remove()
  end)

  local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "*a"
    file:close()
    return text
  end

  --- What a client says of a server: a count, or nil and an error without secrets.
  local function ask(url, settings)
    local secrets = { secret = SECRET }
    local arguments = { base_url = url, client_id = "sb-spec", ca_file = authority }
    for name, value in pairs(settings) do
      arguments[name] = value or nil
    end
    if not arguments.cert_url then
      arguments.auth_url, arguments.client_secret = url, SECRET
    end
    local records = {}
    arguments.on_attempt = function(record)
      records[#records + 1] = record
    end
    local asking = assert(client.new(arguments))
    local count, err = asking:count { timeout = 10 }
    if settings.key_file and settings.key_file:find(made.folder, 1, true) then
      secrets.key = read(settings.key_file):match "\n(.-)\n%-" -- its middle
    end
    assert.is_nil(leaks.find(err, secrets, "the error"))
    assert.is_nil(leaks.find(records, secrets, "on_attempt's records"))
    assert.is_nil(leaks.find(tostring(asking), secrets, "tostring"))
    asking:close()
    return count, err
  end

  local function secure_url(server, host)
    return ("https://%s:%d"):format(host or "localhost", server.port)
  end

  local function start(certificate, key, more)
    local arguments = { tls_cert = certificate, tls_key = key, stderr = "/dev/null" }
    for name, value in pairs(more or {}) do
      arguments[name] = value
    end
    return emulator.start(arguments)
  end

  local function refused(err, kind, cause)
    assert.equal(kind, err.kind, tostring(err))
    assert.matches(cause, err.message)
    assert.is_falsy(err.ambiguous)
  end

  -- The server's certificate (certificates.issue), the host that the client asks for, and the cause in OpenSSL's words.
  local SERVERS = {
    {
      name = "expired",
      certificate = { by = "authority", expired = true },
      cause = "expired",
    },
    {
      name = "self-signed",
      certificate = {},
      cause = "self.signed",
    },
    {
      name = "another host's",
      certificate = { by = "authority", names = "DNS:example.org,IP:127.0.0.2" },
      cause = "host ?name 'localhost'",
    },
    {
      name = "another address's",
      certificate = { by = "authority", names = "DNS:localhost" },
      host = "127.0.0.1",
      cause = "'127.0.0.1'",
    },
    {
      name = "an unknown authority's",
      certificate = { by = "other" },
      cause = "issuer",
    },
    {
      name = "a client's",
      certificate = { by = "authority", purpose = "client" },
      cause = "purpose",
    },
  }

  it("takes a server whose certificate is good", function()
    local server = start(made.issue("server", { by = "authority" }))
    local count, err = ask(secure_url(server), {})
    local by_text = ask(secure_url(server), { ca_file = false, ca = read(authority) })
    server.stop()
    assert.equal(0, count, tostring(err))
    assert.equal(0, by_text)
  end)

  for _, case in ipairs(SERVERS) do
    it("refuses a server whose certificate is " .. case.name, function()
      local server = start(made.issue("server", case.certificate))
      local count, err = ask(secure_url(server, case.host), {})
      local requests = server.requests()
      server.stop()
      assert.is_nil(count)
      refused(err, "transport", case.cause)
      assert.is_false(err.retryable)
      assert.is_nil(requests.login)
    end)
  end

  it("names the file of authorities that is missing, or holds none", function()
    local server = start(made.issue("server", { by = "authority" }))
    for _, path in ipairs { made.folder .. "/missing.pem", made.folder .. "/other.key" } do
      local count, err = ask(secure_url(server), { ca_file = path })
      assert.is_nil(count)
      refused(err, "config", path:gsub("%p", "%%%0"))
    end
    server.stop()
  end)

  -- A client in a place whose system knows the authority "other"; there it is asked, without an authority and with one.
  local ELSEWHERE = [[
    mount --bind %s /etc/ssl/certs && %s -e '
      local file = assert(io.open "%s")
      local settings = { {}, { ca_file = "%s" }, { ca = file:read "*a" } }
      for _, one in ipairs(settings) do
        one.base_url, one.token, one.proxy = "%s", "t", "%s"
        local count, err = assert(require("aicore").client(one)):count { timeout = 10, retry = false }
        print(count or err.status or err.message)
      end']]

  --- What such a client says of each, a line each; nil: this system has no such place.
  local function ask_elsewhere(url, proxy)
    local folder = made.folder .. "/system"
    os.execute(("mkdir -p %s && cp %s/other.crt %s/ca-certificates.crt"):format(folder, made.folder, folder))
    os.execute(
      ("ln -sf ca-certificates.crt %s/$(openssl x509 -hash -noout -in %s/ca-certificates.crt).0"):format(folder, folder)
    )
    local lua = package.loaded.jit and "luajit" or "lua5.4"
    local path = made.folder .. "/elsewhere.sh"
    local script = assert(io.open(path, "w"))
    script:write(ELSEWHERE:format(folder, lua, authority, authority, url, proxy or ""))
    script:close()
    local lines = {}
    for line in assert(io.popen("unshare --map-root-user --mount sh " .. path .. " 2>&1")):lines() do
      lines[#lines + 1] = line
    end
    return #lines == 3 and lines or nil
  end

  it("takes authorities that are given instead of the system's, of a proxy, too", function()
    local server = start(made.issue("server", { by = "other" }))
    local direct = ask_elsewhere(secure_url(server))
    local proxied = ask_elsewhere("https://127.0.0.2:1", secure_url(server))
    server.stop()
    if not direct then
      pending "this system lets no file take another one's place (unshare)"
      return
    end
    assert.equal("401", direct[1]) -- TLS is fine, the token is not
    assert.matches("issuer", direct[2])
    assert.matches("issuer", direct[3])
    assert.is_nil(proxied[1]:find "issuer")
    assert.matches("issuer", proxied[2])
    assert.matches("issuer", proxied[3])
  end)

  --- A server that speaks nothing newer, or nil: this OpenSSL has unlearnt it.
  local function start_old()
    local certificate, key = made.issue("server", { by = "authority" })
    local command =
      "openssl s_server -accept 127.0.0.1:0 -no_dhe -tls1_1 -cipher ALL:@SECLEVEL=0 -cert %s -key %s -www 2>&1"
    local server = child.start(command:format(certificate, key))
    local port = (server.line or ""):match "ACCEPT.*:(%d+)"
    if not port then
      server:stop()
      return nil
    end
    local url = "https://localhost:" .. port
    local answers = os.execute(
      ("curl -s -o /dev/null --max-time 10 --tlsv1.0 --tls-max 1.1 --ciphers ALL:@SECLEVEL=0 --cacert %s %s"):format(
        authority,
        url
      )
    )
    return server, url, answers == true or answers == 0
  end

  it("refuses TLS 1.1", function()
    local server, url, answers = start_old()
    if not (server and answers) then
      if server then
        server:stop()
      end
      pending "this OpenSSL has unlearnt TLS 1.1"
      return
    end
    local count, err = ask(url, {})
    server:stop()
    assert.is_nil(count)
    refused(err, "transport", "protocol version")
  end)

  describe("a login by certificate", function()
    local server, key

    setup(function()
      local certificate, server_key = made.issue("server", { by = "authority" })
      server = start(certificate, server_key, { client_ca = authority })
      made.issue("right", { by = "authority", purpose = "client" })
      key = made.folder .. "/right.key"
      made.issue("wrong", { by = "other", purpose = "client" })
      made.issue("expired", { by = "authority", purpose = "client", expired = true })
    end)

    teardown(function()
      server.stop()
    end)

    local function login(certificate, key_file)
      local url = secure_url(server)
      return ask(url, { cert_url = url, certificate_file = certificate, key_file = key_file })
    end

    local function crt(name)
      return made.folder .. "/" .. name .. ".crt"
    end

    it("goes well with the right one, from files and from texts", function()
      local count, err = login(crt "right", key)
      assert.equal(0, count, tostring(err))
      local url = secure_url(server)
      count, err = ask(url, { cert_url = url, certificate = read(crt "right"), key = read(key) })
      assert.equal(0, count, tostring(err))
    end)

    for _, name in ipairs { "wrong", "expired" } do
      it("is refused with one that is " .. name, function()
        local count, err = login(crt(name), made.folder .. "/" .. name .. ".key")
        assert.is_nil(count)
        refused(err, "transport", "certificate")
      end)
    end

    -- What stands before its first line is passed over by OpenSSL, and hides from us that it is encrypted.
    it("asks nobody at the terminal for the pass phrase of its key", function()
      local hidden = made.folder .. "/hidden.key"
      local encrypt = "{ echo Bag Attributes; openssl pkey -in %s -aes256 -passout pass:spec; } >%s"
      assert(os.execute(encrypt:format(key, hidden)))
      local text, code = commands
        .on_terminal("list --timeout 5", {
          env = {
            AICORE_BASE_URL = secure_url(server),
            AICORE_CERT_URL = secure_url(server),
            AICORE_CLIENT_ID = "sb-spec",
            AICORE_CA_FILE = authority,
            AICORE_CERT_FILE_PATH = crt "right",
            AICORE_KEY_FILE_PATH = hidden,
          },
        })
        .finish()
      assert.not_equal(0, code)
      assert.is_nil(text:find("pass phrase:", 1, true), text)
      assert.matches("hidden%.key", text)
    end)

    -- What is wrong on this side: certificate, key, and what the message names.
    local MISTAKES = {
      { "a key of another certificate", "right", "wrong.key", "private key file" },
      { "a certificate that is missing", "missing", "right.key", "missing%.crt" },
      { "a key that is missing", "right", "missing.key", "missing%.key" },
    }

    for _, mistake in ipairs(MISTAKES) do
      local what, certificate, key_name, cause = (table.unpack or unpack)(mistake)
      it("names " .. what, function()
        local path = made.folder .. "/" .. key_name
        local url = secure_url(server)
        local asking = assert(client.new {
          base_url = url,
          cert_url = url,
          client_id = "sb-spec",
          ca_file = authority,
          certificate_file = crt(certificate),
          key_file = path,
        })
        local count, err = asking:count()
        asking:close()
        assert.is_nil(count)
        refused(err, "config", cause)
      end)
    end
  end)

  -- A program whose status call and farewell meet a connection that was reset; it says how they went.
  local PROGRAM = [[
    local client = require("aicore.client")
    local c = assert(client.new { base_url = arg[1], token = "t", ca_file = arg[2] })
    assert(c:capabilities())
    local _, err = c:status("d000000000000001", { retry = false })
    c:close()
    print(err and err.kind)
  ]]

  it("ends no program whose peer resets the connection", function()
    local crt, key = made.issue("peer", { by = "authority" })
    local peer = service.start(crt, key)
    local program = made.folder .. "/program.lua"
    local file = assert(io.open(program, "w"))
    file:write(PROGRAM)
    file:close()
    local interpreter = package.loaded.jit and "luajit" or "lua5.4"
    local said = {}
    for url, fault in pairs { secure_http1_url = "reset", secure_url = "h2 reset in the body" } do
      peer.order { order = "set", fault = fault, operation = "status", id = ID, at = 20, times = 9 }
      local running = child.start(("%s %s %s %s"):format(interpreter, program, peer[url], authority))
      said[#said + 1] = running.line
      running:stop()
    end
    peer.stop()
    assert.same({ "transport", "transport" }, said) -- SIGPIPE would have ended it without a word
  end)
end)
