-- What setup{} takes, in a Neovim, whose colours are among the defaults.

local editor = require "spec.neovim.editor"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

describe("the options of the panel", function()
  --- What the code says, which has `complete`.
  local function run(code)
    local result =
      editor.run([[local complete = require("aicore.neovim.options").complete ]] .. code .. [[ vim.cmd "qa!"]])
    assert.equal(0, result.status, result.stderr)
    return result.lines
  end

  it("have defaults; what is nested is merged, and the defaults stay what they are", function()
    assert.same(
      { "5", "s", "false", "Title", "X", "s" },
      run [[
        say(complete().refresh)
        local made = complete { keys = { delete = false }, highlights = { AICoreDead = "X" } }
        say(made.keys.stop) say(made.keys.delete) say(made.highlights.AICoreTitle) say(made.highlights.AICoreDead)
        made.keys.stop = "?"
        say(complete().keys.stop)
      ]]
    )
  end)

  it("have a key and a mode for every action", function()
    assert.same(
      {},
      run [[
        local options = require "aicore.neovim.options"
        local keys, seen = complete().keys, {}
        for _, action in ipairs(options.actions) do
          local key = keys[action.name]
          if not key or seen[key] or #action.modes == 0 or action.about == "" then say(action.name) end
          seen[key] = true
        end
        for name in pairs(require("aicore.neovim.actions").all) do
          if not keys[name] then say(name) end
        end
      ]]
    )
  end)

  it("are refused where they are not known, or of another type", function()
    local lines = run [[
      for _, given in ipairs {
        { colour = 1 }, { refresh = "5" }, { keys = { fly = "f" } }, { keys = { stop = 5 } },
        { keys = { stop = true } }, { highlights = { AICoreDead = false } }, { keys = false }, "text",
      } do
        local _, message = pcall(complete, given)
        say(tostring(message):match "setup: (.*)$")
      end
    ]]
    assert.same({
      "there is no option 'colour'",
      "option 'refresh': a number expected, got string",
      "there is no key 'fly'",
      "key 'stop': a string expected, got number",
      "key 'stop': a string expected, got boolean",
      "highlight 'AICoreDead': a string expected, got boolean",
      "option 'keys': a table expected, got boolean",
      "a table of options expected, got string",
    }, lines)
  end)
end)
