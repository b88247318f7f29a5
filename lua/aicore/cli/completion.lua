-- aicorectl completion: a script that lets a shell complete commands, options and their values, ids and profiles.
-- argparse makes the script, of what does not change; what does, aicorectl complete is asked for.

local command = { summary = "Print a completion script for a shell.", offline = true }

local SHELLS = { "bash", "zsh", "fish" }

-- The commands that ids are arguments of.
local OF_IDS = { "watch", "status", "logs", "update", "rollout", "stop", "delete", "wait", "teardown" }

---@param parser table  argparse's
function command.configure(parser)
  parser:argument("shell", "The shell."):choices(SHELLS)
end

--- Puts a text in place of another. Where another argparse has made another script, that stays as it is.
local function replace(script, old, new)
  return (script:gsub((old:gsub("%p", "%%%0")), (new:gsub("%%", "%%%%"))))
end

local FILES = [[COMPREPLY=($(compgen -f -- "$cur"))]]
local ASK = [[COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" complete %s 2>/dev/null)" -- "$cur"))]]

-- Makes of argparse's script one that asks.
local ADAPT = {
  bash = function(script)
    local profiles = "--profile)\n%s" .. FILES
    for _, indent in ipairs { (" "):rep(12), (" "):rep(20) } do
      script = replace(script, profiles:format(indent), ("--profile)\n%s%s"):format(indent, ASK:format "profiles"))
    end
    local options = [[        COMPREPLY=($(compgen -W "$opts" -- "$cur"))]]
    local of_ids = ('\n    elif [[ " %s " = *" $cmd "* ]]; then\n        '):format(table.concat(OF_IDS, " "))
    return replace(script, options .. "\n    fi\n}", options .. of_ids .. ASK:format "ids" .. "\n    fi\n}")
  end,
  zsh = function(script)
    local words = 'local -a words=(${(f)"$(aicorectl complete %s 2>/dev/null)"}); compadd -a words'
    local functions = ""
    for _, what in ipairs { "ids", "profiles" } do
      functions = ("%s_aicorectl_%s() { %s }\n"):format(functions, what, words:format(what))
    end
    script = script:gsub("(%-%-profile%b[]): :_files", "%1: :_aicorectl_profiles")
    for _, name in ipairs(OF_IDS) do
      script = script:gsub("(\n    " .. name .. '%).-\n        "%*?: :)_files', "%1_aicorectl_ids", 1)
    end
    return (script:gsub("\n_aicorectl$", function(call)
      return "\n" .. functions .. call
    end))
  end,
  fish = function(script)
    local lines = { script }
    for _, name in ipairs(OF_IDS) do
      local when = ("__fish_aicorectl_using_command %s"):format(name)
      lines[#lines + 1] = ("complete -c aicorectl -n '%s' -xa '(aicorectl complete ids 2>/dev/null)'"):format(when)
    end
    lines[#lines + 1] = "complete -c aicorectl -l profile -xa '(aicorectl complete profiles 2>/dev/null)'"
    return table.concat(lines, "\n")
  end,
}

---@param given table
---@param console aicore.cli.Console
---@param root table  argparse's parser of everything
---@return integer exit
function command.run(given, console, root)
  local script = root["get_" .. given.shell .. "_complete"](root):gsub("%s*$", "")
  console:print(ADAPT[given.shell](script))
  return 0
end

return command
