--- The manual page and the completion scripts know all that the help knows.

local command = require "spec.cli.command"
local emulator = require "spec.support.emulator"
local lifecycle = require "aicore.model.lifecycle"

local function help(arguments)
  local result = command.run(arguments .. " --help")
  assert.equal(0, result.code, result.err)
  return result.out
end

local function names()
  local list = {}
  for name in help(""):match("Commands:\n(.*)$"):gmatch "\n?   (%l+) " do
    list[#list + 1] = name
  end
  return list
end

-- The emulator's own options are in its help alone.
local function options_of(name)
  local list = {}
  for option in help(name):gmatch "%f[%w-](%-%-[%l-]+)" do
    list[option] = name ~= "emulator" or nil
  end
  return list
end

local function run(line)
  local pipe = assert(io.popen(line .. " 2>&1; echo $?"))
  local text, code = pipe:read("*a"):match "^(.-)(%d+)\n$"
  pipe:close()
  return text, tonumber(code)
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

describe("a completion script", function()
  local marks = { bash = "complete -F _aicorectl", zsh = "#compdef aicorectl", fish = "complete -c aicorectl" }
  for shell, mark in pairs(marks) do
    it("for " .. shell .. " knows the commands", function()
      local script = command.run("completion " .. shell)
      assert.equal(0, script.code)
      assert.is_truthy(script.out:find(mark, 1, true))
      for _, name in ipairs(names()) do
        assert.is_truthy(script.out:find(name, 1, true), name)
      end
    end)
  end

  it("completes in bash", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(command.run("completion bash").out)
    file:close()
    finally(function()
      os.remove(path)
    end)
    local function complete(words)
      local last = select(2, words:gsub("%S+", ""))
      local code = ([[. %s; COMP_WORDS=(%s); COMP_CWORD=%d; _aicorectl; echo "${COMPREPLY[@]}"]]):format(
        path,
        words,
        last - 1
      )
      local text, exit = run(("bash -c '%s'"):format(code))
      assert.equal(0, exit, text)
      return (text:gsub("\n", ""))
    end
    assert.equal("teardown", complete "aicorectl tear")
    assert.equal("--older-than", complete "aicorectl teardown --old")
    assert.equal("json", complete "aicorectl list -o js")
    assert.equal("STOPPING STOPPED", complete "aicorectl list --status STOP")
    assert.equal("", complete "aicorectl stop d")
  end)

  it("asks for ids and profiles", function()
    local server = emulator.start { "--deployments", 2 }
    finally(server.stop)
    local env = command.settings(server)
    assert.equal("d000000000000001\nd000000000000002\n", command.run("complete ids", { env = env }).out)
    local silent = { out = "", err = "", code = 0 }
    assert.same(silent, command.run("complete ids", {}))
    server.fault { operation = "login", latency = 30 }
    assert.same(silent, command.run("complete ids", { env = env }))
    assert.equal("", command.run("complete profiles", {}).out)
    local folder = run("mktemp -d"):gsub("\n", "")
    run(("touch %s/config.json %s/config_b.json %s/config_a.json %s/x"):gsub("%%s", folder))
    assert.equal("a\nb\ndefault\n", command.run("complete profiles", { env = { AICORE_HOME = folder } }).out)
    run("rm -r " .. folder)
  end)

  it("lets shells ask", function()
    for shell, asks in pairs {
      bash = { [[complete ids 2>/dev/null)" -- "$cur"]], [[complete profiles 2>/dev/null)" -- "$cur"]] },
      zsh = { '"*: :_aicorectl_ids"', "]: :_aicorectl_profiles", "_aicorectl_profiles() {" },
      fish = { "'__fish_aicorectl_using_command stop' -xa '(aicorectl complete ids", "-l profile -xa" },
    } do
      local script = command.run("completion " .. shell).out
      for _, ask in ipairs(asks) do
        assert.is_truthy(script:find(ask, 1, true), ask)
      end
    end
  end)

  it("knows every command that takes ids", function()
    local script = command.run("completion fish").out
    for _, name in ipairs(names()) do
      local takes = help(name):match "\n  *<?ids?>? " ~= nil
      local asked = script:find(("using_command %s' -xa '(aicorectl complete ids"):format(name), 1, true) ~= nil
      assert.equal(takes, asked, name)
    end
  end)
end)
