-- The colours in a real Neovim, which has an opinion of which groups there are.

local editor = require "spec.neovim.editor"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

describe("the colours of the panel", function()
  it("have a group for each status, linked to one that the editor has", function()
    local result = editor.run [[
      local highlights = require "aicore.neovim.highlights"
      local lifecycle = require "aicore.model.lifecycle"
      local lines = require "aicore.neovim.lines"
      local links = highlights.links()
      highlights.define(links)
      for _, status in ipairs(lifecycle.statuses) do
        local group = lines.status_group(status)
        local there = links[group] and vim.fn.hlexists(links[group]) == 1 and vim.fn.hlexists(group) == 1
        say(status .. (there and " ok" or " has no colour"))
      end
      say(links.AICoreDead .. " " .. links.AICoreStopped .. " " .. links.AICoreUnknown)
      vim.cmd "qa!"
    ]]
    assert.equal(0, result.status, result.stderr)
    assert.equal("DiagnosticError Comment DiagnosticHint", table.remove(result.lines))
    for _, line in ipairs(result.lines) do
      assert.matches("^%u+ ok$", line)
    end
    assert.equal(#require("aicore.model.lifecycle").statuses, #result.lines)
  end)
end)
