--- B8: how long `require` takes, in fresh processes. What a module costs is the difference to a process of the same
-- Lua that loads cjson; for aicore also to one that loads libcurl besides, by nothing but dlopen.

local measure = require "bench.measure"

local BASE = 'require "cjson" '
local LIBCURL = 'assert(package.loadlib("libcurl.so.4", "*")) '

local PROGRAMS = {
  { lua = "lua5.4", name = "Lua 5.4", "aicore", "socket.http" },
  { lua = "luajit", name = "LuaJIT", "aicore", "socket.http", "http.request" },
}

local PEERS = { ["socket.http"] = "luasocket", ["http.request"] = "lua-http", aicore = "aicore" }

local function difference(runs, base)
  local ours, theirs = measure.values(runs, "wall"), measure.values(base, "wall")
  for i in ipairs(ours) do
    ours[i] = (ours[i] - theirs[i]) * 1000
  end
  return measure.summary(ours)
end

return function(setup, report)
  local contestants = {}
  local function add(program, name, code)
    local command = (". %s/%s.env; %s/cost -n %d %s -e '%s'"):format(
      setup.dir,
      program.lua,
      setup.bin,
      measure.pick(10, 60),
      program.lua,
      code
    )
    contestants[#contestants + 1] = { name = program.lua .. name, command = command }
  end
  for _, program in ipairs(PROGRAMS) do
    add(program, "base", BASE)
    add(program, "libcurl", LIBCURL .. BASE)
    for _, module in ipairs(program) do
      add(program, module, ("%srequire %q"):format(BASE, module))
    end
  end
  local runs = measure.interleave(contestants, measure.pick(3, 11))
  for _, program in ipairs(PROGRAMS) do
    local function entry(what, who, value, reach)
      what = ("require, %s: %s"):format(program.name, what)
      report { row = "B8", what = what, who = who, unit = "ms", value = value, reach = reach }
    end
    local base, libcurl = runs[program.lua .. "base"], runs[program.lua .. "libcurl"]
    entry("beyond libcurl and cjson", "aicore", difference(runs[program.lua .. "aicore"], libcurl), 1)
    entry("beyond cjson", "libcurl alone", difference(libcurl, base))
    for _, module in ipairs(program) do
      entry("beyond cjson", PEERS[module], difference(runs[program.lua .. module], base))
    end
  end
end
