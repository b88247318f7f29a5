--- Secrets in memory, in a command line, in files. That they stand in no error and no record is seen by the fault
-- matrix (spec/faults) and the TLS spec, after each of their failures.
--
-- The promise is about memory that C owns: what a caller's Lua string holds is the collector's. How the two are told
-- apart: the token is never in Lua, and the secret as a form carries it (escaped) neither, so none of these may be
-- anywhere. The secret itself:
--   LuaJIT has its own memory, so what is in the C library's heap is C's.
--   Lua 5.4 has the C library's; there that one overwrites what was freed (glibc.malloc.perturb), so that whatever is
--   found is still held.

local certificates = require "spec.tls.certificates"
local child = require "spec.support.child"
local memory = require "spec.secrets.memory"
local service = require "spec.faults.service"
local socket = require "socket"
local world = require "spec.faults.world"

local IS_JIT = package.loaded.jit ~= nil
local SECRET = "sec+51e8/77c0=a94d!3b62f0"

local NEEDLES = {
  token = world.token,
  form = "client_secret=sec%2B51e8%2F77c0%3Da94d%21",
  secret = SECRET,
}

local ID = "d748fdae9f88a9b0"

describe("secrets in memory", function()
  local made, server

  setup(function()
    made = certificates.new()
    made.authority "authority"
    server = service.start(made.issue("server", { by = "authority" }))
  end)

  teardown(function()
    server.stop()
    made.remove()
  end)

  --- Starts the process; returns it and what tells it what to do.
  local function start(url)
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local program = IS_JIT and "luajit"
      or "env GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0 lua5.4"
    local command = ("%s spec/secrets/subject.lua %d %s %s '%s'"):format(
      program,
      port,
      url,
      made.folder .. "/authority.crt",
      SECRET:reverse()
    )
    local process = child.start(command)
    listener:settimeout(20)
    local connection = assert(listener:accept())
    listener:close()
    connection:settimeout(20)
    return process,
      function(word)
        assert(connection:send(word .. "\n"))
        assert(connection:receive "*l")
      end
  end

  local function fault(name, operation, at)
    server.order {
      order = "set",
      fault = name,
      operation = operation,
      id = ID,
      at = at,
      times = name and -1 or 0,
      done = true,
      deployments = { [ID] = "RUNNING" },
    }
  end

  -- Failures on the way: { fault, operation, byte }. In none does the decoder see a token: what it leaves is not ours.
  local FAILURES = {
    { "an echo, 502", "status" },
    { "an echo, long", "status" },
    { "an echo in a chain of JSON", "status" },
    { "an echo that is cut", "status", 60 },
    { "an echo, 400", "login" },
    { "cut", "login", 150 },
    { "reset", "status", 10 },
    { "a page, 502", "status" },
    { "a 401", "status" },
    { "JSON twice", "login" }, -- the last one: what others leave would be written over
  }

  local URLS = { http = "url", https = "secure_http1_url", h2 = "secure_url" }

  local function check(schema, failures)
    local process, tell = start(server[URLS[schema]])
    local pid = process.pid
    fault(nil, "status")
    tell "call"
    local open = memory.search(pid, NEEDLES)
    if not open then
      process:stop()
      pending "this system does not let a process look at its child's memory"
      return
    end
    local cmdline = assert(io.open(("/proc/%d/cmdline"):format(pid), "rb")):read "*a"
    for _, failure in ipairs(failures) do
      fault(failure[1], failure[2], failure[3])
      tell(failure[2] == "login" and "login" or "call")
    end
    tell "close"
    local closed = memory.search(pid, NEEDLES)
    process:stop()
    for name in pairs(NEEDLES) do -- else the search finds nothing at all
      assert.is_not_nil(next(open[name]), name .. " is not found while the session is open")
      assert.is_nil(cmdline:find(NEEDLES[name], 1, true))
    end
    -- OpenSSL frees what it has received as it is: whoever looks at what was freed finds the last login's answer there.
    if not (IS_JIT and schema == "https") then
      assert.same({}, closed.token)
    end
    assert.same({}, closed.form)
    assert.same(IS_JIT and { anonymous = closed.secret.anonymous } or {}, closed.secret)
  end

  it("are gone after close()", function()
    check("http", FAILURES)
  end)

  it("are gone after close(), https", function()
    check("https", FAILURES)
  end)

  if not IS_JIT then -- nghttp2 frees its table of headers as it is: only what is still held can be looked for
    it("are held by nobody after close(), HTTP/2", function()
      check("h2", {})
    end)
  end
end)

describe("files with secrets", function()
  local client = require "aicore.client"
  local path

  before_each(function()
    path = os.tmpname()
  end)

  after_each(function()
    os.remove(path)
  end)

  local function warnings_for(mode, text, more)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    os.execute(("chmod %s %s"):format(mode, path))
    local arguments = { config_file = path }
    for name, value in pairs(more or {}) do
      arguments[name] = value
    end
    local made = assert(client.new(arguments))
    made:close()
    return made.warnings
  end

  local CONFIG = [[{"AICORE_CLIENT_ID":"id","AICORE_CLIENT_SECRET":"%s","AICORE_AUTH_URL":"https://auth.example",
    "AICORE_BASE_URL":"https://api.example"}]]

  it("are warned about when everybody may read them", function()
    local warnings = warnings_for("644", CONFIG:format(SECRET))
    assert.same({ ("%s holds a secret and can be read by everybody: chmod 600 %s"):format(path, path) }, warnings)
    local key = ('{"clientid":"id","clientsecret":"%s","url":"https://auth.example"}'):format(SECRET)
    assert.same(warnings, warnings_for("644", key, { base_url = "https://b.example", service_key = path }))
    for _, mode in ipairs { "600", "400", "640" } do
      assert.same({}, warnings_for(mode, CONFIG:format(SECRET)))
    end
  end)

  it("are not warned about when there is none in them", function()
    local more = { client_id = "id", client_secret = SECRET, auth_url = "https://auth.example" }
    assert.same({}, warnings_for("644", '{"AICORE_BASE_URL":"https://api.example"}', more))
  end)

  it("are keys, too", function()
    local more = { client_id = "id", cert_url = "https://auth.example", certificate = "PEM", key_file = path }
    local warnings = warnings_for("644", '{"AICORE_BASE_URL":"https://api.example"}', more)
    assert.matches("chmod 600", warnings[1], 1, true)
    more =
      { client_id = "id", client_secret = SECRET, auth_url = "https://auth.example", base_url = "https://b.example" }
    warnings = warnings_for("644", '{"AICORE_KEY_STR":"PEM"}', more)
    assert.matches("holds a secret", warnings[1], 1, true)
  end)
end)
