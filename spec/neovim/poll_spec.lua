-- A poll in a real Neovim: when it does its work, and when it rests.

local editor = require "spec.neovim.editor"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

describe("a poll", function()
  -- `count` is how often the work was begun; resume() ends the work that waits; await(n) waits until it has begun so
  -- often. A poll pauses as long as it has a timer.
  local BEGIN = [[
    local poll = require "aicore.neovim.poll"
    local count, resume, must_wait = 0, nil, false
    local function act()
      count = count + 1
      if must_wait then
        local co = coroutine.running()
        resume = function() coroutine.resume(co) end
        coroutine.yield()
      end
    end
    local function await(n)
      if not vim.wait(5000, function() return count >= n end, 1) then error("only " .. count) end
    end
    local function pauses(made) return made.timer ~= nil end
    local buffer = vim.api.nvim_create_buf(false, true)
    local function new(seconds)
      return poll.new { buffer = buffer, seconds = seconds, act = act }
    end
    local function show() vim.api.nvim_win_set_buf(0, buffer) end
    local function hide() vim.api.nvim_win_set_buf(0, vim.api.nvim_create_buf(false, true)) end
  ]]

  --- What the code says.
  local function run(code)
    local result = editor.run(BEGIN .. code .. [[ vim.cmd "qa!"]])
    assert.equal(0, result.status, result.stderr)
    return result.lines
  end

  it("begins when the buffer is shown, and does not before; without a pause it does no more", function()
    assert.same(
      { "0", "1", "false" },
      run [[
      local made = new(0) made:wake() say(count)
      show() say(count) say(pauses(made))
    ]]
    )
  end)

  it("goes on after each pause, and rests when nobody sees the buffer", function()
    assert.same(
      { "true", "false" },
      run [[
      local made = new(0.001) show() await(5) say(pauses(made))
      hide() say(pauses(made))
      show() await(7)
    ]]
    )
  end)

  it("does what it does once at a time, and once more for all who asked meanwhile", function()
    assert.same(
      { "1", "2", "2" },
      run [[
      must_wait = true
      local made = new(0) show() await(1)
      made:wake() made:wake() made:wake() say(count)
      resume() say(count)
      must_wait = false
      resume() say(count)
    ]]
    )
  end)

  it("begins its pause when the work is over", function()
    assert.same(
      { "false", "true" },
      run [[
      must_wait = true
      local made = new(0.001) show() say(pauses(made))
      must_wait = false
      resume() say(pauses(made))
      await(3)
    ]]
    )
  end)

  it("tells what the work raises, and goes on", function()
    assert.same(
      { "odd", "odd" },
      run [[
      local told = 0
      vim.notify = function(message) told = told + 1 say((message:gsub("^.*: ", ""))) end
      local plain = act
      act = function() plain() error "odd" end
      local made = new(0) show() made:wake()
      vim.wait(5000, function() return told == 2 end, 1)
    ]]
    )
  end)
end)
