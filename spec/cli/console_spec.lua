--- What the console makes of its streams; spec/cli/terminal_spec.lua has a real terminal.

local console = require "aicore.cli.console"

local STDOUT, STDERR = 1, 2

-- What was written, and in which order, by stream: "out: …", "err: …"; and what writing comes to.
local written, fault
local real = { stdout = io.stdout, stderr = io.stderr }

local function stream(name)
  return {
    write = function(_, ...)
      written[#written + 1] = name .. ": " .. table.concat { ... }
      if fault then
        return nil, fault
      end
      return true
    end,
    flush = function()
      if fault then
        return nil, fault
      end
      return true
    end,
  }
end

--- A console with these variables, whose standard output and error are terminals or not.
local function new(variables, out_is_terminal, err_is_terminal)
  local made = console.new(function(name)
    return variables[name]
  end)
  made.terminals = { [0] = false, [STDOUT] = out_is_terminal or false, [STDERR] = err_is_terminal or false }
  return made
end

before_each(function()
  written, fault = {}, nil
  rawset(io, "stdout", stream "out")
  rawset(io, "stderr", stream "err")
end)

after_each(function()
  rawset(io, "stdout", real.stdout)
  rawset(io, "stderr", real.stderr)
end)

describe("a console's colour", function()
  it("is there on a terminal that has colours, unless NO_COLOR says otherwise", function()
    local function painted(variables, is_terminal)
      return new(variables, is_terminal):paint("red", "x") ~= "x"
    end
    assert.is_true(painted({ TERM = "xterm" }, true))
    assert.is_true(painted({ TERM = "xterm", NO_COLOR = "" }, true))
    assert.is_false(painted({ TERM = "xterm", NO_COLOR = "1" }, true))
    assert.is_false(painted({ TERM = "xterm" }, false))
    assert.is_false(painted({ TERM = "dumb" }, true))
    assert.is_false(painted({}, true))
  end)

  it("may be none", function()
    assert.equal("x", new({ TERM = "xterm" }, true):paint(nil, "x"))
  end)
end)

describe("the room for a table", function()
  it("is COLUMNS, or the terminal's width; in a pipe there is any", function()
    assert.equal(60, new({ COLUMNS = "60" }):room())
    local other = new {}
    other.terminals[1] = false
    assert.is_nil(other:room())
    other.terminals[1], other.columns = true, 99
    assert.equal(99, other:room())
  end)
end)

describe("a console's width", function()
  it("is what COLUMNS says", function()
    assert.equal(132, new({ COLUMNS = "132" }):width())
  end)

  it("is 80 where that makes no sense", function()
    assert.equal(80, new({ COLUMNS = "0" }):width())
  end)
end)

describe("a live line", function()
  it("is drawn anew only when it has changed, and gives way to notes", function()
    local made, text = new({ TERM = "xterm" }, false, true), "1 of 2"
    made.live = function()
      return text
    end
    made:refresh()
    made:refresh()
    assert.same({ "err: \r1 of 2\27[K" }, written)
    written = {}
    made:note "look"
    assert.same({ "err: \r\27[K", "err: look\n", "err: \r1 of 2\27[K" }, written)
    written, text = {}, "2 of 2"
    made:refresh()
    made:settle()
    assert.same({ "err: \r2 of 2\27[K", "err: \r\27[K" }, written)
    written = {}
    made:refresh()
    assert.same({}, written)
  end)

  it("is for a terminal that can move its cursor", function()
    assert.is_true(new({ TERM = "xterm" }, false, true):is_live())
    assert.is_false(new({ TERM = "xterm" }, true, false):is_live())
    assert.is_false(new({ TERM = "dumb" }, true, true):is_live())
  end)
end)

describe("a person", function()
  it("is there to be asked if standard input and error are a terminal", function()
    local made = new({ TERM = "dumb" }, false, true)
    assert.is_false(made:can_ask())
    assert.is_true(made:is_piped())
    made.terminals[0] = true
    assert.is_true(made:can_ask())
    assert.is_false(made:is_piped())
    made.terminals[STDERR] = false
    assert.is_false(made:can_ask())
  end)
end)

describe("a result", function()
  it("goes to standard output", function()
    local made = new {}
    made:print "line"
    assert.is_nil(made:flush())
    assert.same({ "out: line\n" }, written)
  end)

  it("that could not be written once is lost for good", function()
    local made = new {}
    fault = "No space left on device"
    made:print "line"
    fault = nil
    made:print "line"
    assert.equal("No space left on device", made:flush())
    made = new {}
    fault = "Broken pipe"
    assert.equal("Broken pipe", made:flush())
  end)
end)

describe("what a console writes", function()
  it("has no control characters but its own colours, and as many lines as it had", function()
    local screen = new({ TERM = "xterm" }, true, true)
    local foreign = "a\27]0;x\7\tb\r\194\155c\27[5m\nd"
    local clean = "a?]0;x??b??c?[5m\nd"
    screen:print(screen:paint("red", "x") .. foreign .. screen:paint("bold", "y"))
    screen:note(foreign)
    screen.live = function()
      return foreign
    end
    screen:refresh()
    assert.same({
      "out: \27[31mx\27[0m" .. clean .. "\27[1my\27[0m\n",
      "err: " .. clean .. "\n",
      "err: \r" .. clean .. "\27[K",
    }, written)
  end)
end)
