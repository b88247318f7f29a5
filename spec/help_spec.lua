-- doc/aicore.txt, Neovim's help: made from what the code says, and found by its tags.

local editor = require "spec.neovim.editor"
local help = require "tools.help"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("doc/aicore.txt", function()
  it("is what the code says: make format writes it", function()
    assert.equal(help.renew(), read(help.path))
  end)

  it("says where settings are looked for, and what they are by default", function()
    local text = read(help.path)
    for _, part in ipairs { "AICORE_SERVICE_KEY", "AICORE_HOME", "VCAP_SERVICES", "SERVICE_BINDING_ROOT", "(120 s)" } do
      assert(text:find(part, 1, true), part)
    end
  end)

  it("has every function, and lines that fit", function()
    local text = read(help.path)
    for name, value in pairs(require "aicore") do
      if type(value) == "function" and name ~= "client" and name ~= "spawn" then
        assert(text:find(("*aicore.%s()*"):format(name), 1, true), name)
      end
    end
    for line in text:gmatch "[^\n]+" do
      assert(#line <= 100, line)
    end
  end)

  -- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
  if package.loaded.jit then
    it("is found by :help, when make has written its tags", function()
      editor.with_folder(function(folder)
        assert.equal(0, os.execute((os.getenv "MAKE" or "make") .. " -s doc/tags"))
        os.execute(("cp -r doc %s/"):format(folder))
        local result = editor.run(
          [[
            for _, tag in ipairs { "aicore", ":AICore", "aicore.teardown()", "aicore-setup", "aicore-settings" } do
              vim.cmd("help " .. tag)
              say(vim.fn.expand "%:t" .. " " .. tostring(vim.fn.getline("."):find(tag, 1, true) ~= nil))
            end
            vim.cmd "qa!"
          ]],
          { plugin = folder }
        )
        assert.equal(0, result.status, result.stderr)
        assert.same(("aicore.txt true|"):rep(5), table.concat(result.lines, "|") .. "|")
      end)
    end)
  end
end)
