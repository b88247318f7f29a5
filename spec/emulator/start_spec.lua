-- require "aicore.emulator".start: for the tests of others.

local aicore = require "aicore"
local child = require "spec.support.child"
local emulator = require "aicore.emulator"
local socket = require "socket"

local LUA = package.loaded.jit and "luajit" or "lua5.4"

-- Is there anybody at the URL?
local function listens(url)
  local connection = socket.connect("127.0.0.1", tonumber(url:match "%d+$"))
  if connection then
    connection:close()
  end
  return connection ~= nil
end

local function await_end(url)
  local deadline = socket.gettime() + 20
  while listens(url) do
    assert(socket.gettime() < deadline, "the emulator outlives the process that started it")
    socket.sleep(0.01)
  end
end

describe("emulator.start", function()
  it("gives what a client needs, and what happened", function()
    local server = assert(emulator.start { deployments = 3, stop_time = 0.05, delete_time = 0.05 })
    finally(server.stop)
    local client = assert(aicore.client(server.settings))
    assert.equal(3, client:count { status = "RUNNING" })
    local report = assert(client:teardown "d000000000000001")
    assert.same({ "d000000000000001" }, report.deleted)
    local effects = {}
    for i, entry in ipairs(server.journal()) do
      effects[i] = entry.what
    end
    assert.same({ "login", "stop", "stopped", "delete", "gone" }, effects)
    assert.equal(5, #server:journal()) -- as a method, too
    assert.equal(1, server.requests().stop)
    local last = server.journal(4)
    assert.same({ 1, "5 gone" }, { #last, ("%s %s"):format(last[1].seq, last[1].what) })
    server.clear_journal()
    assert.same({ {}, { total = 0 } }, { server.journal(), server.requests() })
  end)

  it("takes faults, deployments and settings while it runs", function()
    local server = assert(emulator.start())
    finally(server.stop)
    local client = assert(aicore.client(server.settings))
    assert.same({ "d000000000000001", "d000000000000002" }, server.seed { count = 2, scenario_id = "night" })
    server.fault { operation = "count", status = 403, times = 2, body = "it's full" }
    local _, err = client:count()
    assert.same({ "auth", 403, "it's full" }, { err.kind, err.status, err.details })
    assert.equal(1, server.faults()[1].fired)
    server.clear_faults()
    assert.equal(2, client:count())
    server.expire_tokens()
    assert.equal(2, client:count())
    assert.equal(2, server.requests().login)
    assert.is_false(server.change({ bulk = false }).bulk)
    server.clear_deployments()
    assert.equal(0, client:count())
    assert.equal("", server.complaints())
  end)

  it("is as unpleasant as one wants", function()
    local server = assert(emulator.start {
      deployments = 3,
      list_lag = 60,
      read_lag = 60,
      page_cap = 1,
      update_time = 60,
      quota = 3,
      settings = { page_shifts = 0.5, stamps = "missing" },
    })
    finally(server.stop)
    local client = assert(aicore.client(server.settings))
    local _, err = client:create "conf-1"
    assert.same({ 400, true }, { err.status, err.message:find "quota" ~= nil })
    assert(client:stop "d000000000000001")
    assert.equal("RUNNING", client:status("d000000000000001").status)
    local settings = server.change { read_lag = 0, update_time = 0 }
    assert.same({ 60, 0, 1, 0.5 }, {
      settings.list_lag,
      settings.read_lag,
      settings.page_cap,
      settings.page_shifts,
    })
    assert.is_nil(client:status("d000000000000001").modifiedAt)
    assert.equal("STOPPING", client:status("d000000000000001").status)
    assert.equal(0, client:count { status = "STOPPING" })
  end)

  it("asks for credentials, if it is given some", function()
    local server = assert(emulator.start { client_id = "me", client_secret = "it's $HOME" })
    finally(server.stop)
    assert.equal(0, assert(aicore.client(server.settings)):count())
    server.settings.client_secret = "no"
    local _, err = assert(aicore.client(server.settings)):count()
    assert.equal("auth", err.kind)
  end)

  it("serves https, with a certificate that the client then trusts", function()
    local folder = assert(io.popen "mktemp -d"):read "*l"
    assert(io.popen(("sh examples/demo/certificates.sh %s 2>&1"):format(folder))):read "*a"
    local server = emulator.start {
      deployments = 1,
      no_bulk = true,
      tls_cert = folder .. "/server.pem",
      tls_key = folder .. "/server.key",
    }
    finally(function()
      if server then
        server.stop()
      end
      os.execute("rm -r " .. folder)
    end)
    assert(server)
    assert.matches("^https:", server.url)
    assert.equal(1, assert(aicore.client(server.settings)):count())
    assert.same({ { total = 2, login = 1, count = 1 }, false }, { server.requests(), server.change({}).bulk })
  end)

  it("ends when it is told to, once and for all", function()
    local server, other = assert(emulator.start()), assert(emulator.start())
    finally(other.stop)
    server.stop()
    assert.is_false(listens(server.url))
    assert.is_true(listens(other.url))
    server:stop()
    assert.has_error(server.journal, "the emulator has been stopped")
  end)

  if _VERSION == "Lua 5.4" then
    it("ends with the block that it is closed by", function()
      local use = assert(load "local server <close> = ... return server.url")
      assert.is_false(listens(use(assert(emulator.start()))))
    end)
  end

  -- How a program may end without having stopped its emulators.
  local ENDS = {
    ["comes to its end"] = "announce()",
    ["raises an error"] = "announce() error 'on purpose'",
    ["leaves by os.exit"] = "announce() os.exit(3)",
    ["is killed"] = "announce() while true do os.clock() end",
    ["is interrupted"] = "pcall(function() announce() while true do os.clock() end end) print(#one.journal())",
    ["has lost its emulators"] = "one, two = announce() collectgarbage() collectgarbage() print(listens()) os.exit(0)",
    ["has a child that lives longer"] = "announce() os.execute 'sleep 60 >/dev/null 2>&1 & echo $!'",
  }
  local PROGRAM = [[
    local emulator = require "aicore.emulator"
    local one, two = assert(emulator.start()), assert(emulator.start())
    local url = one.url
    local function listens()
      return io.popen("curl -qs --noproxy '*' -o /dev/null " .. url .. " && echo yes"):read "*l"
    end
    local function announce()
      print(one.url .. " " .. two.url)
      io.stdout:flush()
    end
    %s
  ]]
  for name, ending in pairs(ENDS) do
    it(("leaves no process behind when the program %s"):format(name), function()
      local file = os.tmpname()
      local script = assert(io.open(file, "w"))
      script:write(PROGRAM:format(ending))
      script:close()
      local program = child.start(("setsid %s %s 2>/dev/null"):format(LUA, file))
      finally(function()
        program:stop()
        os.remove(file)
      end)
      local one, two = (program.line or "nothing was printed"):match "^(%S+) (%S+)$"
      assert(one, program.line)
      if name == "is killed" then
        os.execute("kill -KILL " .. program.pid)
      elseif name == "is interrupted" then -- Ctrl-C tells the whole group
        os.execute(("kill -INT -%d"):format(program.pid))
      end
      local rest = program:read_rest() -- returns only when it has ended
      if name == "has lost its emulators" then
        assert.equal("yes\n", rest)
      elseif name == "is interrupted" then
        assert.equal("0\n", rest)
      elseif name == "has a child that lives longer" then
        os.execute("kill " .. rest)
      end
      await_end(one)
      await_end(two)
    end)
  end

  it("says why it cannot start", function()
    local server = assert(emulator.start())
    finally(server.stop)
    for reason, options in pairs {
      ["no%-such%-lua"] = { lua = "no-such-lua" },
      ["the emulator needs lua%-http"] = {
        lua = 'luajit -e \'package.preload["http.server"]=function() error("module '
          .. "\\39http.server\\39 not found:\", 0) end'",
      },
      ["Address already in use"] = { port = tonumber(server.url:match "%d+$") },
    } do
      local none, err = emulator.start(options)
      assert.is_nil(none)
      assert.equal("config", err.kind)
      assert.matches("^the emulator did not start: .*" .. reason, err.message)
    end
  end)

  it("raises at the caller's line for what cannot be meant", function()
    local server = assert(emulator.start())
    finally(server.stop)
    local here = "start_spec%.lua:%d+: "
    for complaint, call in pairs {
      ["start: unknown option 'ports'"] = function()
        emulator.start { ports = 1 }
      end,
      ["start: stop_time: seconds expected, got %-1"] = function()
        emulator.start { stop_time = -1 }
      end,
      ["start: settings: stamps must be one of right"] = function()
        emulator.start { settings = { stamps = "wrong" } }
      end,
      ["start: .*client%-secret needs .*client%-id"] = function()
        emulator.start { client_secret = "s" }
      end,
      ["start: a table of options expected, got number"] = function()
        emulator.start(8080)
      end,
      ["POST faults: unknown field fail"] = function()
        server.fault { operation = "list", fail = true }
      end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches(here .. ".*" .. complaint, message)
    end
  end)
end)
