-- Without lua-cjson a Neovim decodes by what it has inside: the same texts, read by both, mean the same.

local editor = require "spec.neovim.editor"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

local CODE = [==[
  local core = require "aicore.core"
  local function nested(depth)
    return ("["):rep(depth) .. ("]"):rep(depth)
  end
  local texts = {
    '{}', '[]', ' {"a" : [1, 2.5, -3, 1e3, 1E+05, 0, -0.5, true, false]}', '{"a":null,"b":[1,null,3]}',
    '{"a\\"]}":"\\\\","b":"\\u00e9\\\\\\"0123 NaN"}', '{"NaN":"Infinity","0x1":"]]]"}', '[9007199254740993, 1e400]',
    nested(8), nested(9), '{"a":' .. nested(7) .. '}', '{"a":' .. nested(8) .. '}', '["' .. nested(9) .. '"]',
    '', '[', '[1,]', '{"a"}', '"text"', 'null', '7', '{} x', '["a]', '["\\', '["\1"]', '["\\x"]', '\239\187\191{}',
    '[NaN]', '[-Infinity]', '[inf]', '[0x1F]', '[0123]', '[-01]', '[1 2]', '[nul]', '[tru]', '[.5]', '[+1]', '[-.5]',
    '[-+1]', '[- 1]', '[1e]', '[1.]', '[-nan]', '[-]', '[1e5x]', '[1 NaN]',
  }
  -- An empty object has the editor's own mark of one, which is no part of the contract.
  local function unmarked(value)
    return type(value) == "table" and setmetatable(value, nil) or value
  end
  for _, text in ipairs(texts) do
    local value, complaint = core.decode(text, 8)
    local shown = vim.inspect({ value or false, complaint ~= nil }, { process = unmarked })
    say(shown:gsub("%s+", " ") .. " of " .. vim.inspect(text))
  end
  vim.cmd "qa!"
]==]

local WITHOUT = [[
  package.preload.cjson = function() error("module 'cjson' not found: hidden", 0) end
]]

describe("vim.json", function()
  it("is understood as lua-cjson is: depth, nulls, numbers, and what is no JSON", function()
    local with, without = editor.run(CODE), editor.run(WITHOUT .. CODE)
    assert.equal(0, with.status, with.stderr)
    assert.equal(0, without.status, without.stderr)
    assert.same(with.lines, without.lines)
    assert.matches("^{ {}, false } of", with.lines[1])
    assert.matches("a = { 1, 2.5, %-3, 1000, 100000, 0, %-0.5, true, false }", with.lines[3])
    assert.matches("{ { b = { 1, {}, 3 } }, false }", with.lines[4])
  end)

  it("is no help where there is none: the error is lua-cjson's", function()
    local said = editor.run(WITHOUT .. [[
      vim.json = nil
      say(select(2, pcall(require("aicore.core").decode, "{}", 8)))
      vim.cmd "qa!"
    ]])
    assert.same({ "module 'cjson' not found: hidden" }, said.lines)
  end)
end)
