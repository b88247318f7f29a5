local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local lifecycle = require "aicore.model.lifecycle"
local problems = require "aicore.cli.problems"
local waiting = require "aicore.cli.waiting"

local function wait(goal, answers, given)
  local console = fakes.console(given)
  local ids = {}
  for id in pairs(answers) do
    ids[#ids + 1] = id
  end
  table.sort(ids)
  local lines = {}
  console.refresh = function(self)
    lines[#lines + 1] = self.live()
  end
  local client = fakes.client {
    wait = function(id, _, opts)
      return answers[id](opts.on_progress, id)
    end,
  }
  local code = waiting.run({ timeout = 9, appear = 5, output = "json" }, console, client, ids, goal)
  return cjson.decode(console.out[1]), code, client, lines
end

describe("waiting", function()
  it("is for each on its own, with the whole time", function()
    local running = { id = "d1", status = "RUNNING" }
    local shown, code, client = wait("RUNNING", {
      d1 = function()
        return running
      end,
    })
    assert.same(running, shown)
    assert.equal(problems.DONE, code)
    local call = client.calls[1]
    assert.same({ "wait", "d1", "RUNNING", 9, 5 }, {
      call[1],
      call[2],
      call[3],
      call[4].timeout,
      call[4].appear,
    })
  end)

  it("ends with what is gone, too", function()
    local shown = wait(lifecycle.GONE, {
      d1 = function()
        return true
      end,
    })
    assert.same({ id = "d1", status = "GONE" }, shown)
  end)

  it("tells of those that did not get there", function()
    local shown, code = wait("RUNNING", {
      d1 = function()
        return nil, fakes.err "timeout"
      end,
      d2 = function()
        return { id = "d2", status = "RUNNING" }
      end,
    })
    assert.equal(problems.TIMED_OUT, code)
    assert.equal("timeout", shown[1].error.kind)
    assert.equal("RUNNING", shown[2].status)
  end)

  it("counts meanwhile how many are in which state", function()
    local _, _, _, lines = wait("STOPPED", {
      d1 = function(seen)
        seen { id = "d1", status = "RUNNING" }
        seen { id = "d1", status = "STOPPING" }
        return { id = "d1", status = "STOPPED" }
      end,
      d2 = function(seen)
        seen { id = "d2", status = nil }
        seen { id = "d2", status = "RUNNING" }
        return { id = "d2", status = "STOPPED" }
      end,
    }, { live = true })
    local states = {}
    for i, line in ipairs(lines) do
      states[i] = line:match "^%[[#.]+%] (%d of %d done).*; ([^;]+)$" and line:gsub("^.-%] (%d) of 2.*; ", "%1: ")
    end
    assert.equal("0: not seen yet 1, RUNNING 1", states[1])
    assert.equal("0: not seen yet 1, STOPPING 1", states[2])
    assert.equal("1: not seen yet 1", states[3])
    assert.equal("1: RUNNING 1", states[5])
    assert.matches("2 of 2 done", lines[#lines])
  end)

  it("counts none as done that failed", function()
    local _, _, _, lines = wait("STOPPED", {
      d1 = function()
        return nil, fakes.err "timeout"
      end,
      d2 = function()
        return { id = "d2", status = "STOPPED" }
      end,
    }, { live = true })
    assert.matches("1 of 2 done %(50%%%); 1 failed; ", lines[#lines])
  end)
end)
