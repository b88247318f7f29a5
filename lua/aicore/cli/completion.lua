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

-- What asks, with all words of the line: options on it say whose ids are wanted.
local ASK = {
  bash = [["${COMP_WORDS[0]/#\~/$HOME}" complete %s -- "${COMP_WORDS[@]:1}" 2>/dev/null]],
  zsh = "${~aicorectl_line[1]} complete %s -- ${aicorectl_line[2,-1]} 2>/dev/null",
  fish = "aicorectl complete %s -- (commandline -op)[2..-1] 2>/dev/null",
}

-- Makes of argparse's script one that asks.
local ADAPT = {
  bash = function(script)
    local files = [[COMPREPLY=($(compgen -f -- "$cur"))]]
    local function words(what)
      return ([[COMPREPLY=($(compgen -W "$(%s)" -- "$cur"))]]):format(ASK.bash:format(what))
    end
    local profiles = "--profile)\n%s%s"
    for _, indent in ipairs { (" "):rep(12), (" "):rep(20) } do
      script = replace(script, profiles:format(indent, files), profiles:format(indent, words "profiles"))
    end
    local options = [[        COMPREPLY=($(compgen -W "$opts" -- "$cur"))]]
    local of_ids = ('\n    elif [[ " %s " = *" $cmd "* ]]; then\n        '):format(table.concat(OF_IDS, " "))
    return replace(script, options .. "\n    fi\n}", options .. of_ids .. words "ids" .. "\n    fi\n}")
  end,
  zsh = function(script)
    local functions = ""
    for _, what in ipairs { "ids", "profiles" } do
      local words = [[local -a found=(${(f)"$(%s)"}); compadd "$@" -a found]]
      functions = ("%s_aicorectl_%s() { %s }\n"):format(functions, what, words:format(ASK.zsh:format(what)))
    end
    -- Options behind a command are the command's; and the words before it are taken away when that is completed.
    script = script:gsub("_arguments %-s %-S", '%0 -A "-*"', 1)
    script = replace(script, "\n_aicorectl() {\n", '\n_aicorectl() {\n  local -a aicorectl_line=("${(@Q)words}")\n')
    script = script:gsub("(%-%-profile%b[]): :_files", "%1: :_aicorectl_profiles")
    -- A value may follow behind "=", or at once behind a letter.
    script = script:gsub("(%-%-[%l-]+)(%[[^\n]*%]: :)", "%1=%2")
    script = script:gsub('{(%-%l),(%-%-[%l-]+)}("%[[^\n]*%]: :)', "{%1+,%2=}%3")
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
      lines[#lines + 1] = ("complete -c aicorectl -n '%s' -xa '(%s)'"):format(when, ASK.fish:format "ids")
    end
    lines[#lines + 1] = ("complete -c aicorectl -l profile -xa '(%s)'"):format(ASK.fish:format "profiles")
    return table.concat(lines, "\n")
  end,
}

---@param given table
---@param console aicore.cli.Console
---@param build fun(): table  makes argparse's parser of everything
---@return integer exit
function command.run(given, console, build)
  local root = build()
  local script = root["get_" .. given.shell .. "_complete"](root):gsub("%s*$", "")
  console:print(ADAPT[given.shell](script))
  return 0
end

return command
