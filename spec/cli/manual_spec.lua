--- The manual page knows all that the help knows.

local command = require "spec.cli.command"
local lifecycle = require "aicore.model.lifecycle"

local help, names = command.help, command.names

-- The emulator's own options are in its help alone.
local function options_of(name)
  local list = {}
  for option in help(name):gmatch "%f[%w-](%-%-[%l-]+)" do
    list[option] = name ~= "emulator" or nil
  end
  return list
end

describe("the manual page", function()
  local page

  setup(function()
    local file = assert(io.open "man/aicorectl.1")
    page = file:read("*a"):gsub("\\%-", "-")
    file:close()
  end)

  it("has every command and every option", function()
    assert.is_true(#names() >= 15)
    for _, name in ipairs(names()) do
      assert.is_truthy(page:find("\n.BR? " .. name .. "%f[%W]"), name)
      for option in pairs(options_of(name)) do
        assert.is_truthy(page:find(option, 1, true), option)
      end
    end
  end)

  it("has the options that stand before the command", function()
    for option in pairs(options_of "") do
      assert.is_truthy(page:find(option, 1, true), option)
    end
  end)

  it("has every status", function()
    for _, status in ipairs(lifecycle.statuses) do
      assert.is_truthy(page:find("%f[%a]" .. status .. "%f[%A]"), status)
    end
  end)

  it("has every exit code", function()
    for _, code in ipairs { 0, 1, 2, 3, 4, 5, 130 } do
      assert.is_truthy(page:find(("\n.TP\n.B %d\n"):format(code), 1, true))
    end
  end)
end)
