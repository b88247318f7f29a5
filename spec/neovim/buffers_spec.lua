--- What of the world's text gets into a buffer or a message: without an editor, by what its functions are called with.

local FOREIGN, CLEAN = "a\27]0;x\7\tb\194\155c\155", "a?]0;x??b?c?"

describe("a line from outside", function()
  local shown

  before_each(function()
    shown = {}
    rawset(_G, "vim", {
      bo = { {} },
      log = { levels = {} },
      api = {
        nvim_buf_set_lines = function(_, _, _, _, lines)
          shown = lines
        end,
      },
      schedule = function(act)
        act()
      end,
      notify = function(message)
        shown = { message }
      end,
    })
  end)

  after_each(function()
    rawset(_G, "vim", nil)
  end)

  it("has no control characters in a buffer, and is one line", function()
    require("aicore.neovim.buffers").write(1, 0, -1, { "é", FOREIGN .. "\nd" })
    assert.same({ "é", CLEAN .. "?d" }, shown)
  end)

  it("has none in a message, whose lines stay", function()
    require "aicore.neovim.notify"(FOREIGN .. "\nd", "ERROR")
    assert.same({ "aicore: " .. CLEAN .. "\nd" }, shown)
  end)
end)
