-- Writes doc/aicore.txt, Neovim's help, from what the reference is made of, the panel's table of actions
-- and the schema of settings:   lua5.4 tools/help.lua     (spec/help_spec.lua requires it, to see whether it was done)

local annotations = require "tools.annotations"
local documents = require "tools.settings"
local schema = dofile "lua/aicore/settings/schema.lua"

local WIDTH = 78

local help = { path = "doc/aicore.txt" }

-- Text ---------------------------------------------------------------------------------------------

-- Help has marks of its own: in it, `code` is code as it is here.
local function wrap(out, text, indent)
  local line = indent
  for word in text:gmatch "%S+" do
    if #line + #word >= WIDTH and line:find "%S" then
      out[#out + 1] = (line:gsub("%s+$", ""))
      line = indent
    end
    line = line .. word .. " "
  end
  out[#out + 1] = line:find "%S" and line:gsub("%s+$", "") or nil
end

-- Paragraphs are wrapped, code (indented) stays as it is.
local function paragraphs(out, lines, indent)
  local text = ""
  local function flush()
    wrap(out, text, indent)
    text = ""
  end
  for _, line in ipairs(lines) do
    if line:find "^   +%S" then
      flush()
      out[#out + 1] = indent .. line
    elseif not line:find "%S" then
      flush()
      out[#out + 1] = ""
    else
      text = text .. line .. " "
    end
  end
  flush()
end

local function heading(out, title, tag)
  tag = "*" .. tag .. "*"
  out[#out + 1] = ("="):rep(WIDTH)
  out[#out + 1] = title .. (" "):rep(WIDTH - #title - #tag) .. tag
  out[#out + 1] = ""
end

-- A name, and what is said of it, which begins in a column of its own.
local function entry(out, name, text)
  out[#out + 1] = "    " .. name
  wrap(out, text, "        ")
end

-- Sections -----------------------------------------------------------------------------------------

local INTRODUCTION = [[
*aicore.txt*  Stop, delete and watch SAP AI Core deployments

`:checkhealth aicore` tells whether all is well, and where each setting comes
from. This file is made from the same sources as the reference (`make docs`);
README.md has the rest.

In a plugin, or in your own code: >

    local aicore = require "aicore"
    aicore.spawn(function()                 -- the editor goes on
      local deployment, err = aicore.status "d748fdae9f88a9b0"
      vim.notify(deployment and deployment.status or tostring(err))
    end)
<]]

local function panel(out)
  local options = annotations.classes()["aicore.neovim.Options"]
  heading(out, "THE PANEL", "aicore-panel")
  local command = ":AICore [filter]"
  out[#out + 1] = command .. (" "):rep(WIDTH - #command - 9) .. "*:AICore*"
  wrap(
    out,
    "Lists the deployments. A filter is written in words: status=RUNNING scenario=ID configuration=ID "
      .. "model=NAME older=7d group=NAME; status may be repeated. It needs no setup; keys:",
    "    "
  )
  out[#out + 1] = ""
  local source = annotations.read "lua/aicore/neovim/options.lua"
  for name, key, about in source:gmatch '{ name = "(%w+)", key = "(.-)", .- about = "(.-)"' do
    out[#out + 1] = ("    %-6s%-10s%s"):format(key, name, about)
  end
  out[#out + 1] = ""
  local call = 'require("aicore.neovim").setup({options})'
  out[#out + 1] = call .. (" "):rep(WIDTH - #call - 14) .. "*aicore-setup*"
  wrap(out, "For those who want something to be different. Options:", "    ")
  out[#out + 1] = ""
  for _, field in ipairs(options.field) do
    entry(out, ("%s  (%s)"):format(field.name, field.type), field.text)
  end
  out[#out + 1] = ""
end

-- "@param", "@return": what they are, of which type.
local function tags(out, title, list)
  if #list == 0 then
    return
  end
  out[#out + 1] = "    " .. title
  for _, one in ipairs(list) do
    local name = one.name and ("{%s} "):format(one.name) or ""
    wrap(out, ("%s(%s) %s"):format(name, one.type, one.text), "        ")
  end
end

local function call(out, name, parsed)
  local arguments = {}
  for i, parameter in ipairs(parsed.param) do
    arguments[i] = ("{%s}"):format(parameter.name)
  end
  local line = ("aicore.%s(%s)"):format(name, table.concat(arguments, ", "))
  local tag = ("*aicore.%s()*"):format(name)
  out[#out + 1] = line .. (" "):rep(math.max(2, WIDTH - #line - #tag)) .. tag
  paragraphs(out, parsed.text, "    ")
  tags(out, "Arguments:", parsed.param)
  tags(out, "Returns:", parsed["return"])
  out[#out + 1] = ""
end

local NOT_OF_THE_MODULE = { close = true, log_in = true }

local function functions(out)
  heading(out, "FUNCTIONS", "aicore-functions")
  for _, block in ipairs(annotations.blocks_of "lua/aicore/client.lua") do
    local name = block.code:match "^function Client:([%w_]+)"
    if name and not NOT_OF_THE_MODULE[name] then
      call(out, name, annotations.parse(block))
    end
  end
end

local SOURCES = {
  "the arguments of aicore.client; `setup` takes them as `client`",
  "the environment: AICORE_SERVICE_KEY, a service key as it was downloaded or the path of its file, and what that "
    .. "lacks from the other variables below",
  "the config file: AICORE_CONFIG, or config.json (config_<profile>.json with AICORE_PROFILE) in AICORE_HOME "
    .. "(~/.aicore): a JSON object with the variables as keys, or a service key",
  "what Cloud Foundry has bound (VCAP_SERVICES), or Kubernetes (SERVICE_BINDING_ROOT)",
}

local function settings(out)
  heading(out, "SETTINGS", "aicore-settings")
  wrap(out, "Credentials come from one source as a whole, the first that has any of them:", "")
  out[#out + 1] = ""
  for i, source in ipairs(SOURCES) do
    wrap(out, ("%d. %s"):format(i, source), "    ")
  end
  out[#out + 1] = ""
  wrap(
    out,
    "`:checkhealth aicore` tells where each comes from. Neovim has the variables of the shell it was begun by.",
    ""
  )
  out[#out + 1] = ""
  for _, row in ipairs(schema.rows) do
    entry(out, row.name .. (row.variable and "  " .. row.variable or ""), documents.with_default(row))
  end
  out[#out + 1] = ""
end

--- The help as it should be.
function help.renew()
  local out = {}
  for line in (INTRODUCTION .. "\n"):gmatch "([^\n]*)\n" do
    out[#out + 1] = line
  end
  panel(out)
  functions(out)
  settings(out)
  out[#out + 1] = " vim:tw=78:ts=8:noet:ft=help:norl:"
  return table.concat(out, "\n") .. "\n"
end

if ... ~= "tools.help" then
  os.execute "mkdir -p doc"
  local file = assert(io.open(help.path, "w"))
  file:write(help.renew())
  file:close()
end

return help
