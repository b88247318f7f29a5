local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local login = require "aicore.cli.login"
local problems = require "aicore.cli.problems"

local function run(given, reply, err, count, count_err)
  local console = fakes.console()
  local client = fakes.client {
    log_in = function()
      return reply, err
    end,
    count = function()
      return count, count_err
    end,
  }
  return login.run(given, console, client), console, client
end

describe("login", function()
  it("is one attempt, and a count, each as patient as was said", function()
    local code, _, client = run({ timeout = 7 }, { expires_in = 60 }, nil, 3)
    assert.equal(problems.DONE, code)
    assert.same({ { "log_in", { timeout = 7, retry = false } }, { "count", { timeout = 7 } } }, client.calls)
    _, _, client = run({}, { expires_in = 60 }, nil, 3)
    assert.equal(30, client.calls[1][2].timeout)
  end)

  it("says where that was, and until when the token is good", function()
    local _, console = run({ resource_group = "team" }, { expires_in = 7200 }, nil, 3)
    local text = table.concat(console.out, "\n")
    assert.matches("\nToken good: +until %d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ %(for 2h%)\n", text)
    assert.matches("\nResource group: +team %(3 deployments%)\n", text)
    _, console = run({}, { expires_in = 7200 }, nil, 1)
    assert.matches(" %(1 deployment%)\n", table.concat(console.out, "\n"))
    _, console = run({ resource_group = "team" }, { expires_in = 7200 }, nil, 3)
    text = table.concat(console.out, "\n")
    assert.matches("\nSETTING +VALUE +FROM\n.*resource_group +team +arguments$", text)
    local shown =
      cjson.decode(select(2, run({ output = "json", resource_group = "team" }, { expires_in = 7200 }, nil, 3)).out[1])
    assert.same({ 7200, 3, "team" }, { shown.expires_in, shown.deployments, shown.resource_group })
  end)

  it("may be for nobody knows how long", function()
    local _, console = run({}, {}, nil, 0)
    assert.matches("\nToken good: +nobody says how long\n", table.concat(console.out, "\n"))
  end)

  it("fails if one of them does", function()
    local refused = fakes.err { kind = "auth", status = 401, operation = "login" }
    local code, console, client = run({}, nil, refused)
    assert.equal(problems.NOT_AUTHORISED, code)
    assert.equal(1, #client.calls)
    assert.matches("^SETTING +VALUE +FROM\n", table.concat(console.out, "\n"))
    code, console = run({}, { expires_in = 60 }, nil, nil, fakes.err "timeout")
    assert.equal(problems.TIMED_OUT, code)
    assert.matches("^SETTING", console.out[1])
  end)

  it("shows the settings where no client can be made of them, and its error", function()
    local console, err = fakes.console(), fakes.err { kind = "config", message = "no client id" }
    assert.equal(problems.FAILED, login.fail({ output = "json", resource_group = "team" }, console, err))
    local shown = cjson.decode(console.out[1])
    assert.equal(1, #console.out)
    assert.same({ "config", "no client id" }, { shown.error.kind, shown.error.message })
    local last = shown.settings[#shown.settings]
    assert.same({ setting = "resource_group", value = "team", source = "arguments" }, last)
    assert.equal("aicorectl: config: no client id", console.notes[1])
    console = fakes.console()
    assert.equal(problems.FAILED, login.fail({ profile = "none-such" }, console, err))
    assert.matches("\nconfig_file +cannot be used +%S*/config_none%-such.json\n", table.concat(console.out, "\n"))
  end)
end)
