local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"
local report = require "aicore.cli.report"

local stop, delete = require "aicore.cli.stop", require "aicore.cli.delete"

local function accept(id)
  return { id = id, message = "accepted" }
end

local function run(command, given, methods)
  local console, client = fakes.console(), fakes.client(methods or { stop = accept, delete = accept })
  given.command = command == stop and "stop" or "delete"
  local code = command.run(given, console, client)
  return code, console, client
end

describe("stop and delete", function()
  it("send one request for each, and print what the service says", function()
    local code, console, client = run(stop, { ids = { "dep-1", "dep-2" }, timeout = 7 })
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: accepted", "dep-2: accepted" }, console.out)
    assert.same({ { "stop", "dep-1", { timeout = 7 } }, { "stop", "dep-2", { timeout = 7 } } }, client.calls)
  end)

  it("print a message that cannot speak to the terminal", function()
    local _, console = run(stop, { ids = { "dep-1" } }, {
      stop = function(id)
        return { id = id, message = "a\27[2Jb" }
      end,
    })
    assert.same({ "dep-1: a?[2Jb" }, console.out)
  end)

  it("do without a message", function()
    local _, console = run(stop, { ids = { "dep-1" } }, {
      stop = function(id)
        return { id = id }
      end,
    })
    assert.same({ "dep-1: accepted" }, console.out)
  end)

  it("go on with the others where one fails", function()
    local code, console = run(stop, { ids = { "dep-1", "dep-2" } }, {
      stop = function(id)
        if id == "dep-1" then
          return nil, fakes.err { kind = "state", operation = "stop", id = id }
        end
        return accept(id)
      end,
    })
    assert.equal(problems.FAILED, code)
    assert.same({ "dep-2: accepted" }, console.out)
  end)

  it("tell of a deletion of what was not there", function()
    local code, console = run(delete, { ids = { "dep-1" } }, {
      delete = function(id)
        return { id = id, message = "there is no such deployment", absent = true }
      end,
    })
    assert.equal(problems.NOT_FOUND, code)
    assert.same({}, console.out)
    assert.matches("there is no such deployment", console.notes[1])
  end)

  describe("in a dry run", function()
    local function pretend(command, status, target, more)
      local given = { ids = { "dep-1" }, dry_run = true }
      for name, value in pairs(more or {}) do
        given[name] = value
      end
      local code, console, client = run(command, given, {
        status = function(id)
          if not status then
            return nil, fakes.not_found(id)
          end
          return { id = id, status = status, targetStatus = target }
        end,
      })
      assert.same({ { "status", "dep-1", {} } }, client.calls)
      return { code, console.out[1] or console.notes[1] }, console
    end

    it("look, and say what would happen", function()
      local shown = select(2, pretend(delete, "STOPPED", nil, { output = "json", wait = true })).out[1]
      local message = "would be deleted, its status is STOPPED (dry run)"
      assert.same({ id = "dep-1", message = message, status = "STOPPED", dry_run = true }, cjson.decode(shown))
      local nothing = "dep-1: nothing would be done, its status is %s (dry run)"
      local would = "dep-1: would be stopped, its status is %s (dry run)"
      assert.same({ 0, would:format "RUNNING" }, pretend(stop, "RUNNING", "RUNNING"))
      assert.same({ 0, would:format "NEW_WORD" }, pretend(stop, "NEW_WORD"))
      assert.same({ 0, nothing:format "STOPPING" }, pretend(stop, "STOPPING", "STOPPED"))
      assert.same({ 0, nothing:format "RUNNING" }, pretend(stop, "RUNNING", "STOPPED"))
      for _, ended in ipairs { "DEAD", "STOPPED", "COMPLETED" } do
        assert.same({ 0, nothing:format(ended) }, pretend(stop, ended, "RUNNING", { wait = true }))
        assert.same({ 0, nothing:format(ended) }, pretend(stop, ended, "RUNNING"))
      end
      assert.same({ 0, nothing:format "STOPPED" }, pretend(delete, "STOPPED", "DELETED"))
    end)

    it("look at nothing where no ids were piped in", function()
      local code, console, client = run(stop, { ids = {}, dry_run = true })
      assert.same({ 0, {}, {} }, { code, console.out, client.calls })
    end)

    it("fail where they would", function()
      assert.same(
        { 1, "aicorectl: delete dep-1: state: it would not be deleted, its status is RUNNING" },
        pretend(delete, "RUNNING")
      )
      assert.same(
        { 1, "aicorectl: stop dep-1: state: it would not be stopped, its status is UNKNOWN" },
        pretend(stop, "UNKNOWN")
      )
      assert.same({ 3, "aicorectl: stop dep-1: there is no such deployment" }, pretend(stop, nil))
    end)
  end)

  it("send nothing if one of the ids is none", function()
    local code, console, client = run(stop, { ids = { "dep-1", "a/b" } })
    assert.equal(problems.USAGE, code)
    assert.same({}, client.calls)
    assert.matches("aicorectl stop %-%-help", console.notes[2])
  end)

  for name, command in pairs { stop = stop, delete = delete } do
    it(("take --appear with --wait only: %s"):format(name), function()
      assert.matches("%-%-wait", command.check { appear = 5 })
      assert.is_nil(command.check { appear = 5, wait = true })
      assert.is_nil(command.check {})
    end)

    it(("wait with --wait until it is so: %s_all"):format(name), function()
      local made = report.empty()
      made.stopped, made.deleted = { "dep-1" }, { "dep-1" }
      local code, console, client = run(
        command,
        { ids = { "dep-1" }, wait = true, timeout = 7, appear = 8, output = "ids" },
        {
          [name .. "_all"] = function(_, opts)
            opts.on_progress { total = 1, left = 1, states = {} }
            return made
          end,
        }
      )
      assert.equal(problems.DONE, code)
      assert.same({ "dep-1" }, console.out)
      local call = client.calls[1]
      assert.same({ name .. "_all", { "dep-1" }, 7, 8 }, { call[1], call[2], call[3].timeout, call[3].appear })
      assert.equal(1, #client.calls)
    end)
  end
end)
