--- The completion scripts know all that the help knows, and ask in every shell that is there.

local command = require "spec.cli.command"
local emulator = require "spec.support.emulator"

local help, names = command.help, command.names

local function run(line)
  local pipe = assert(io.popen(line .. " 2>&1; echo $?"))
  local text, code = pipe:read("*a"):match "^(.-)(%d+)\n$"
  pipe:close()
  return text, tonumber(code)
end

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
      assert.is_nil(script.out:find "%f[%w]complete[:']") -- it is for scripts
      assert.is_nil(script.out:find "%scomplete%)")
    end)
  end

  it("asks for ids and profiles", function()
    local server = emulator.start { "--deployments", 2 }
    finally(server.stop)
    local env = command.settings(server)
    assert.equal("d000000000000001\nd000000000000002\n", command.run("complete ids", { env = env }).out)
    local silent = { out = "", err = "", code = 0 }
    assert.same(silent, command.run("complete ids", {}))
    server.fault { operation = "login", latency = 30 }
    assert.same(silent, command.run("complete ids", { env = env }))
    server.clear_faults()
    assert.same(silent, command.run("complete ids -- -g ' '", { env = env }))
    assert.equal("", command.run("complete profiles", {}).out)
    local folder = run("mktemp -d"):gsub("\n", "")
    run(("touch %s/config.json %s/config_b.json %s/config_a.json %s/x"):gsub("%%s", folder))
    assert.equal("a\nb\ndefault\n", command.run("complete profiles", { env = { AICORE_HOME = folder } }).out)
    run(("mkdir %s/.aicore; cp %s/config*.json %s/.aicore"):gsub("%%s", folder))
    for _, home in ipairs { "", "~/.aicore" } do
      assert.equal(
        "a\nb\ndefault\n",
        command.run("complete profiles", { env = { AICORE_HOME = home, HOME = folder } }).out
      )
    end
    run("rm -r " .. folder)
  end)

  it("lets shells ask", function()
    for shell, asks in pairs {
      bash = { "complete ids -- ", "complete profiles -- " },
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

-- What is typed, and what TAB makes of it or offers. Each group, kind and profile has one deployment.
local LINES = {
  ["aicorectl tear"] = "teardown",
  ["aicorectl teardown --older-th"] = "%-%-older%-than",
  ["aicorectl list -o js"] = "json",
  ["aicorectl list --status RUNN"] = "RUNNING",
  ["aicorectl list --profile my"] = "myown",
  ["aicorectl stop "] = "d%-default",
  ["aicorectl stop -g team "] = "d%-team",
  ["aicorectl -g team teardown --yes "] = "d%-team",
  ["aicorectl --resource-group=team status "] = "d%-team",
  ["aicorectl status --resource-group 'team' d"] = "d%-team",
  ["aicorectl wait --for STOPPED --kind executions "] = "e%-default",
  ["aicorectl delete --profile myown "] = "d%-profile",
}

--- Types a line in an interactive shell.
local function typing(start, load)
  return function(folder, env)
    local terminal = command.terminal(command.beside(start, env))
    local function type_line(text, done)
      terminal.forget()
      terminal.type(text .. "; echo do''ne\n")
      terminal.see(done or "done\r?\n")
    end
    type_line(load:format(folder))
    return {
      complete = function(line, wanted)
        terminal.forget()
        terminal.type(line .. "\t")
        terminal.see(wanted)
        terminal.type "\21" -- Ctrl-U: the line is gone
        type_line ":"
      end,
      stop = function()
        terminal.type "\3" -- where a line was left unfinished
        terminal.type "\nexit\n"
        terminal.finish()
      end,
    }
  end
end

-- How each shell is asked. The folder has a script named as each wants it to be.
local SHELLS = {
  bash = typing("bash --norc --noprofile -i", ". %s/aicorectl"),
  zsh = typing("zsh -f -i", "fpath=(%s $fpath); autoload -U compinit; compinit -u -D"),
  fish = function(folder, env)
    local line = [[fish --no-config -c 'source %s/aicorectl.fish; complete -C "%s"']]
    return {
      complete = function(words, wanted)
        assert.matches(wanted, (run(command.beside(line:format(folder, words:gsub("'", "")), env))))
      end,
      stop = function() end,
    }
  end,
}

describe("completion by", function()
  local FILES = { bash = "aicorectl", zsh = "_aicorectl", fish = "aicorectl.fish" }
  local folder, server, env

  setup(function()
    folder = run("mktemp -d"):gsub("\n", "")
    server = emulator.start()
    server.seed { id = "d-default" }
    server.seed { id = "d-team", resource_group = "team" }
    server.seed { id = "d-profile", resource_group = "its-own" }
    server.seed { id = "e-default", resource = "executions" }
    env = command.settings(server, { AICORE_HOME = folder })
    local profile = assert(io.open(folder .. "/config_myown.json", "w"))
    local row = [[{"AICORE_BASE_URL":"%s","AICORE_AUTH_URL":"%s","AICORE_CLIENT_ID":"me","AICORE_CLIENT_SECRET":"any",]]
    profile:write(row:format(server.url, server.url), [["AICORE_RESOURCE_GROUP":"its-own"}]])
    profile:close()
    for shell, name in pairs(FILES) do
      local file = assert(io.open(folder .. "/" .. name, "w"))
      file:write(command.run("completion " .. shell).out)
      file:close()
    end
  end)

  teardown(function()
    server.stop()
    run("rm -r " .. folder)
  end)

  for name, ask in pairs(SHELLS) do
    it(name .. " honours what stands on the line", function()
      if select(2, run("command -v " .. name)) ~= 0 then
        return pending(name .. " is not installed")
      end
      local shell = ask(folder, env)
      finally(shell.stop)
      for line, wanted in pairs(LINES) do
        shell.complete(line, wanted)
      end
    end)
  end
end)
