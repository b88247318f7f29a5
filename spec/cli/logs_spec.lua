local argparse = require "argparse"
local blocking = require "aicore.runtime.blocking"
local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local logs = require "aicore.cli.logs"
local problems = require "aicore.cli.problems"

local FIRST = { timestamp = "2026-01-01T00:00:00.000+00:00", msg = "one  \n" }
local SECOND = { timestamp = "2026-01-01T00:00:01.000+00:00", msg = "two" }

local function run(given, methods)
  local console, client =
    fakes.console(), fakes.client(methods or {
      logs = function(_, opts)
        return opts.order == "desc" and { SECOND, FIRST } or { FIRST, SECOND }
      end,
    })
  given.ids, given.command = given.ids or { "dep-1" }, "logs"
  return logs.run(given, console, client), console, client
end

describe("logs", function()
  it("are lines with their times", function()
    local code, console = run {}
    assert.equal(problems.DONE, code)
    assert.same({ FIRST.timestamp .. " one", SECOND.timestamp .. " two" }, console.out)
    assert.same({ FIRST, SECOND }, cjson.decode(select(2, run { output = "json" }).out[1]))
  end)

  it("cannot speak to the terminal", function()
    local _, console = run({}, {
      logs = function()
        return { { timestamp = "2026\27c", msg = "a\27[2Jb\nc" } }
      end,
    })
    assert.same({ "2026?c a?[2Jb?c" }, console.out)
  end)

  it("are the last ones, in their order, with --tail", function()
    local _, console, client = run { tail = 2 }
    assert.same({ FIRST.timestamp .. " one", SECOND.timestamp .. " two" }, console.out)
    assert.same({ 2, "desc" }, { client.calls[1][3].top, client.calls[1][3].order })
  end)

  it("begin with --since so long ago", function()
    local _, _, client = run { since = 3600 }
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", client.calls[1][3].start)
    assert.is_true(client.calls[1][3].start < os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 3500))
  end)

  it("stay an array in JSON where there are none", function()
    local code, console = run({ output = "json" }, {
      logs = function()
        return {}
      end,
    })
    assert.same({ problems.DONE, { "[]" } }, { code, console.out })
  end)

  --- What every pause is instead; counts them.
  local function without_pauses(answer)
    local sleep, pauses = blocking.sleep, {}
    function blocking.sleep(seconds)
      pauses[#pauses + 1] = seconds
      return answer
    end
    finally(function()
      blocking.sleep = sleep
    end)
    return pauses
  end

  it("are followed until it has ended, its last words included", function()
    local pauses = without_pauses(true)
    local looks, states = { { FIRST }, {}, { FIRST, SECOND }, { SECOND } }, 0
    local code, console = run({ follow = true, output = "json" }, {
      logs = function()
        return table.remove(looks, 1) or { SECOND }
      end,
      status = function(id)
        states = states + 1
        return { id = id, status = "STOPPED" }
      end,
    })
    assert.equal(problems.DONE, code)
    assert.same({ FIRST, SECOND }, { cjson.decode(console.out[1]), cjson.decode(console.out[2]) })
    assert.same({ 2, 1 }, { #console.out, states })
    assert.same({ 1 }, pauses)
  end)

  it("are followed until Ctrl-C", function()
    without_pauses(false)
    assert.equal(problems.INTERRUPTED, (run { follow = true }))
  end)

  it("fail as the library does", function()
    for _, given in ipairs { {}, { tail = 5 }, { follow = true }, { follow = true, tail = 5 } } do
      local code = run(given, {
        logs = function()
          return nil, fakes.not_found "dep-1"
        end,
      })
      assert.equal(problems.NOT_FOUND, code)
    end
  end)

  it("are of one deployment", function()
    local code, console, client = run { ids = { "dep-1", "dep-2" } }
    assert.equal(problems.USAGE, code)
    assert.same({}, client.calls)
    assert.matches("logs of one deployment at a time, not of 2", console.notes[1])
  end)

  it("are asked for by a number of lines that the service gives at once", function()
    local parser = argparse "logs"
    logs.configure(parser)
    parser.error = function(_, message)
      error({ message = message }, 0)
    end
    assert.equal(5000, parser:parse({ "dep-1", "--tail", "5000" }).tail)
    for _, text in ipairs { "0", "5001", "1.5", "all" } do
      local ok, failure = pcall(parser.parse, parser, { "dep-1", "--tail", text })
      assert.is_false(ok)
      assert.matches("is not a number of lines from 1 to 5000", failure.message)
    end
  end)
end)
