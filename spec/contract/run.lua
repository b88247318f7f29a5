--- Runs the contract (suite.lua) in the hosts that are named, or in all:   luajit spec/contract/run.lua [host]...
-- Every run has two emulators of its own, one of which it kills. Each case is a line "ok …" or "not ok …" with its
-- host; a host that ends before it has run all cases is a failure, too.

local emulator = require "spec.support.emulator"

local NEOVIM = "nvim --headless -u NONE -i NONE -c 'luafile spec/contract/neovim.lua'"
local NEWER_NEOVIM = "build/neovim/" .. NEOVIM
local WITHOUT_CJSON = "env WITHOUT_CJSON=yes "

-- What no package of Debian brings: where it is not there, its hosts are left out.
local COPAS = 'tonumber(require("copas")._VERSION:match "%d+") >= 4'

-- Where it could not be had, tools/neovim.sh has said so.
local NEWER = 'io.open "build/neovim/nvim" ~= nil'

-- The hosts, by the group that `make test-<group>` runs; `needs` is a condition in Lua.
local HOSTS = {
  { name = "lua5.4 blocking", group = "blocking", lua = "lua5.4", command = "lua5.4 spec/contract/blocking.lua" },
  { name = "luajit blocking", group = "blocking", lua = "luajit", command = "luajit spec/contract/blocking.lua" },
  { name = "lua5.1 blocking", group = "blocking", lua = "lua5.1", command = "lua5.1 spec/contract/blocking.lua" },
  { name = "lua5.4 luv", group = "luv", lua = "lua5.4", command = "lua5.4 spec/contract/luv.lua" },
  { name = "lua5.1 luv", group = "luv", lua = "lua5.1", command = "lua5.1 spec/contract/luv.lua" },
  { name = "luajit luv", group = "luv", lua = "luajit", command = "luajit spec/contract/luv.lua" },
  { name = "lua5.4 cqueues", group = "cqueues", lua = "lua5.4", command = "lua5.4 spec/contract/cqueues.lua" },
  { name = "lua5.1 cqueues", group = "cqueues", lua = "lua5.1", command = "lua5.1 spec/contract/cqueues.lua" },
  { name = "luajit cqueues", group = "cqueues", lua = "luajit", command = "luajit spec/contract/cqueues.lua" },
  { name = "lua5.4 copas", group = "copas", lua = "lua5.4", command = "lua5.4 spec/contract/copas.lua", needs = COPAS },
  { name = "lua5.1 copas", group = "copas", lua = "lua5.1", command = "lua5.1 spec/contract/copas.lua", needs = COPAS },
  { name = "luajit copas", group = "copas", lua = "luajit", command = "luajit spec/contract/copas.lua", needs = COPAS },
  { name = "neovim", group = "neovim", lua = "luajit", command = NEOVIM },
  { name = "neovim without lua-cjson", group = "neovim", lua = "luajit", command = WITHOUT_CJSON .. NEOVIM },
  { name = "newer neovim", group = "neovim", lua = "luajit", command = NEWER_NEOVIM, needs = NEWER },
  {
    name = "newer neovim without lua-cjson",
    group = "neovim",
    lua = "luajit",
    command = WITHOUT_CJSON .. NEWER_NEOVIM,
    needs = NEWER,
  },
}

for _, where in ipairs { "request", "timer", "request-without-threads", "timer-without-threads" } do
  HOSTS[#HOSTS + 1] = {
    name = "openresty " .. where,
    group = "openresty",
    lua = "luajit",
    command = "luajit spec/contract/nginx.lua " .. where,
  }
end

local function say(line)
  io.stdout:write(line, "\n")
  io.stdout:flush()
end

-- No case waits for so long, in seconds: whoever does is stuck.
local PATIENCE = 180

--- A command that runs with these variables, and with the paths of one Lua.
local function in_environment(host, command, variables)
  local words = { ('eval "$(sh tools/env.sh %s)"; exec env'):format(host.lua) }
  for name, value in pairs(variables) do
    words[#words + 1] = name .. "=" .. value
  end
  words[#words + 1] = ("timeout %d %s"):format(PATIENCE, command)
  return table.concat(words, " ")
end

--- Passes the cases' lines on. Returns how many there were, how many failed, and how many there should have been.
local function follow(pipe, name)
  local cases, failed, planned = 0, 0, nil
  for line in pipe:lines() do
    local passed, broken = line:match "^ok (.*)$", line:match "^not ok (.*)$"
    local plan = line:match "^1%.%.(%d+)$"
    if plan then
      planned = tonumber(plan)
    elseif passed or broken then
      cases, failed = cases + 1, failed + (broken and 1 or 0)
      say(("%s %s: %s"):format(broken and "not ok" or "ok", name, passed or broken))
    else
      say(line)
    end
  end
  return cases, failed, planned
end

local function has_what_it_needs(host)
  if not host.needs then
    return true
  end
  local pipe = assert(io.popen(in_environment(host, ("%s -e 'print(%s)' 2>&1"):format(host.lua, host.needs), {})))
  local said = pipe:read "*a"
  pipe:close()
  return said == "true\n"
end

--- Runs one host; returns how much went wrong.
local function run(host)
  if not has_what_it_needs(host) then
    say("# SKIP " .. host.name .. ": it is not there")
    return 0
  end
  local service, victim = emulator.start {}, emulator.start {}
  local pipe = assert(io.popen(in_environment(host, host.command, {
    CONTRACT_URL = service.url,
    CONTRACT_VICTIM = victim.url,
    CONTRACT_VICTIM_PID = victim.pid,
  }) .. " 2>&1"))
  local cases, failed, planned = follow(pipe, host.name)
  pipe:close()
  service.stop()
  victim.stop()
  if cases ~= planned then
    say(("not ok %s: ended after %d cases"):format(host.name, cases))
    failed = failed + 1
  end
  return failed
end

local function is_wanted(host)
  for _, word in ipairs(arg) do
    if word == host.group or word == host.name then
      return true
    end
  end
  return #arg == 0
end

local runs, failed = 0, 0
for _, host in ipairs(HOSTS) do
  if is_wanted(host) then
    runs, failed = runs + 1, failed + run(host)
  end
end
assert(runs > 0, "no such host")
os.exit(failed == 0 and 0 or 1)
