--- aicorectl at a terminal: colour, questions, the live line, Ctrl-C. The terminal is script(1)'s.

local command = require "spec.cli.command"
local emulator = require "spec.support.emulator"

local server

setup(function()
  server = emulator.start { stop_time = 0.05, delete_time = 0.05 }
end)

teardown(function()
  server.stop()
end)

before_each(function()
  server.clear_deployments()
  server.settings { stop_time = 0.05, delete_time = 0.05 }
  server.seed { id = "ddead", status = "DEAD" }
  server.seed { id = "drunning" }
end)

local function start(arguments, env)
  return command.on_terminal(arguments, { env = command.settings(server, env) })
end

local function see(arguments, env)
  local text, code = start(arguments, env).finish()
  assert.equal(0, code, text)
  return text
end

describe("colour", function()
  it("is there on a terminal", function()
    local text = see "list"
    assert.is_truthy(text:find("ddead      \27[31mDEAD\27[0m      ", 1, true), text)
    assert.is_truthy(text:find("drunning   \27[32mRUNNING\27[0m   ", 1, true), text)
    assert.is_truthy(see("status ddead"):find("\27[31mDEAD\27[0m", 1, true))
  end)

  it("is not there where nobody wants it", function()
    for _, env in ipairs { { NO_COLOR = "1" }, { TERM = "dumb" }, { TERM = "" } } do
      assert.is_nil(see("list", env):find "\27")
    end
    assert.is_truthy(see("list", { NO_COLOR = "" }):find "\27") -- as no-color.org has it
    assert.is_nil(see("list -o json"):find "\27")
  end)
end)

describe("a teardown at a terminal", function()
  it("shows what it is about, asks, and shows how far it is", function()
    local terminal = start "teardown --all"
    terminal.see "Go on%? %[y/N%] "
    terminal.type "y\n"
    local text, code = terminal.finish()
    assert.equal(0, code)
    assert.matches(
      "^2 deployments %(1 DEAD, 1 RUNNING%) in resource group default of http://127[%d.:]+/v2 will be torn down; "
        .. "that cannot be undone\n  ddead ",
      text
    )
    assert.matches("\r%[#+%.+%] 0 of 2 done %(%d+%%%); [^\r\n]+\27%[K", text)
    assert.matches("\r\27%[K1 stopped, 2 deleted in [%d.]+s by %d+ requests\n$", text)
    assert.equal(404, server.call("GET", "/deployments/drunning").status)
  end)

  it("changes nothing unless somebody says yes", function()
    for _, answer in ipairs { "\n", "n\n", "yo\n", "\4" } do
      local terminal = start "teardown drunning"
      terminal.see "Go on%?"
      terminal.type(answer)
      local text, code = terminal.finish()
      assert.equal(1, code)
      assert.matches("nothing was changed\n$", text)
    end
    assert.equal("RUNNING", server.call("GET", "/deployments/drunning").json.status)
  end)

  it("does not ask with --yes, and has no live line on a dumb terminal", function()
    local text = see("teardown drunning --yes", { TERM = "dumb" })
    assert.matches("^1 stopped, 1 deleted in [%d.]+s by %d+ requests\n$", text)
  end)

  it("stays within the terminal's width", function()
    local text = see("teardown --all --yes", { COLUMNS = "40" })
    local drawn = 0
    for line in text:gmatch "\r(%[[^\r\27]+)" do
      drawn = drawn + 1
      assert.is_true(#line <= 39, line)
    end
    assert.is_true(drawn > 1)
  end)

  it("does not mix the live line with -v", function()
    local text = see "teardown drunning --yes -v"
    assert.matches("\r\27%[KGET /v2/lm/deployments/drunning: HTTP 200, [^\r\n]+\n\r%[", text)
  end)
end)

describe("Ctrl-C", function()
  it("at the question changes nothing", function()
    local terminal = start "teardown drunning"
    terminal.see "Go on%?"
    terminal.type "\3"
    local text, code = terminal.finish()
    assert.equal(130, code)
    assert.matches("\naicorectl: interrupted\n$", text)
    assert.equal("RUNNING", server.call("GET", "/deployments/drunning").json.status)
  end)

  it("is an error where JSON is asked for", function()
    for arguments, begun in pairs {
      ["teardown drunning -o json"] = "Go on%?",
      ["-o json login -v"] = "POST /oauth/token", -- and it counts
    } do
      server.fault { operation = "count", latency = 60 }
      local terminal = start(arguments)
      terminal.see(begun)
      terminal.type "\3"
      local text, code = terminal.finish()
      server.clear_faults()
      assert.equal(130, code, text)
      assert.matches('"kind": "cancelled"', text)
      assert.is_nil(text:find "traceback")
    end
  end)

  it("in a teardown prints what was done until then", function()
    server.settings { stop_time = 60 }
    local terminal = start "teardown --all --yes"
    terminal.see "1 of 2 done"
    terminal.type "\3"
    local text, code = terminal.finish()
    assert.equal(130, code)
    assert.matches("\n?1 deleted, 1 not finished in [%d.]+s by %d+ requests\n", text)
    assert.matches("\naicorectl: interrupted: 1 is not finished\n  try: [^\n]+run the same command again\n$", text)
    assert.equal(404, server.call("GET", "/deployments/ddead").status)
    assert.equal("STOPPING", server.call("GET", "/deployments/drunning").json.status)
  end)

  it("in a create says that there may be a deployment all the same", function()
    server.clear_journal()
    server.fault { operation = "create", latency = 60 }
    finally(server.clear_faults)
    local terminal = start "create conf-1"
    command.eventually(function()
      return server.requests().create == 1
    end)
    terminal.type "\3"
    local text, code = terminal.finish()
    assert.equal(130, code)
    assert.matches("\n  try: [^\n]+aicorectl list %-%-configuration conf%-1\n$", text)
  end)

  it("is how what follows a log ends, whatever it is doing", function()
    server.fault { operation = "logs", latency = 60, times = 0 }
    finally(server.clear_faults)
    server.clear_journal()
    local terminal = start "logs -f drunning -o json"
    command.eventually(function()
      return server.requests().logs == 1
    end)
    terminal.type "\3"
    local text, code = terminal.finish()
    assert.same({ "^C", 130 }, { text:gsub("%s", ""), code })
  end)

  it("ends a wait, and what follows a log", function()
    for arguments, seen in pairs {
      ["wait ddead drunning --for STOPPED"] = "1 of 2 done %(50%%%); [^\r]+; RUNNING 1\27",
      ["logs -f -v drunning"] = "/drunning: HTTP 200.*/drunning: HTTP 200", -- it looked twice whether it has ended
      ["watch drunning -o json"] = '"id":"drunning"',
    } do
      local terminal = start(arguments)
      terminal.see(seen)
      terminal.type "\3"
      local text, code = terminal.finish()
      assert.equal(130, code, text)
      assert.is_nil(text:find "traceback")
    end
  end)
end)
